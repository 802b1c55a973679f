"""The robot's own verbs, played like any other: same, wait, let. They ask nobody and leave no evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from prober.channels.timing import monotonic
from prober.judge.same import same
from prober.loading.robot_verbs import Let, Same, Wait
from prober.model.run import Evidence, Observation, Seen
from prober.model.scenario import Action
from prober.model.value import Captured


class RobotSession:
    """Compares, waits and names values. *captures* is what the run has captured so far; the player keeps it."""

    def __init__(self, captures: Mapping[str, Captured]) -> None:
        self._captures = captures

    async def perform(self, action: Action, deadline_s: float) -> Observation:
        """Do *action*; a wait ends at *deadline_s* at the latest."""
        match action.argument:
            case Same() as compare:
                return same(
                    compare.names,
                    self._captures,
                    value_type=compare.as_,
                    tolerance=compare.tolerance,
                    ignore_missing=compare.ignore_missing,
                )
            case Wait(time=time_s):
                began_s = monotonic()
                await asyncio.sleep(min(time_s, deadline_s))
                return Observation(Seen.EXPECTED, took_s=monotonic() - began_s)
            case Let(values=values):
                return Observation(Seen.EXPECTED, groups=values)
            case other:
                raise TypeError(f"{other!r} is no argument of a verb of the robot itself")

    async def close(self) -> Sequence[Evidence]:
        """Nothing to leave."""
        return ()
