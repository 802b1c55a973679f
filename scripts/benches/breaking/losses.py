"""What was lost while something was broken, held against what was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from scripts.benches.breaking.books import instant
from scripts.benches.breaking.carriers import Broken, Moment, What
from scripts.benches.breaking.witness import rows
from scripts.benches.frame.bench import Table

_RUNS = "select id, started_at, ended_at, waited_s, outcome from runs where ended_at is not null order by started_at"
_REASONS = """
select run_id, case outcome when 'failed' then failure || ': ' || actual else failure end
from steps where outcome in ('failed', 'error') order by run_id, step
"""
_WORDS: Mapping[What, str] = {What.ASSERT: "the line process died (signal 6", What.REGISTRAR: "the registrar "}
"""What has to be said of a run that was lost by it."""


@dataclass(frozen=True)
class Played:
    """A run as the store tells it, from when its line was asked for. *reason*: all it says of what went wrong."""

    id: str
    began_at: datetime
    ended_at: datetime
    outcome: str
    reason: str

    @property
    def well(self) -> bool:
        """Whether nothing was lost."""
        return self.outcome in {"passed", "slow"}


def played(database: Path) -> list[Played]:
    """Return the runs of a robot that has ended, the first one first."""
    reasons: dict[str, list[str]] = {}
    for run, failure in rows(database, _REASONS):
        reasons.setdefault(run, []).append(failure or "")
    return [
        Played(
            run,
            instant(started_at) - timedelta(seconds=waited_s),
            instant(ended_at),
            outcome,
            "; ".join(reasons.get(run, [])),
        )
        for run, started_at, ended_at, waited_s, outcome in rows(database, _RUNS)
    ]


@dataclass(frozen=True)
class Losses:
    """The runs of a robot, and what was broken meanwhile."""

    runs: Sequence[Played]
    broken: Sequence[Broken]

    @property
    def lost(self) -> list[Played]:
        """The runs that did not pass."""
        return [run for run in self.runs if not run.well]

    @property
    def uncaused(self) -> list[Played]:
        """Those that were lost while nothing was broken."""
        return [run for run in self.lost if not self._causes(run)]

    @property
    def unexplained(self) -> list[Played]:
        """Those that do not say what was broken."""
        return [
            run for run in self.lost if not any(_WORDS[one.planned.what] in run.reason for one in self._causes(run))
        ]

    @property
    def costly(self) -> list[Broken]:
        """The asserts by which more than the run under way was lost."""
        return [one for one in self.broken if one.planned.what is What.ASSERT and len(self._by(one)) > 1]

    def well_again_s(self, what: What) -> float | None:
        """Return the longest time from when it was over to the end of the next run that passed; None if none did."""
        found = [self._well_again_s(one) for one in self.broken if one.planned.what is what]
        return None if not found or None in found else max(filter(None, found))

    def table(self) -> Table:
        """Return what broke when, and what became of the runs."""
        kinds = dict.fromkeys((one.planned.what, one.planned.moment) for one in self.broken)
        columns = ("what broke", "when", "times", "calls lost", "well again after (s)", "what was said first")
        return Table("What broke, and what it cost", columns, [self._row(*kind) for kind in kinds])

    def _row(self, what: What, moment: Moment) -> tuple[str | int | float | None, ...]:
        of = [one for one in self.broken if (one.planned.what, one.planned.moment) == (what, moment)]
        lost = list(dict.fromkeys(run for one in of for run in self._by(one)))
        again_s = [round(took_s, 1) for one in of if (took_s := self._well_again_s(one)) is not None]
        said = lost[0].reason.partition("; ")[0] if lost else "–"
        return what.value, moment.value, len(of), len(lost), max(again_s, default=None), said

    def _causes(self, run: Played) -> list[Broken]:
        return [one for one in self.broken if run.began_at <= one.until and run.ended_at >= one.at]

    def _by(self, broken: Broken) -> list[Played]:
        return [run for run in self.lost if broken in self._causes(run)]

    def _well_again_s(self, broken: Broken) -> float | None:
        ended = (run.ended_at for run in self.runs if run.well and run.ended_at > broken.until)
        first = next(ended, None)
        return None if first is None else (first - broken.until).total_seconds()
