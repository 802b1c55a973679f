"""What each way of ending a command means."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from prober.model.run import Outcome


class Exit(IntEnum):
    """The exit codes of every command."""

    PASSED = 0
    FAILED = 1
    BAD_INPUT = 2
    ROBOT = 3
    INCONCLUSIVE = 4
    INTERRUPTED = 130


def of_runs(outcomes: Iterable[Outcome | None]) -> Exit:
    """Return the exit code of some runs: FAILED beats ERROR beats one that could not ask; none at all is bad input."""
    seen = set(outcomes)
    if not seen:
        return Exit.BAD_INPUT
    for outcome, code in ((Outcome.FAILED, Exit.FAILED), (Outcome.ERROR, Exit.ROBOT)):
        if outcome in seen:
            return code
    return Exit.INCONCLUSIVE if seen & {Outcome.SKIPPED, None} else Exit.PASSED
