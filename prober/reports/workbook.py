"""A report of a time as an Excel workbook: a sheet a subject, numbers as numbers."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from prober.model.figures import Figures
from prober.model.item import PhaseChange
from prober.model.service import Chapter, ServiceReport
from prober.model.verdict import Verdict
from prober.reports.gate import VERDICTS, counts
from prober.reports.quality_words import about
from prober.reports.words import CATEGORIES, CHANNELS, PHASES, QUALITIES, STAGES

_Value = str | int | float | date | datetime | None
_SHARE, _SECONDS, _SCORE, _AT = "0.00%", "0.000", "0.0", "yyyy-mm-dd hh:mm"
_DARK = "1F4E79"
_WIDEST = 60


@dataclass(frozen=True)
class _Column:
    title: str
    width: float = 12
    form: str = ""


_ITEM = (_Column("业务 Item", 22), _Column("名称 Title", 24))
_OF_RUNS = (
    _Column("拨测 Runs"),
    _Column("通过 Passed"),
    _Column("偏慢 Slow"),
    _Column("失败 Failed"),
    _Column("成功率 Success", 12, _SHARE),
    _Column("p50 s", 10, _SECONDS),
    _Column("p90 s", 10, _SECONDS),
    _Column("p95 s", 10, _SECONDS),
    _Column("p99 s", 10, _SECONDS),
)


def workbook(report: ServiceReport) -> bytes:
    """Return *report* as a workbook; an empty cell: not known. Instants are of the report's zone."""
    book, zone = Workbook(), ZoneInfo(report.zone)
    book.remove(book.worksheets[0])
    _sheet(
        book, "总览 Overview", (*_ITEM, _Column("阶段 Phase", 18), *_OF_RUNS, *_quality_columns()), _overview(report)
    )
    parts = (_Column("渠道 Channel", 14), _Column("品质 Quality", 26), _Column("项 Part", 16))
    scored = (_Column("得分 Score", 10, _SCORE), _Column("依据 From", _WIDEST), _Column("From", _WIDEST))
    _sheet(book, "品质 Qualities", (*_ITEM, *parts, *scored), _parts(report))
    said = (_Column("品质 Quality", 26), _Column("实测 Measured", 12, _SCORE), _Column("此前 Before", 12, _SCORE))
    people = (_Column("评审 Reviewers 1–5", 18, _SCORE), _Column("客户 Customers", 16, _SCORE))
    _sheet(book, "对照 Views", (*_ITEM, *said, *people), _views(report))
    _sheet(book, "每日 By day", (*_ITEM, _Column("日期 Day", 18), *_OF_RUNS), _by_day(report))
    _sheet(book, "时段 By hour", (*_ITEM, _Column("时 Hour"), *_OF_RUNS), _by_hour(report))
    slo = (
        *(
            _Column("拨测计划 Probe", 26),
            _Column("可用率 Available", 14, "0.000%"),
            _Column("目标 Objective", 14, "0.000%"),
        ),
        *(_Column("中断 Down s", 12, "0"), _Column("预算 Budget s", 12, "0"), _Column("已用 Spent", 12, _SHARE)),
    )
    _sheet(book, "可用率 Availability", (*_ITEM, *slo), _objectives(report))
    incidents = (
        *(_Column("编号 Id", 20), _Column("开始 Opened", 18, _AT), _Column("恢复 Closed", 18, _AT)),
        *(_Column("级别 Severity"), _Column("渠道 Channel"), _Column("现象 What", _WIDEST), _Column("What", _WIDEST)),
        _Column("处理人 By", 16),
    )
    _sheet(book, "故障 Incidents", (*_ITEM, *incidents), _incidents(report, zone))
    improvements = (
        *(
            _Column("编号 Id", 10),
            _Column("状态 Stage", 18),
            _Column("内容 What", _WIDEST),
            _Column("类别 Category", 20),
        ),
        *(_Column("负责人 Owner", 16), _Column("期限 Due", 12), _Column("阻断 Blocks", 10), _Column("来源 Source", 20)),
        *(_Column("改进前 Before", 12, _SHARE), _Column("改进后 After", 12, _SHARE)),
        *(_Column("前 p95 s", 10, _SECONDS), _Column("后 p95 s", 10, _SECONDS)),
    )
    _sheet(book, "改进 Improvements", (*_ITEM, *improvements), _improvements(report))
    decisions = (
        _Column("时间 At", 18, _AT),
        _Column("决定 Decision", 26),
        _Column("人 By", 16),
        _Column("依据 Why", _WIDEST),
        _Column("Why", _WIDEST),
    )
    _sheet(book, "决定 Decisions", (*_ITEM, *decisions), _decisions(report, zone))
    steps = (_Column("场景 Scenario", 22), _Column("渠道 Channel", 12), _Column("步骤 Step", 40))
    _sheet(
        book, "最差步骤 Worst steps", (*_ITEM, *steps, *_OF_RUNS, _Column("最近失败 Last failure", 32)), _worst(report)
    )
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _quality_columns() -> Iterator[_Column]:
    for label in QUALITIES.values():
        yield _Column(f"{label.zh} {label.en}", 16, _SCORE)


def _overview(report: ServiceReport) -> Iterator[Sequence[_Value]]:
    for one in report.chapters:
        scores = [one.graded[0].grades[quality].score for quality in QUALITIES]
        phase = PHASES[one.phase]
        yield (*_item(one), f"{phase.zh} {phase.en}", *_of_runs(one.figures), *scores)


def _parts(report: ServiceReport) -> Iterator[Sequence[_Value]]:
    for one in report.chapters:
        for graded in one.graded:
            where = f"{CHANNELS[graded.channel].zh} {CHANNELS[graded.channel].en}" if graded.channel else "总体 All"
            for quality, grade in graded.grades.items():
                whose = f"{QUALITIES[quality].zh} {QUALITIES[quality].en}"
                for part in grade.parts:
                    told = about(part)
                    yield (*_item(one), where, whose, part.name, part.score, told.zh, told.en)


def _views(report: ServiceReport) -> Iterator[Sequence[_Value]]:
    for one in report.chapters:
        now, before = one.graded[0], one.graded_before
        for quality, label in QUALITIES.items():
            measured = now.grades[quality].score, before.grades[quality].score
            said = now.reviewers.get(quality), now.customers.get(quality)
            yield (*_item(one), f"{label.zh} {label.en}", *measured, *said)


def _by_day(report: ServiceReport) -> Iterator[Sequence[_Value]]:
    for one in report.chapters:
        for at, figures in sorted(one.by_day.items()):
            day = f"{at:%Y-%m-%d %H:%M}" if isinstance(at, datetime) else f"{at:%Y-%m-%d}"
            yield (*_item(one), day, *_of_runs(figures))


def _by_hour(report: ServiceReport) -> Iterator[Sequence[_Value]]:
    for one in report.chapters:
        for hour, figures in sorted(one.by_hour.items()):
            yield (*_item(one), hour, *_of_runs(figures))


def _objectives(report: ServiceReport) -> Iterator[Sequence[_Value]]:
    for one in report.chapters:
        for slo in one.objectives:
            yield (*_item(one), slo.probe, slo.share, slo.objective, slo.down_s, slo.budget_s, slo.spent)


def _incidents(report: ServiceReport, zone: ZoneInfo) -> Iterator[Sequence[_Value]]:
    for one in report.chapters:
        for found in one.incidents:
            times = _local(found.opened_at, zone), _local(found.closed_at, zone)
            about_it = str(found.severity), found.cause.channel, found.what_zh or found.what, found.what
            yield (*_item(one), found.id, *times, *about_it, found.acknowledged_by)


def _improvements(report: ServiceReport) -> Iterator[Sequence[_Value]]:
    for one in report.chapters:
        for told in one.improvements:
            found, (before, after) = told.improvement, (told.compared.before, told.compared.after or Figures())
            stage, kind = STAGES[found.stage], CATEGORIES[found.category]
            yield (
                *(*_item(one), found.name, f"{stage.zh} {stage.en}", found.what, f"{kind.zh} {kind.en}"),
                *(found.owner, str(found.due or ""), "是 yes" if found.blocks else "", found.source),
                *(before.success, after.success, before.p95_s, after.p95_s),
            )


def _decisions(report: ServiceReport, zone: ZoneInfo) -> Iterator[Sequence[_Value]]:
    for one in report.chapters:
        both: list[PhaseChange | Verdict] = [*one.changes, *one.verdicts]
        for taken in sorted(both, key=attrgetter("at")):
            if isinstance(taken, PhaseChange):
                label, by, why = PHASES[taken.phase], taken.by, (taken.why, taken.why)
            else:
                label, by, why = VERDICTS[taken.decision], "", _why(taken)
            yield (*_item(one), _local(taken.at, zone), f"{label.zh} {label.en}", by, *why)


def _why(verdict: Verdict) -> tuple[str, str]:
    """Return what decided it, in Chinese and in English."""
    deciding = [part for part in verdict.reasons if part.decision is verdict.decision and counts(part)]
    zh = "; ".join(f"{part.about} {part.what_zh}".strip() for part in deciding)
    return zh, "; ".join(f"{part.about} {part.what}".strip() for part in deciding)


def _worst(report: ServiceReport) -> Iterator[Sequence[_Value]]:
    for one in report.chapters:
        for step in one.worst:
            run = step.worst.id if step.worst else ""
            yield (*_item(one), step.scenario, step.channel, step.step, *_of_runs(step.figures), run)


def _item(one: Chapter) -> tuple[str, str]:
    return one.item.name, one.item.title


def _of_runs(of: Figures) -> Sequence[_Value]:
    return of.n, of.passed, of.slow, of.failed, of.success, of.p50_s, of.p90_s, of.p95_s, of.p99_s


def _local(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return *at* as Excel keeps times: of the zone, without naming it."""
    return at and at.astimezone(zone).replace(tzinfo=None, microsecond=0)


def _sheet(book: Workbook, title: str, columns: Sequence[_Column], rows: Iterable[Sequence[_Value]]) -> None:
    sheet: Worksheet = book.create_sheet(title)
    for number, column in enumerate(columns, 1):
        head = sheet.cell(1, number, column.title)
        head.font = Font(bold=True, color="FFFFFF")
        head.fill = PatternFill("solid", fgColor=_DARK)
        head.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    for place, row in enumerate(rows, 2):
        for number, (column, value) in enumerate(zip(columns, row, strict=True), 1):
            _put(sheet, (place, number), column, value)
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = sheet.dimensions


def _put(sheet: Worksheet, place: tuple[int, int], column: _Column, value: _Value) -> None:
    cell = sheet.cell(*place)
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)
        cell.data_type = "s"  # openpyxl takes what begins with = for a formula
        cell.alignment = Alignment(vertical="top", wrap_text=column.width >= _WIDEST)
    elif value is not None:
        cell.value = value
        if column.form:
            cell.number_format = column.form
