"""What is wrong with the robot itself becomes an incident of its own kind, as a failing probe does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from prober.app.signs import Sign
from prober.errors import StoreBroken
from prober.model.incident import Cause, Change, Incident, Kind, ProbeResult, Standing
from prober.model.probe import Watched
from prober.model.run import Layer
from prober.model.verb import ROBOT

_OURS = "robot: "
"""What the names of signs begin with among those of probes, none of which has a colon."""


_ANOTHER_LEADS = timedelta(minutes=10)
"""After so long with a store that writes and no lead, the schedule is another's, and so is what is to be told."""


class Incidents(Protocol):
    """Where results become incidents: the store's."""

    async def apply(self, result: ProbeResult, watched: Watched) -> Sequence[Change]:
        """Keep *result*, and return what it changed."""
        ...


class RobotIncidents:
    """
    Tells when a sign becomes unwell, and when it is well again; in between it keeps quiet.

    The first time it tells of every sign: an incident may be open that a robot before this one left. What the store
    refuses waits until it writes again, so that people read at least then that it did not.
    """

    def __init__(self, incidents: Incidents, now: Callable[[], datetime]) -> None:
        self._incidents = incidents
        self._now = now
        self._told: dict[str, bool] = {}
        self._waiting: dict[str, list[tuple[ProbeResult, Watched]]] = {}
        self._lost_at = now()

    async def tell(self, signs: Iterable[Sign], still_open: Iterable[Incident] | None = None) -> bool:
        """
        Tell of every sign that changed, and return whether any incident did.

        What is unwell and in none of *still_open* is told again: a person closed its incident, and nothing was mended.
        """
        failing = None if still_open is None else {name for one in still_open for name in one.failing}
        for sign in signs:
            if sign.incident and sign.well is not None and self._is_new(sign, failing):
                self._wait(sign, sign.well)
                self._told[sign.name] = sign.well
        return await self._keep()

    def _is_new(self, sign: Sign, failing: Collection[str] | None) -> bool:
        if self._told.get(sign.name) is not sign.well:
            return True
        closed = failing is not None and watched(sign).name not in failing
        return closed and not sign.well and sign.name not in self._waiting

    def _wait(self, sign: Sign, well: bool) -> None:
        """Let it wait to be kept; what came and went and came again while the store refused is one."""
        waiting, told = self._waiting.setdefault(sign.name, []), self._result(sign, well)
        if waiting and waiting[-1][0].standing is told.standing:
            return
        if len(waiting) > 1:
            waiting.pop()
        else:
            waiting.append((told, watched(sign)))

    async def _keep(self) -> bool:
        changed = False
        while self._waiting:
            name, waiting = next(iter(self._waiting.items()))
            try:
                changed |= bool(await self._incidents.apply(*waiting[0]))
            except StoreBroken:
                break  # it is told with the next look; that the store is broken is a sign of its own
            del waiting[0]
            if not waiting:
                del self._waiting[name]
        return changed

    async def settle(self, still_open: Iterable[Incident], signs: Collection[Sign]) -> bool:
        """Close what is open of signs that nobody looks at any more: a channel that is not probed now, for one."""
        seen = {watched(sign).name for sign in signs}
        gone = {name for one in still_open for name in one.failing if name.startswith(_OURS) and name not in seen}
        changed = False
        for name in sorted(gone):
            with suppress(StoreBroken):
                result = ProbeResult(name, self._now(), self._now(), Standing.WELL, ())
                changed |= bool(await self._incidents.apply(result, Watched(name)))
        return changed

    def stand_by(self, signs: Iterable[Sign]) -> None:
        """
        Tell of every sign again when it leads next: somebody else told of the robot meanwhile.

        A store that refuses writes lets nobody lead. That it did is kept, unless another robot goes on leading.
        """
        self._told.clear()
        store = next((sign for sign in signs if sign.kind == "store"), None)
        self._waiting = {name: waiting for name, waiting in self._waiting.items() if store and name == store.name}
        if store and store.well is False:
            self._lost_at = self._now()
            if not self._waiting:
                self._wait(store, well=False)
        elif self._now() - self._lost_at > _ANOTHER_LEADS:
            self._waiting.clear()

    def _result(self, sign: Sign, well: bool) -> ProbeResult:
        at, name = self._now(), watched(sign).name
        if well:
            return ProbeResult(name, at, at, Standing.WELL, ())
        what, zh = f"{sign.what.en} {sign.cure.en}".strip(), f"{sign.what.zh}{sign.cure.zh}"
        return ProbeResult(name, at, at, Standing.ERROR, (), cause(sign), what, what_zh=zh)


def watched(sign: Sign) -> Watched:
    """Return what *sign* is to incidents."""
    return Watched(f"{_OURS}{sign.name}")


def cause(sign: Sign) -> Cause:
    """Return what an incident of *sign* is about."""
    if sign.kind == "self-check":
        return Cause(Kind.ROBOT, sign.of, Layer.ROBOT, "self-check")
    return Cause(Kind.ROBOT, ROBOT, Layer.ROBOT, sign.name)
