"""What the robot did in the last minute, in one line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from prober.app.news import About, Mood, News
from prober.model.probe import Start
from prober.model.run import Fact, Outcome, Run
from prober.scheduler import Lateness

_MOODS = ((Outcome.FAILED, Mood.FAILED), (Outcome.ERROR, Mood.ERROR), (Outcome.SLOW, Mood.SLOW))


@dataclass
class Minute:
    """Counts runs and missed starts until it is told."""

    runs: Counter[Outcome] = field(default_factory=Counter)
    missed: int = 0

    def ended(self, run: Run) -> None:
        """Count a run that ended."""
        if run.outcome is not None:
            self.runs[run.outcome] += 1

    def was_missed(self, start: Start) -> None:
        """Count what was missed."""
        self.missed += start.count

    def told(self, *, under_way: int, lateness: Lateness, incidents: int | None) -> News:
        """Return the news of it, and begin to count anew."""
        counts: dict[str, Fact] = {str(one): self.runs[one] for one in Outcome if self.runs[one]}
        parts = [f"{count} {name}" for name, count in counts.items()] or ["no run ended"]
        parts.append(f"{under_way} under way")
        if self.missed:
            parts.append(f"{self.missed} missed")
        if lateness.p50_s is not None and lateness.p99_s is not None:
            parts.append(f"starts {_ms(lateness.p50_s)} late, 99 of 100 at most {_ms(lateness.p99_s)}")
        if incidents:
            parts.append(f"{incidents} incident{'' if incidents == 1 else 's'} open")
        mood = next((mood for outcome, mood in _MOODS if self.runs[outcome]), Mood.DIM)
        facts = counts | {
            "under_way": under_way,
            "missed": self.missed,
            "late_p50_s": lateness.p50_s,
            "late_p99_s": lateness.p99_s,
            "incidents_open": incidents,
        }
        self.runs, self.missed = Counter(), 0
        return News(About.MINUTE, " · ".join(parts), mood, facts)


def _ms(late_s: float) -> str:
    return f"{max(0.0, late_s) * 1000:.0f} ms"
