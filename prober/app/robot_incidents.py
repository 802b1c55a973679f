"""What is wrong with the robot itself becomes an incident of its own kind, as a failing probe does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from prober.app.signs import Sign
from prober.errors import StoreBroken
from prober.model.incident import Cause, Change, Incident, Kind, ProbeResult, Standing
from prober.model.probe import Watched
from prober.model.run import Layer
from prober.model.verb import ROBOT

_OURS = "robot: "
"""What the names of signs begin with among those of probes, none of which has a colon."""


class Incidents(Protocol):
    """Where results become incidents: the store's."""

    async def apply(self, result: ProbeResult, watched: Watched) -> Sequence[Change]:
        """Keep *result*, and return what it changed."""
        ...


class RobotIncidents:
    """
    Tells when a sign becomes unwell, and when it is well again; in between it keeps quiet.

    The first time it tells of every sign: an incident may be open that a robot before this one left.
    """

    def __init__(self, incidents: Incidents, now: Callable[[], datetime]) -> None:
        self._incidents = incidents
        self._now = now
        self._told: dict[str, bool] = {}

    async def tell(self, signs: Iterable[Sign]) -> bool:
        """Tell of every sign that changed, and return whether any incident did."""
        changed = False
        for sign in signs:
            if sign.incident and sign.well is not None and self._told.get(sign.name) is not sign.well:
                try:
                    changed |= bool(await self._incidents.apply(self._result(sign, sign.well), watched(sign)))
                except StoreBroken:
                    continue  # it is told with the next look; that the store is broken is a sign of its own
                self._told[sign.name] = sign.well
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

    def forget(self) -> None:
        """Tell of every sign again: somebody else told of the robot meanwhile."""
        self._told.clear()

    def _result(self, sign: Sign, well: bool) -> ProbeResult:
        at, name = self._now(), watched(sign).name
        if well:
            return ProbeResult(name, at, at, Standing.WELL, ())
        return ProbeResult(name, at, at, Standing.ERROR, (), cause(sign), f"{sign.what.en} {sign.cure.en}".strip())


def watched(sign: Sign) -> Watched:
    """Return what *sign* is to incidents."""
    return Watched(f"{_OURS}{sign.name}")


def cause(sign: Sign) -> Cause:
    """Return what an incident of *sign* is about."""
    if sign.kind == "self-check":
        return Cause(Kind.ROBOT, sign.of, Layer.ROBOT, "self-check")
    return Cause(Kind.ROBOT, ROBOT, Layer.ROBOT, sign.name)
