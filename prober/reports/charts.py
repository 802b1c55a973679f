"""Charts as SVG, for pages that are read in the light and in the dark. The one importer of Altair and its renderer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import altair as alt
import vl_convert

from prober.model.figures import Figures
from prober.model.quality import Graded
from prober.reports.words import QUALITIES

_P50, _P95, _WELL, _SLOW, _FAILED, _QUIET = "#3d5bd9", "#b02f86", "#2aa579", "#d98a1f", "#d9435c", "#8791a3"
_SIX = [_P50, "#0a7f94", _P95, _SLOW, _WELL, _QUIET]
_WIDTH, _HEIGHT = 520, 170
_PADDING = {"left": 14, "right": 5, "top": 5, "bottom": 5}
"""Labels are measured in a font of the machine that draws, and shown in one of the reader's: Chinese ones are wider."""
_FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'WenQuanYi Micro Hei', sans-serif"


def latency_by_hour(figures: Mapping[int, Figures]) -> str:
    """Return p50 and p95 of whole runs by the hour of the day; "" where nothing was timed."""
    rows = [
        {"hour": hour, "seconds": value, "of": name}
        for hour, one in sorted(figures.items())
        for name, value in (("p50", one.p50_s), ("p95", one.p95_s))
        if value is not None
    ]
    if not rows:
        return ""
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("hour:Q", title="时 hour", scale=alt.Scale(domain=[0, 23]), axis=alt.Axis(tickCount=12, format="d")),
        y=alt.Y("seconds:Q", title="秒 s", scale=alt.Scale(zero=True)),
        color=alt.Color("of:N", title=None, scale=alt.Scale(domain=["p50", "p95"], range=[_P50, _P95])),
    )
    return _svg(base.mark_line(interpolate="monotone", strokeWidth=2.5) + base.mark_point(filled=True, size=34))


def outcomes(figures: Mapping[date, Figures]) -> str:
    """Return how many runs passed, were slow and failed, by day, or by hour of one day; "" where none was played."""
    kinds = (("通过 passed", _WELL), ("偏慢 slow", _SLOW), ("失败 failed", _FAILED))
    years, offsets = {at.year for at in figures}, {getattr(at, "tzinfo", None) for at in figures}

    def said(at: date) -> str:
        if isinstance(at, datetime):
            return f"{at:%H:%M}" if len(offsets) == 1 else f"{at:%H:%M %z}"
        return f"{at:%m-%d}" if len(years) == 1 else f"{at:%Y-%m-%d}"

    rows = [
        {"at": said(at), "runs": count, "of": name, "order": order}
        for at, one in sorted(figures.items())
        for order, (name, count) in enumerate(zip([kind for kind, _ in kinds], _counts(one), strict=True))
        if count
    ]
    if not rows:
        return ""
    scale = alt.Scale(domain=[name for name, _ in kinds], range=[colour for _, colour in kinds])
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("at:O", title=None, axis=alt.Axis(labelAngle=-45, labelOverlap=True), sort=None),
            y=alt.Y("runs:Q", title="次 runs"),
            color=alt.Color("of:N", title=None, scale=scale),
            order="order:Q",
        )
    )
    return _svg(chart)


def qualities(now: Graded, before: Graded) -> str:
    """Return the six qualities as they are and were, with what reviewers and customers say; "" where none is known."""
    names = ("此前 before", "现在 now", "评审 reviewers", "客户 customers")
    rows = []
    for quality, label in QUALITIES.items():
        reviewed, said = now.reviewers.get(quality), now.customers.get(quality)
        values = (
            before.grades[quality].score,
            now.grades[quality].score,
            None if reviewed is None else 25 * (reviewed - 1),
            said,
        )
        whose = f"{label.zh} {label.en}"
        known = [(by, value) for by, value in zip(names, values, strict=True) if value is not None]
        rows += [{"of": whose, "score": value, "by": by} for by, value in known]
    if not rows:
        return ""
    order = [f"{label.zh} {label.en}" for label in QUALITIES.values()]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_point(filled=True, size=120, opacity=0.9)
        .encode(
            x=alt.X("score:Q", title=None, scale=alt.Scale(domain=[0, 100])),
            y=alt.Y("of:N", title=None, sort=order, scale=alt.Scale(domain=order), axis=alt.Axis(labelLimit=260)),
            color=alt.Color("by:N", title=None, scale=alt.Scale(domain=names, range=[_QUIET, _P50, _SLOW, _P95])),
            shape=alt.Shape(
                "by:N", title=None, scale=alt.Scale(domain=names, range=["circle", "circle", "diamond", "triangle-up"])
            ),
        )
    )
    return _svg(chart, height=190)


def trend(parts: Sequence[Graded], zone: ZoneInfo) -> str:
    """Return the six qualities of each part of a time; "" where less than two of them are known."""
    short = bool(parts) and parts[-1].span[1] - parts[0].span[0] < timedelta(days=len(parts))
    form = "%m-%d %H:%M" if short else "%m-%d"
    rows = [
        {
            "at": format(part.span[0].astimezone(zone), form),
            "order": order,
            "score": grade.score,
            "of": f"{QUALITIES[quality].zh} {QUALITIES[quality].en}",
        }
        for order, part in enumerate(parts)
        for quality, grade in part.grades.items()
        if grade.score is not None
    ]
    if len({row["order"] for row in rows}) < 2:
        return ""
    names = [f"{label.zh} {label.en}" for label in QUALITIES.values()]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X(
            "at:O", title=None, sort=alt.EncodingSortField("order"), axis=alt.Axis(labelAngle=0, labelOverlap=True)
        ),
        y=alt.Y("score:Q", title=None, scale=alt.Scale(domain=[0, 100])),
        color=alt.Color("of:N", title=None, scale=alt.Scale(domain=names, range=_SIX), legend=alt.Legend(columns=3)),
    )
    return _svg(base.mark_line(strokeWidth=2) + base.mark_point(filled=True, size=40), height=190)


def shares(parts: Iterable[tuple[float, str, float]], floors: Mapping[str, float]) -> str:
    """Return the share of runs that passed, by minutes and scenario, beside the floor of each scenario."""
    rows = [{"minute": minute, "of": scenario, "share": share} for minute, scenario, share in parts]
    limits = [{"of": scenario, "floor": floor} for scenario, floor in floors.items()]
    scale = alt.Scale(domain=list(floors), range=_SIX)
    colour = alt.Color("of:N", title=None, scale=scale, legend=alt.Legend(labelLimit=400))
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=_minutes(),
        y=alt.Y("share:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5)),
        color=colour,
    )
    floor = alt.Chart(alt.InlineData(values=limits)).mark_rule(strokeDash=[5, 4], strokeWidth=1.5)
    return _svg(
        floor.encode(y="floor:Q", color=colour)
        + base.mark_line(strokeWidth=2.5)
        + base.mark_point(filled=True, size=44, opacity=1)
    )


def evidence(looks: Sequence[tuple[float, float]], enough: float) -> str:
    """Return what spoke against an item, by minutes, beside the line from which on that is *enough*."""
    rows = [{"minute": minute, "evidence": min(max(value, _LEAST), _MOST)} for minute, value in looks]
    top = max([10 * enough, *(row["evidence"] for row in rows)])
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=_minutes(),
        y=alt.Y(
            "evidence:Q",
            title=None,
            scale=alt.Scale(type="log", domain=[_LEAST, top]),
            axis=alt.Axis(format="~g", tickCount=5),
        ),
    )
    stop = alt.Chart(alt.InlineData(values=[{"enough": enough}])).mark_rule(strokeDash=[5, 4], color=_FAILED)
    line = base.mark_line(strokeWidth=2.5, color=_P50, interpolate="step-after")
    return _svg(stop.encode(y="enough:Q") + line + base.mark_point(filled=True, size=24, color=_P50, opacity=1))


def _minutes() -> alt.X:
    title = "上线后分钟 minutes since it went live"
    return alt.X("minute:Q", title=title, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=6))


_LEAST, _MOST = 0.01, 1e6
"""What evidence is drawn as at least and at most."""


def _counts(one: Figures) -> Sequence[int]:
    return one.passed, one.slow, one.failed


def _svg(chart: alt.Chart | alt.LayerChart, *, height: int = _HEIGHT) -> str:
    drawn = (
        chart.properties(width=_WIDTH, height=height, background="transparent", padding=_PADDING)
        .configure(font=_FONT)
        .configure_axis(
            labelColor=_QUIET,
            titleColor=_QUIET,
            gridColor=f"{_QUIET}33",
            domainColor=f"{_QUIET}66",
            tickColor=f"{_QUIET}66",
            labelFontSize=11,
            titleFontSize=11,
            titleFontWeight="normal",
        )
        .configure_legend(labelColor=_QUIET, orient="top", symbolSize=70)
        .configure_view(stroke=None)
    )
    written: str = vl_convert.vegalite_to_svg(drawn.to_json(), allowed_base_urls=[])
    return written
