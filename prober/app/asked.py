"""Which probes have asked their channels nothing for too long: a schedule that is kept, and says nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

from prober.channels.timing import monotonic
from prober.judge.attempts import of_run
from prober.model.probe import Missed, Probe, Start
from prober.model.run import Run
from prober.scheduler import Timetable

AT_LEAST_S = 900.0
"""No probe is silent before this, however often it is played."""
STARTS = 3
"""So many planned starts in a row that asked nothing are a silence."""
_OVER_S = 300.0
"""What the last of them has to come to its end."""


class Asked:
    """
    Hears of every run that ended, and tells which of the probes are silent. It is a runner's Sink, and never fails one.

    A start that was missed, and a run that was skipped or ended before it could ask, are silence; one that maintenance
    pauses is not. The silence of a probe counts from when this robot began to lead, or the probe was added.
    """

    def __init__(
        self,
        leads: Callable[[], bool],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock_s: Callable[[], float] = monotonic,
    ) -> None:
        self._leads, self._now, self._clock_s = leads, now, clock_s
        self._probes: dict[str, Timetable] = {}
        self._since: dict[str, tuple[datetime, float]] = {}
        self._allowed: dict[str, tuple[datetime, float]] = {}

    def take(self, probes: Collection[Probe]) -> None:
        """Watch *probes* from now on, and no others."""
        self._probes = {probe.name: Timetable.of(probe) for probe in probes}
        self._since = {name: since for name, since in self._since.items() if name in self._probes}
        self._allowed.clear()

    @property
    def number(self) -> int:
        """How many probes it watches."""
        return len(self._probes)

    async def run_started(self, *_: object) -> None: ...

    async def step_started(self, *_: object) -> None: ...

    async def step_finished(self, *_: object) -> None: ...

    async def run_finished(self, run: Run) -> None:
        """Note that its probe asked, if it did."""
        if run.probe in self._probes and of_run(run) is not None:
            self._since[run.probe] = (self._now(), self._clock_s())

    def missed(self, start: Start) -> None:
        """Note a start that maintenance paused: nothing was to be asked."""
        if start.missed is Missed.MAINTENANCE and start.probe in self._probes:
            self._since[start.probe] = (self._now(), self._clock_s())

    def silent(self) -> Sequence[str] | None:
        """Return the probes that are silent; None while another robot leads. It may be called on any thread."""
        if not self._leads():
            self._since.clear()
            return None
        begun = (self._now(), self._clock_s())
        return [name for name in list(self._probes) if self._is_silent(name, *self._since.setdefault(name, begun))]

    def _is_silent(self, name: str, since: datetime, since_s: float) -> bool:
        for_s = self._clock_s() - since_s
        return for_s > AT_LEAST_S and for_s > self._allowed_s(name, since)

    def _allowed_s(self, name: str, since: datetime) -> float:
        """Return how long the probe may be silent after *since*: what cron fields mean takes a while to find out."""
        counted_from, allowed_s = self._allowed.get(name, (None, 0.0))
        if counted_from != since and (timetable := self._probes.get(name)):
            at = since
            for _ in range(STARTS):
                at = timetable.after(at)
            allowed_s = (at - since).total_seconds() + _OVER_S
            self._allowed[name] = (since, allowed_s)
        return allowed_s
