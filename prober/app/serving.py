"""`prober serve`: the schedule kept round the clock, by the one robot of several that leads."""

from __future__ import annotations

import asyncio
import gc
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from prober.app.admission import Admission, limits, wanted
from prober.app.housekeeping import keep_house
from prober.app.incident_news import IncidentNews
from prober.app.leading import Leading
from prober.app.minute import Minute
from prober.app.news import About, Mood, News, Tell
from prober.app.reloading import Files
from prober.app.robots import FAREWELL_S, Robots
from prober.app.starting import Starting
from prober.app.surroundings import Surroundings
from prober.app.work import Work
from prober.channels.base import Driver
from prober.errors import BadInput, Problem, StoreBroken
from prober.loading.config import Settings
from prober.model.probe import Start
from prober.pipeline import Busy, Pipeline
from prober.scheduler import Scheduler
from prober.store.leadership import SCHEDULE
from prober.store.store import Store

FINISH_S = 3.0
"""How long runs may go on when the robot is to stop; then they are hung up."""
_MINUTE_S = 60.0


class Serving:
    """
    Keeps the schedule of *work*, or waits to take over from the robot that does, until it is stopped.

    *load* reads the work anew; *tell* is told what happens.
    """

    def __init__(
        self,
        work: Work,
        store: Store,
        *,
        load: Callable[[], Work],
        tell: Tell,
        drivers: Mapping[str, Driver] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store, self._load, self._tell, self._now = store, load, tell, now
        self.robots = Robots(work, store, drivers=drivers)
        self.admission = Admission(limits(work.settings.serve))
        self.minute = Minute()
        self._incidents = IncidentNews(store, tell)
        self.starting = Starting(
            store, self.robots, self.admission, tell, now=now, heard=self._missed, ended=self.minute.ended
        )
        self.scheduler = Scheduler(self._start, self.starting.miss, now=now, jumped=self._jumped, late=self._late)
        self.pipeline = Pipeline(
            again=self.starting.again,
            incidents=store.incidents,
            maintenance=self._window,
            told=self.changed,
            now=now,
            busy=Busy(lambda: self.starting.playings, self.scheduler.alone),
        )
        self.starting.after = self.pipeline.after
        self.surroundings = Surroundings(self, tell)
        self.starting.watchers = self.surroundings.watchers
        self.leading = Leading(
            store, self.scheduler, self.starting, self.pipeline, work=lambda: self.work, guarded=self._guarded
        )
        self.leading.planned = self._planned
        self._ahead: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()
        self._reread = asyncio.Event()
        self._files = Files(lambda: self.work.read, self.reload, self._trouble)

    @property
    def work(self) -> Work:
        """What it works by."""
        return self.robots.work

    @property
    def settings(self) -> Settings:
        """What it works by, as it was written."""
        return self.work.settings

    @property
    def leads(self) -> bool:
        """Whether it keeps the schedule at this moment."""
        return self.leading.leads

    def stop(self) -> None:
        """Begin nothing more, and come to an end within 10 s."""
        self._wanted.set()

    def reload(self) -> None:
        """Read the work anew; a bad one is refused, and told."""
        self._reread.set()

    async def run(self) -> None:
        """Serve until `stop` is called."""
        self._tell(News(About.SERVING, _greeting(self.work), Mood.GOOD, {"probes": len(self.work.probes)}))
        await self._incidents.begin()
        # What is there by now stays: looking through it again and again would stop the loop for tens of milliseconds.
        gc.collect()
        gc.freeze()
        self.scheduler.begin()
        parts: Sequence[Coroutine[Any, Any, None]] = (
            self.leading.run(),
            self._reload(),
            self._files.watch(),
            self._tell_minutes(),
            self.surroundings.run(),
            keep_house(self, self._tell, now=self._now),
        )
        tasks = [asyncio.create_task(part) for part in parts]
        stopping = asyncio.create_task(self._wanted.wait())
        try:
            done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._stop([*tasks, stopping])
        for task in done - {stopping}:
            task.result()

    async def _stop(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        """Let runs come to their end, or hang up; then leave nothing behind."""
        under_way = len(self.scheduler.under_way)
        text = f"{_counted(under_way, 'run')} may go on for {FINISH_S:g} s, then hang up" if under_way else "at once"
        self._tell(News(About.STOPPING, f"stops: {text}", facts={"under_way": under_way}))
        tasks = [*tasks, *filter(None, [self._ahead])]
        for task in tasks:
            task.cancel()
        await self.scheduler.close()
        await self._end_runs()
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await asyncio.gather(self.robots.close(), self.surroundings.close(), *tasks, return_exceptions=True)
        with suppress(StoreBroken, TimeoutError):
            async with asyncio.timeout(0.5):
                await self.store.catch_up()
                await self.starting.say()
                await self._guarded(self.pipeline.catch_up())
                await self.store.leadership.resign(SCHEDULE)

    async def _end_runs(self) -> None:
        """Wait for what is under way, for so long; then interrupt it, which plays what is always to be played."""
        under_way = [*self.scheduler.under_way.values(), *self.leading.under_way]
        if not under_way:
            return
        _, late = await asyncio.wait(under_way, timeout=FINISH_S)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=2 * FAREWELL_S + 0.5)

    async def _start(self, probe: Any, planned_at: datetime) -> None:
        await self._guarded(self.starting.start(probe, planned_at))
        self.leading.played(probe.name)

    async def _guarded(self, work: Awaitable[None]) -> None:
        """Let nothing that escapes a run end the robot: it is told, with all there is to know."""
        try:
            await work
        except StoreBroken as broken:
            self._tell(News(About.TROUBLE, str(broken), Mood.ERROR))
        except Exception as exc:  # noqa: BLE001 - the outer guard
            said, trace = self.work.mask(f"the robot stumbled: {exc!r}"), self.work.mask(_trace(exc))
            self._tell(News(About.TROUBLE, said, Mood.ERROR, {"traceback": trace}))

    async def _reload(self) -> None:
        while True:
            await self._reread.wait()
            self._reread.clear()
            try:
                work = await asyncio.to_thread(self._load)
                _refuse_another_store(work, self.work)
            except Exception as exc:  # noqa: BLE001 - whatever it is, what was read before still holds
                self._tell(_refused(exc))
                continue
            told = work.new_since(self.work)
            if told:
                self._take(work)
            self._tell(News(About.RELOADED, told or "read again, nothing changed", Mood.GOOD if told else Mood.DIM))

    def _take(self, work: Work) -> None:
        self.robots.take(work)
        self.admission.limits = limits(work.settings.serve)
        self.leading.take()
        self.surroundings.take(work)
        self._files.look()

    def _planned(self) -> None:
        """Have started what the runs that are planned will want; none of them waits for it."""
        if self._ahead is not None:
            self._ahead.cancel()
        self._ahead = asyncio.create_task(self._guarded(self._start_ahead()))

    async def _start_ahead(self) -> None:
        async with self.robots.one() as app:
            await app.start_ahead(wanted(self.work))

    async def _tell_minutes(self) -> None:
        while True:
            await asyncio.sleep(_MINUTE_S)
            incidents = await self._incidents.open()
            under_way = len(self.scheduler.under_way)
            self._tell(self.minute.told(under_way=under_way, lateness=self.scheduler.lateness, incidents=incidents))

    def _trouble(self, sentence: str) -> None:
        self._tell(News(About.TROUBLE, sentence, Mood.ERROR))

    def _missed(self, start: Start) -> None:
        self.minute.was_missed(start)
        self.surroundings.missed(start)

    def _late(self, late_s: float) -> None:
        self.surroundings.started(late_s)

    def _jumped(self, jump_s: float) -> None:
        way = "on" if jump_s > 0 else "back"
        text = f"the clock of the machine was set {way} by {timedelta(seconds=round(abs(jump_s)))}"
        self._tell(News(About.CLOCK, text, Mood.SLOW, {"jump_s": jump_s}))

    def _window(self, item: str | None, at: datetime) -> str:
        window = self.work.maintenance(item, at)
        return window.name if window else ""

    def changed(self) -> None:
        """Have it told that an incident changed."""
        self._incidents.look()
        self.surroundings.wake()


def _refused(exc: Exception) -> News:
    text = "the change is refused, and the old settings go on"
    if isinstance(exc, BadInput):
        problems = exc.problems
        return News(
            About.REFUSED,
            f"{text}: {_counted(len(problems), 'mistake')}",
            Mood.FAILED,
            {"problems": len(problems)},
            problems,
        )
    return News(About.REFUSED, f"{text}: {exc!r}", Mood.ERROR, {"traceback": _trace(exc)})


def _refuse_another_store(work: Work, before: Work) -> None:
    if work.settings.store != before.settings.store:
        what = "‘store’ cannot be changed while the robot serves"
        raise BadInput([Problem(work.settings.path, 0, 0, what, "end it, and start it again")])


def _greeting(work: Work) -> str:
    lines = _counted(len(work.settings.lines), "line")
    return f"serves {_counted(len(work.probes), 'probe')} on {lines} by {work.settings.path}"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _trace(exc: Exception) -> str:
    return "".join(traceback.format_exception(exc))
