"""A verdict of the gate as one HTML page that needs no other, and no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from prober.model.item import Item
from prober.model.verdict import Decision, Ground, Reason, Verdict
from prober.reports import html
from prober.reports.gate import VERDICTS, counts, missing, needed, ordered
from prober.reports.words import Label, Mark

GROUNDS = {
    Ground.SCENARIOS: Label("拨测场景", "Scenarios"),
    Ground.RUNS: Label("拨测次数", "Runs"),
    Ground.BUDGET: Label("拨测次数上限", "Budget of runs"),
    Ground.FAULTS: Label("机器人故障", "Robot faults"),
    Ground.SUCCESS: Label("成功率", "Success"),
    Ground.IN_TIME: Label("时限内", "In time"),
    Ground.LIMITS: Label("步骤时限", "Limits"),
    Ground.PHASE: Label("阶段", "Phase"),
    Ground.REGRESSION: Label("成功率对比基线", "Success against the baseline"),
    Ground.LATENCY: Label("时延对比基线", "Latency against the baseline"),
    Ground.STEP_LATENCY: Label("步骤时延对比基线", "Step latency against the baseline"),
    Ground.SAME: Label("各渠道一致", "Consistency"),
    Ground.CONTROL: Label("对照业务", "Control"),
    Ground.BASELINE: Label("基线", "Baseline"),
    Ground.HOURS: Label("基线时段", "Hours of the baseline"),
    Ground.REVIEWS: Label("体验评审", "Reviews"),
    Ground.DEFECTS: Label("阻断缺陷", "Blocking defects"),
    Ground.WATCH: Label("上线观察", "Launch watch"),
}
TONES = {Decision.GO: Mark.PASSED, Decision.NO_GO: Mark.FAILED, Decision.INCONCLUSIVE: Mark.SLOW}

Linked = Callable[[str], str]
"""Says where the page of a run lies, by its id, as the page at hand links to it; "" where there is none."""


@dataclass(frozen=True)
class Interval:
    """
    Where a figure lies, and how sure that is, beside its limit; all in per cent of the picture's width.

    *good* is the side of the limit it is to be on: "right" of a floor, "left" of a ceiling.
    """

    low: float
    high: float
    value: float
    limit: float
    good: str
    said: str


@dataclass(frozen=True)
class Row:
    """
    A reason as the page shows it. *says* is the decision, but of a baseline that is not there yet: none.

    *pages* are those of its runs, by their ids.
    """

    reason: Reason
    pages: Mapping[str, str]
    label: Label
    sign: str
    says: str
    tone: Mark
    interval: Interval | None
    needed: str


def render(verdict: Verdict, item: Item, *, zone: ZoneInfo, linked: Linked = lambda _: "") -> str:
    """Return the page of *verdict* on *item*; its times are of *zone*."""
    return html.page("gate.html.j2", TONES[verdict.decision], **shown(verdict, item, zone, linked))


def shown(verdict: Verdict, item: Item, zone: ZoneInfo, linked: Linked) -> dict[str, object]:
    """Return what the template of the page shows."""
    rows = [_row(reason, linked) for reason in ordered(verdict.reasons)]
    return {
        "title": f"{item.title} · {verdict.item}",
        "says": VERDICTS[verdict.decision],
        "judged": verdict,
        "item": item,
        "binding": [row for row in rows if counts(row.reason)],
        "informing": [row for row in rows if not counts(row.reason)],
        "needed": needed(verdict),
        "zone": zone,
        "at": lambda instant: f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}",
    }


def _row(reason: Reason, linked: Linked) -> Row:
    intervals = [*_share(reason), *_difference(reason), *_ratio(reason), None]
    said = (VERDICTS[reason.decision].sign, VERDICTS[reason.decision].en, TONES[reason.decision])
    if reason.ground is Ground.BASELINE:
        said = ("–", "无 none", Mark.SKIPPED)
    pages = {run: linked(run) for run in reason.runs}
    return Row(reason, pages, GROUNDS[reason.ground], *said, intervals[0], missing(reason))


def _share(reason: Reason) -> Iterator[Interval]:
    figures = reason.figures
    if reason.ground in {Ground.SUCCESS, Ground.IN_TIME} and isinstance(value := figures["share"], float):
        low, high, floor = (float(figures[name] or 0) for name in ("low", "high", "floor"))
        begin = min(low, floor) - 0.02
        yield _placed(
            begin, 1.0, (low, high, value, floor), "right", f"{value:.1%} ({low:.1%} … {high:.1%}) ≥ {floor:.0%}"
        )


def _difference(reason: Reason) -> Iterator[Interval]:
    figures = reason.figures
    if reason.ground is Ground.REGRESSION and isinstance(value := figures["difference"], float):
        low, high, margin = (float(figures[name] or 0) for name in ("low", "high", "margin"))
        reach = 1.1 * max(abs(low), abs(high), 2 * margin)
        said = f"{value:+.1%} ({low:+.1%} … {high:+.1%}) ≥ −{margin:.0%}"
        yield _placed(-reach, reach, (low, high, value, -margin), "right", said)


def _ratio(reason: Reason) -> Iterator[Interval]:
    figures = reason.figures
    if reason.ground in {Ground.LATENCY, Ground.STEP_LATENCY} and isinstance(value := figures["ratio"], float):
        bound, limit = float(figures["bound"] or 0), float(figures["limit"] or 0)
        low = value * value / bound
        end = 1.1 * max(bound, limit, 2.0)
        yield _placed(0.0, end, (low, bound, value, limit), "left", f"×{value:.2f} (≤ {bound:.2f}) < {limit:.2f}")


def _placed(begin: float, end: float, places: tuple[float, float, float, float], good: str, said: str) -> Interval:
    low, high, value, limit = (100 * (min(max(place, begin), end) - begin) / (end - begin) for place in places)
    return Interval(low, high, value, limit, good, said)
