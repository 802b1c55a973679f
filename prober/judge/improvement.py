"""Whether an improvement is proved: its scenarios passed again, so often in a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from prober.judge.attempts import of_run
from prober.judge.gate.sampling import Version
from prober.model.improvement import Progress
from prober.model.run import Outcome, Run

_RIGHT = (Outcome.PASSED, Outcome.SLOW)


def progress(runs: Iterable[Run], *, scenarios: Sequence[str], passes: int, since: datetime) -> Progress:
    """
    Return how far *scenarios* have come, each to pass *passes* times in a row, by the *runs* that began after *since*.

    A failure begins the count of its scenario anew until all are proved, and so does another version of scenario,
    prompts or configuration: three passes of something else show nothing. First attempts count alone; what the robot
    could not ask says nothing. Without a scenario nothing is ever proved.
    """
    in_a_row: defaultdict[str, int] = defaultdict(int)
    version: dict[str, Version] = {}
    proved: dict[str, datetime] = {}
    proved_at: datetime | None = None
    failed: list[str] = []
    for run in sorted(runs, key=lambda run: (run.started_at, run.id)):
        if run.started_at <= since or run.attempt > 1 or run.ended_at is None or run.scenario not in scenarios:
            continue
        outcome = of_run(run)
        if outcome is Outcome.FAILED or version.get(run.scenario) != Version.of(run):
            in_a_row[run.scenario] = 0
            proved.pop(run.scenario, None)
        version[run.scenario] = Version.of(run)
        if outcome is Outcome.FAILED:
            failed.append(run.id)
        elif outcome in _RIGHT:
            in_a_row[run.scenario] += 1
            if in_a_row[run.scenario] == passes:
                proved[run.scenario] = run.ended_at
            if len(proved) == len(scenarios):
                proved_at = max(proved.values())
                break
    passed = {name: min(passes, in_a_row[name]) for name in scenarios}
    return Progress(passes, passed, proved_at, tuple(failed))
