"""The robot's own verbs, played like any other: same, wait, let, ask. They leave no evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from prober.channels.base import Attendant
from prober.channels.timing import monotonic
from prober.judge.same import same
from prober.loading.robot_verbs import Ask, Let, Same, Wait
from prober.model.run import Evidence, Observation, Seen
from prober.model.scenario import Action
from prober.model.value import Captured


class RobotSession:
    """
    Compares, waits, names values, and asks the *attendant*, if there is one.

    *captures* is what the run has captured so far; the player keeps it.
    """

    def __init__(self, captures: Mapping[str, Captured], attendant: Attendant | None = None) -> None:
        self._captures = captures
        self._attendant = attendant

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
            case Ask(question=question):
                return await self._asked(question, deadline_s)
            case other:
                raise TypeError(f"{other!r} is no argument of a verb of the robot itself")

    async def _asked(self, question: str, deadline_s: float) -> Observation:
        if self._attendant is None:
            return Observation(Seen.NOT_ASKED, expected=question, actual="nobody attends this run")
        try:
            async with asyncio.timeout(deadline_s):
                held, remark = await self._attendant.asked(question)
        except TimeoutError:
            return Observation(Seen.NOT_ASKED, expected=question, actual=f"nobody answered in {deadline_s:g} s")
        if held is None:
            return Observation(Seen.NOT_ASKED, expected=question, actual=remark or "nobody could say")
        said = f"{'yes' if held else 'no'}{f', {remark}' if remark else ''}"
        seen = Seen.EXPECTED if held else Seen.WRONG_CONTENT
        return Observation(seen, expected=question, actual=said, facts={"answer": said})

    async def close(self) -> Sequence[Evidence]:
        """Nothing to leave."""
        return ()
