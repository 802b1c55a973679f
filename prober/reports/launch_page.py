"""The page of a launch: its course, what it was watched against, and whether it is to be taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp
from zoneinfo import ZoneInfo

from markupsafe import Markup

from prober.judge.gate.sequential import Bet
from prober.judge.gate.watching import ALPHA, Count, Look, Watch
from prober.model.item import Item, PhaseChange
from prober.model.run import Outcome
from prober.model.verdict import Decision, Ground, Verdict
from prober.reports import charts, html
from prober.reports.gate_page import TONES, Linked, shown
from prober.reports.words import Label, channel, seconds

_PARTS, _RUNS_OF_PART = 24, 4
"""The time is cut into parts in which each scenario has some runs, and into no more than one tells apart."""
_RIGHT = (Outcome.PASSED, Outcome.SLOW)
_DECIDED = {
    Decision.GO: Label("不回退：自 {at} 起处于上线后阶段", "No roll-back: it stands post-launch since {at}"),
    Decision.NO_GO: Label(
        "回退：请撤回该业务，再执行 prober phase {item} pre-launch --why …",
        "Roll back: take it back, then prober phase {item} pre-launch --why …",
    ),
    Decision.INCONCLUSIVE: Label(
        "尚未定论，仍在上线中；继续观察：prober launch {item}",
        "Not decided: it stays in its launch; watch it on: prober launch {item}",
    ),
}
_TAKEN = Label("观察期间有人变更了阶段，维持不变", "Somebody changed its phase while it was watched, and that stays")
_STOPPED, _WATCHED = Label("已停止", "stopped"), Label("观察期满", "watched to its end")


@dataclass(frozen=True)
class Course:
    """
    How a launch went, from the change of phase it *begun* with: the *looks* after each run, and the *watch* at its end.

    *stopped*: nothing was waited for any more, for it was proved to be worse.
    """

    begun: PhaseChange
    looks: Sequence[Look]
    watch: Watch
    stopped: bool

    @property
    def asked(self) -> list[Look]:
        """The looks after runs that asked the channel."""
        return [look for look in self.looks if look.outcome in {*_RIGHT, Outcome.FAILED}]


@dataclass(frozen=True)
class Watched:
    """One thing that was counted, of one *scenario*; *evidence* is how much it speaks against the item by itself."""

    scenario: str
    what: Label
    bet: Bet
    evidence: str


def render(verdict: Verdict, item: Item, course: Course, *, zone: ZoneInfo, linked: Linked = lambda _: "") -> str:
    """Return the page of the launch of *item*, which came to *verdict*; its times are of *zone*."""
    asked = course.asked
    return html.page(
        "launch.html.j2",
        TONES[verdict.decision],
        **shown(verdict, item, zone, linked),
        course=course,
        asked=len(asked),
        failed={look.run: linked(look.run) for look in asked if look.outcome is Outcome.FAILED},
        decided=_decided(verdict, zone),
        ending=_STOPPED if course.stopped else _TAKEN if _taken(verdict) else _WATCHED,
        watched=list(_watched(course.watch)),
        against=_figure(course.watch.evidence),
        enough=_figure(1 / ALPHA),
        # Made by our own charts out of numbers and names of ours: nothing in them is anybody's text.
        shares=Markup(charts.shares(_shares(course, verdict.at), _floors(course.watch))),  # noqa: S704
        evidence=Markup(charts.evidence(list(_evidence(course)), 1 / ALPHA)),  # noqa: S704
    )


def _decided(verdict: Verdict, zone: ZoneInfo) -> Label:
    label = _TAKEN if _taken(verdict) else _DECIDED[verdict.decision]
    about = {"item": verdict.item, "at": f"{verdict.at.astimezone(zone):%Y-%m-%d %H:%M:%S}"}
    return Label(label.zh.format(**about), label.en.format(**about))


def _taken(verdict: Verdict) -> bool:
    return any(reason.ground is Ground.PHASE for reason in verdict.reasons)


def _watched(watch: Watch) -> Iterator[Watched]:
    for scenario, counts in watch.counts.items():
        for count in counts:
            yield Watched(scenario, _what(count), count.bet, _figure(exp(min(count.bet.log_value, 20.0))))


def _what(count: Count) -> Label:
    if not count.channel:
        return Label("失败", "fails")
    whose, limit = channel(count.channel), seconds(count.limit_s)
    return Label(
        f"{whose.zh}耗时超过 {limit}（据此前 p{100 * count.quantile:.0f}）",
        f"{whose.en} takes longer than {limit} (by p{100 * count.quantile:.0f} of before)",
    )


def _figure(evidence: float) -> str:
    return f"{min(evidence, 1e9):.0f}" if evidence >= 100 else f"{evidence:.3g}"


def _floors(watch: Watch) -> dict[str, float]:
    """Return for each scenario the share of its runs that is to pass."""
    return {scenario: 1 - counts[0].bet.allowed for scenario, counts in watch.counts.items() if counts}


def _shares(course: Course, ended_at: datetime) -> Iterator[tuple[float, str, float]]:
    """Yield minutes since the launch, scenario, and the share of its runs that passed: of each part of the time."""
    asked, whole = course.asked, max(ended_at - course.begun.at, timedelta(seconds=1))
    parts = min(_PARTS, max(1, len(asked) // (_RUNS_OF_PART * len(course.watch.counts))))
    by_part: dict[tuple[int, str], list[bool]] = {}
    for look in asked:
        part = min(parts - 1, int((look.at - course.begun.at) / whole * parts))
        by_part.setdefault((part, look.scenario), []).append(look.outcome in _RIGHT)
    for (part, scenario), passed in sorted(by_part.items()):
        yield (part + 0.5) / parts * (whole / timedelta(minutes=1)), scenario, sum(passed) / len(passed)


def _evidence(course: Course) -> Iterator[tuple[float, float]]:
    """Yield minutes since the launch, and how much spoke against the item then."""
    for look in course.looks:
        yield (look.at - course.begun.at) / timedelta(minutes=1), look.evidence
