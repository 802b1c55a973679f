"""One planned start, from its claim to what becomes of its run. One screen, read from top to bottom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from prober.app.admission import Admission, Admitted, Needs, shared, some
from prober.app.news import About, Mood, News, Tell
from prober.app.orders import Order
from prober.app.robots import Robots
from prober.channels.timing import monotonic
from prober.errors import StoreBroken
from prober.judge.confirm import confirmation
from prober.model.line import Line
from prober.model.probe import Missed, Probe, Start
from prober.model.run import Fact, Outcome, Run
from prober.runner import Sink
from prober.store.leadership import SCHEDULE
from prober.store.store import Store

_AGAIN_S = 60.0
"""How long a second attempt waits for what it needs."""
_UNSURE = "the store did not answer in time, so that this robot could not be sure that it leads"
_AT_LEAST_S = 0.5
"""How long the store is asked for a line at the least: it has to answer."""
_MOODS = {Outcome.PASSED: Mood.GOOD, Outcome.SLOW: Mood.SLOW, Outcome.FAILED: Mood.FAILED, Outcome.ERROR: Mood.ERROR}

After = Callable[[Probe, Run], Awaitable[None]]


@dataclass
class Starting:
    """
    Makes planned starts. What one needs and does not get within its grace is kept as missed, and why.

    *after* is told every run that ended. *playings* are under way. What the store would not keep of starts that were
    missed is kept in *unsaid*, with the term they were missed in; what came when it was not sure that this robot leads,
    in *lapsed*; runs that nothing could be made of in *unjudged*.
    """

    store: Store
    robots: Robots
    admission: Admission
    tell: Tell
    watchers: Sequence[Sink] = ()
    after: After | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    heard: Callable[[Start], None] = lambda _: None
    ended: Callable[[Run], None] = lambda _: None
    playings: set[tuple[str, datetime]] = field(default_factory=set)
    unsaid: list[tuple[Start, int]] = field(default_factory=list)
    lapsed: list[tuple[Start, int]] = field(default_factory=list)
    unjudged: set[str] = field(default_factory=set)

    async def start(self, probe: Probe, planned_at: datetime) -> None:
        """Make the start of *probe* that was planned for *planned_at*, and return when all that follows is done."""
        made = _Made(self.store, probe.name, planned_at)
        self.playings.add((probe.name, planned_at))
        try:
            run = await self._made(probe, planned_at, made)
            if run is not None and self.after is not None:
                await self.after(probe, run)
        except StoreBroken as broken:
            self.tell(News(About.TROUBLE, str(broken), Mood.ERROR, {"probe": probe.name}))
            await self._left(made, Missed.BUSY, broken.what)
        except Exception as exc:
            await self._left(made, Missed.STUMBLED, self.robots.work.mask(repr(exc)))
            raise
        finally:
            self.playings.discard((probe.name, planned_at))

    async def _left(self, made: _Made, why: Missed, detail: str) -> None:
        """Have judged later what could not be now, or keep that nothing was played, and why."""
        if made.run_id:
            self.unjudged.add(made.run_id)
        else:
            await self.miss(Start(made.probe, made.planned_at, None, why, detail))

    async def miss(self, start: Start) -> None:
        """Keep that *start* was missed, now or as soon as the store takes it."""
        term = self.store.leadership.last_term(SCHEDULE)
        if term is None:
            return  # whoever leads accounts for it
        await self._miss(start, term)

    async def _miss(self, start: Start, term: int) -> None:
        try:
            if not await self.store.starts.missed(start, term):
                return  # it was not missed: whoever led meanwhile made it, or tells of it
        except StoreBroken:
            self.unsaid.append((start, term))
        self.heard(start)
        times = f" ×{start.count}" if start.count > 1 else ""
        said = f"{start.probe}: missed{times}, {start.missed}{': ' if start.detail else ''}{start.detail}"
        facts: dict[str, Fact] = {
            "probe": start.probe,
            "planned_at": start.planned_at.isoformat(),
            "reason": start.missed.name.lower() if start.missed else "",
            "detail": start.detail,
            "count": start.count,
        }
        self.tell(News(About.MISSED, said, Mood.DIM, facts))

    async def say(self) -> None:
        """Keep what the store would not keep before."""
        while self.unsaid:
            await self.store.starts.missed(*self.unsaid[0])
            del self.unsaid[0]

    async def lead_on(self, term: int | None) -> None:
        """
        Keep as missed what came while it was not sure that this robot leads, and it did all of *term*.

        For what is of another term, whoever led meanwhile accounts.
        """
        lapsed, self.lapsed = self.lapsed, []
        for start, of in lapsed:
            if of == term:
                await self._miss(start, of)

    async def again(self, probe: Probe, run: Run) -> Run | None:
        """Play *run* a second time, on another line where there is one; None where that could not be."""
        lines = confirmation(probe, run, self.now()).lines
        admitted = await self.admission.admit(_needs(probe, lines), wait_s=_AGAIN_S) if lines else ""
        if isinstance(admitted, str):
            return None
        return await self._play(probe, admitted, run.planned_at, attempt=run.attempt + 1, wait_s=_AGAIN_S)

    async def _made(self, probe: Probe, planned_at: datetime, made: _Made) -> Run | None:
        term = self.store.leadership.term(SCHEDULE)
        if term is None:
            if (lapsed := self.store.leadership.last_term(SCHEDULE)) is not None:
                self.lapsed.append((Start(probe.name, planned_at, None, Missed.BUSY, _UNSURE), lapsed))
            return None
        window = self.robots.work.maintenance(probe.scenario.item, planned_at)
        if window is not None and window.pauses:
            await self.miss(Start(probe.name, planned_at, None, Missed.MAINTENANCE, window.name))
            return None
        if not await self.store.starts.claim(probe.name, planned_at, term):
            return None
        left_s = max(0.0, probe.grace_s - (self.now() - planned_at).total_seconds())
        asked_s = monotonic()
        admitted = await self.admission.admit(_needs(probe, probe.lines), wait_s=left_s)
        if isinstance(admitted, str):
            await self.miss(Start(probe.name, planned_at, None, Missed.BUSY, admitted))
            return None
        left_s = max(0.0, left_s - (monotonic() - asked_s))
        run = await self._play(probe, admitted, planned_at, made, wait_s=left_s)
        if run is None:
            held = f"other robots or people hold {some(line.name for line in probe.lines)}"
            await self.miss(Start(probe.name, planned_at, None, Missed.BUSY, held))
        return run

    async def _play(
        self, probe: Probe, admitted: Admitted, planned_at: datetime, *made: _Made, attempt: int = 1, wait_s: float
    ) -> Run | None:
        """Play it on a line that the store has free, too; None if none came free."""
        lines = {line.name: line for line in probe.lines}
        order = Order(
            scenario=probe.scenario,
            lines=[lines[name] for name in admitted.lines],
            attempt=attempt,
            facts=probe.facts,
            probe=probe.name,
            planned_at=planned_at,
        )
        wait_s = max(_AT_LEAST_S, wait_s)
        gives_up_s = monotonic() + wait_s
        try:
            async with self.robots.one() as app:
                # Not wanted any more once the wait was in vain: then no run is kept, but a missed start.
                wanted = partial(_before, gives_up_s)
                run = await app.play(order, *made, *self.watchers, wait_s=wait_s, wanted=wanted)
        finally:
            self.admission.release(admitted)
        if run is not None:
            self._tell(probe, run)
        return run

    def _tell(self, probe: Probe, run: Run) -> None:
        self.ended(run)
        if run.outcome is Outcome.PASSED:
            return
        facts: dict[str, Fact] = {
            "probe": probe.name,
            "run": run.id,
            "outcome": str(run.outcome),
            "attempt": run.attempt,
        }
        again = " (second attempt)" if run.attempt > 1 else ""
        said = f"{probe.name}: {run.outcome}{again}, {_why(run)}"
        self.tell(News(About.RUN, said, _MOODS.get(run.outcome or Outcome.SKIPPED, Mood.DIM), facts))


def _why(run: Run) -> str:
    step = run.failed_step
    if step is None and run.outcome is Outcome.SKIPPED:
        step = next((one for one in run.steps if one.failure is not None), None)
    if step is None or step.failure is None:
        slow = next((one for one in run.steps if one.outcome is Outcome.SLOW), None)
        late = f"{slow.name} took {slow.took_s:.1f} s" if slow and slow.took_s is not None else ""
        return late or run.remark or run.id
    seen = f": {step.failure.actual}" if step.failure.actual and step.outcome is not Outcome.ERROR else ""
    return f"{step.failure.what}{seen}  {run.id}"


def _before(instant_s: float) -> bool:
    return monotonic() < instant_s


def _needs(probe: Probe, lines: Sequence[Line]) -> Needs:
    return Needs(shared(probe.scenario), tuple(line.name for line in lines))


@dataclass
class _Made:
    """Notes which run a planned start became, as soon as there is one."""

    store: Store
    probe: str
    planned_at: datetime
    run_id: str = ""

    async def run_started(self, run: Run) -> None:
        await self.store.starts.made(self.probe, self.planned_at, run.id)
        self.run_id = run.id

    async def step_started(self, *_: object) -> None: ...

    async def step_finished(self, *_: object) -> None: ...

    async def run_finished(self, *_: object) -> None: ...
