"""A report of a time as one HTML page that needs no other, and no network; printed, it is a PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from prober.model.run import Run
from prober.model.service import Chapter, Period, ServiceReport
from prober.reports import charts, html
from prober.reports.files import Files, Opened, Read
from prober.reports.gate import VERDICTS
from prober.reports.quality_words import about
from prober.reports.run_view import RunView, run_view
from prober.reports.sound import HEIGHT, KEYS_HEIGHT, WIDTH
from prober.reports.words import CATEGORIES, QUALITIES, STAGES, Label, Mark

PERIODS = {
    Period.DAY: Label("日报", "Daily report", "日"),
    Period.WEEK: Label("周报", "Weekly report", "周"),
    Period.MONTH: Label("月报", "Monthly report", "月"),
    Period.LIFE: Label("业务全程报告", "Life of an item", "◎"),
}
_GOOD, _FAIR = 85.0, 60.0
_EVIDENCE = 5
"""Runs of an item that are shown whole, with their evidence: the last failures of its worst steps."""


@dataclass(frozen=True)
class Shown:
    """A chapter as the page shows it. *charts* are SVG, *runs* the evidence of its worst steps."""

    chapter: Chapter
    tone: Mark
    latency: Markup
    outcomes: Markup
    qualities: Markup
    trend: Markup
    runs: tuple[RunView, ...]

    @property
    def shown_runs(self) -> frozenset[str]:
        """The ids of those."""
        return frozenset(view.run.id for view in self.runs)


def render(report: ServiceReport, *, read: Read, opened: Opened = bytes) -> str:
    """
    Return the page of *report*.

    *read* returns a kept file as it lies there, *opened* as it was before it was encrypted; see `html.render`.
    """
    files = Files(read, opened=opened)
    zone = ZoneInfo(report.zone)
    shown = [_shown(chapter, files, zone) for chapter in report.chapters]
    return html.page(
        "service.html.j2",
        _gravest([one.tone for one in shown]),
        title=report.label if report.period is not Period.LIFE else _title(report),
        says=PERIODS[report.period],
        report=report,
        shown=shown,
        qualities=QUALITIES,
        categories=CATEGORIES,
        stages=STAGES,
        verdicts=VERDICTS,
        box=(WIDTH, HEIGHT, KEYS_HEIGHT),
        about=about,
        tone=tone_of_score,
        moved=moved,
        lasting=lasting,
        today=report.made_at.astimezone(zone).date(),
        at=lambda instant: f"{instant.astimezone(zone):%Y-%m-%d %H:%M}",
    )


def tone_of_score(score: float | None) -> Mark:
    """Return how good a score of 0..100 is."""
    if score is None:
        return Mark.SKIPPED
    return Mark.PASSED if score >= _GOOD else Mark.SLOW if score >= _FAIR else Mark.FAILED


def moved(now: float | None, before: float | None, *, better_up: bool = True) -> tuple[str, Mark]:
    """Return how a figure moved, as an arrow, and whether that is well; less than 2 % is no move."""
    if now is None or before is None or not before:
        return "", Mark.SKIPPED
    change = now / before - 1
    if abs(change) < _MOVE:
        return "→", Mark.SKIPPED
    return ("↑" if change > 0 else "↓"), (Mark.PASSED if (change > 0) is better_up else Mark.FAILED)


_MOVE = 0.02


def lasting(duration: timedelta | float | None) -> str:
    """Return a length of time as people say it: 3 d 4 h, 2 h 05 min, 40 s."""
    if duration is None:
        return "–"
    whole = round(duration.total_seconds() if isinstance(duration, timedelta) else duration)
    if whole >= 86400:
        return f"{whole // 86400} d {whole % 86400 // 3600} h"
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 60} min {whole % 60:02} s" if whole >= 60 else f"{whole} s"


def tone(chapter: Chapter) -> Mark:
    """Return how an item stands: failed where an objective was missed or an incident is open, slow where one was."""
    if any(one.met is False for one in chapter.objectives) or any(one.closed_at is None for one in chapter.incidents):
        return Mark.FAILED
    if chapter.incidents or any(told.improvement.blocks for told in chapter.improvements):
        return Mark.SLOW
    return Mark.PASSED if chapter.figures.n else Mark.SKIPPED


def _gravest(tones: Sequence[Mark]) -> Mark:
    return next((mark for mark in (Mark.FAILED, Mark.SLOW, Mark.PASSED) if mark in tones), Mark.SKIPPED)


def _title(report: ServiceReport) -> str:
    return next((f"{chapter.item.title} · {chapter.item.name}" for chapter in report.chapters), report.label)


def _shown(chapter: Chapter, files: Files, zone: ZoneInfo) -> Shown:
    runs: dict[str, Run] = {one.worst.id: one.worst for one in chapter.worst if one.worst is not None}
    return Shown(
        chapter,
        tone(chapter),
        # Made by our own charts out of numbers and names of ours: nothing in them is anybody's text.
        latency=Markup(charts.latency_by_hour(chapter.by_hour)),  # noqa: S704
        outcomes=Markup(charts.outcomes(chapter.by_day)),  # noqa: S704
        qualities=Markup(charts.qualities(chapter.graded[0], chapter.graded_before)),  # noqa: S704
        trend=Markup(charts.trend(chapter.trend, zone)),  # noqa: S704
        runs=tuple(run_view(run, files) for run in list(runs.values())[:_EVIDENCE]),
    )
