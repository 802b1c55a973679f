"""A survey (CSV, or an Excel workbook) -> opinions: one row a customer, every mistake at once with its cell."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from prober.errors import BadInput, Problem
from prober.loading.fields import did_you_mean
from prober.loading.text_file import unreadable_is_bad
from prober.loading.workbook import MOST_ROWS, Cell, read_workbook
from prober.model.quality import Quality
from prober.model.review import Opinion, Survey

_ITEM, _DATE, _CHANNEL, _COMMENT, _WHOLE = "item", "date", "channel", "comment", "overall"
_COLUMNS = {
    _ITEM: ("业务", "业务名称", "菜单项"),
    _DATE: ("日期", "时间", "调查日期", "when"),
    _CHANNEL: ("渠道",),
    _COMMENT: ("意见", "备注", "评论", "原因", "remark"),
    _WHOLE: ("满意度", "总体满意度", "总体", "总分", "得分", "score", "satisfaction"),
    Quality.SIMPLICITY: ("简便性",),
    Quality.RELIABILITY: ("可靠性",),
    Quality.COMPREHENSIBILITY: ("可理解性",),
    Quality.TIMELINESS: ("及时性",),
    Quality.STABILITY: ("稳定性",),
    Quality.CONSISTENCY: ("一致性",),
}
"""What a column may be called, beside its own name. Columns of other names are passed over."""
_SEPARATORS = (",", ";", "\t", "，", "；")
"""What stands between cells: where a comma is that of decimals, Excel saves a semicolon."""
_CHANNELS = {
    "ivr": ("语音", "热线", "电话"),
    "web": ("网厅", "网站", "网上营业厅"),
    "sms": ("短信",),
    "": ("", "全部", "all"),
}


@dataclass(frozen=True)
class Asked:
    """
    How a survey was made: who was asked, of which *items*, in which *zone*; *item* is for a file that names none.

    *scale* is the worst and the best score.
    """

    survey: Survey
    items: Sequence[str]
    zone: ZoneInfo
    scale: tuple[int, int] = (1, 5)
    item: str = ""


@dataclass(frozen=True)
class Read:
    """The opinions of a survey; *passed_over* are its columns that mean nothing here, *silent* rows have no score."""

    opinions: tuple[Opinion, ...]
    passed_over: tuple[str, ...] = ()
    silent: int = 0


@unreadable_is_bad()
def read_survey(path: Path, asked: Asked, now: datetime) -> Read:
    """
    Return the opinions in the file at *path*. Nobody's was given after *now*.

    Raises:
        BadInput: Every mistake in it.
    """
    rows = _workbook(path) if path.suffix.lower() in {".xlsx", ".xlsm"} else _csv(path)
    if len(rows) < 2:
        raise BadInput([Problem(path, 0, 0, "there is nothing in it", "a row of titles, and a row each customer")])
    reading = _Reading(path, asked, now, rows[0])
    by_row = [list(reading.opinions(row)) for row in rows[1:]]
    opinions = tuple(one for found in by_row for one in found)
    if reading.problems:
        raise BadInput(reading.problems)
    if not opinions:
        raise BadInput([Problem(path, 0, 0, "no row in it has a score", _titles())])
    return Read(opinions, reading.passed_over, sum(not found for found in by_row))


def _workbook(path: Path) -> list[Sequence[Cell]]:
    sheet = next((sheet for sheet in read_workbook(path) if not sheet.hidden and sheet.rows), None)
    return [row for row in sheet.rows if any(cell.text.strip() for cell in row)] if sheet else []


def _csv(path: Path) -> list[Sequence[Cell]]:
    written = path.read_bytes()
    try:
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = written.decode("gb18030", "replace")  # what Excel saves in China
    try:
        read = list(csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text)))
    except csv.Error as exc:
        raise BadInput([Problem(path, 0, 0, f"this is no CSV: {exc}", "save it as CSV (UTF-8), or as .xlsx")]) from exc
    if len(read) > MOST_ROWS:
        raise BadInput([Problem(path, 0, 0, f"it has more than {MOST_ROWS} rows", "import it in parts")])
    rows = enumerate(read, 1)
    return [
        [Cell(text, f"row {row}, column {column}", row, column) for column, text in enumerate(cells, 1)]
        for row, cells in rows
        if any(cell.strip() for cell in cells)
    ]


def _separator(text: str) -> str:
    """Return what stands between the titles: the comma, unless another one tells more columns apart."""
    titles = next((line for line in text.splitlines() if line.strip()), "")
    return max(_SEPARATORS, key=lambda one: sum(_known(title.strip('" ')) != "" for title in titles.split(one)))


def _known(title: str) -> str:
    """Return what the column of this *title* holds; "" where nobody knows."""
    said = title.strip().casefold()
    return next((str(name) for name, others in _COLUMNS.items() if said in {str(name), *others}), "")


def _titles() -> str:
    return "columns: " + ", ".join(f"{name} ({others[0]})" for name, others in _COLUMNS.items())


@dataclass
class _Reading:
    """One reading of one file."""

    path: Path
    asked: Asked
    now: datetime
    titles: Sequence[Cell]
    problems: list[Problem] = field(default_factory=list)
    columns: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = {}
        for place, title in enumerate(self.titles):
            if name := _known(title.text):
                if name in self.columns:
                    self._note(title, f"there are two columns for ‘{name}’", "leave one of them out")
                self.columns[name] = place
        self.passed_over = tuple(
            title.text.strip()
            for place, title in enumerate(self.titles)
            if title.text.strip() and place not in self.columns.values()
        )
        if _DATE not in self.columns:
            self._note(self.titles[0], "no column says when: ‘date’ (日期) is missing", _titles())
        if _ITEM not in self.columns and not self.asked.item:
            self._note(
                self.titles[0], "no column says of which item: ‘item’ (业务) is missing", "or name it: --item NAME"
            )
        if not set(self.columns) & {_WHOLE, *map(str, Quality)}:
            self._note(self.titles[0], "no column holds scores", _titles())

    def opinions(self, row: Sequence[Cell]) -> Iterator[Opinion]:
        """Yield the opinions of one *row*; what is wrong with it is noted."""
        if self.problems and _DATE not in self.columns:
            return
        item, at, channel = self._item(row), self._at(row), self._channel(row)
        comment = self._cell(row, _COMMENT)
        for name in (_WHOLE, *Quality):
            cell = self._cell(row, str(name))
            score = self._score(cell) if cell and cell.text.strip() else None
            if score is None or item is None or at is None or channel is None or cell is None:
                continue
            yield Opinion(
                item=item,
                survey=self.asked.survey,
                at=at,
                quality=None if name == _WHOLE else Quality(name),
                score=score,
                channel=channel,
                comment=comment.text.strip() if comment else "",
                source=self.path.name,
                row=cell.row,
            )

    def _cell(self, row: Sequence[Cell], name: str) -> Cell | None:
        place = self.columns.get(name)
        return row[place] if place is not None and place < len(row) else None

    def _item(self, row: Sequence[Cell]) -> str | None:
        cell = self._cell(row, _ITEM)
        if cell is None or not cell.text.strip():
            if not self.asked.item and _ITEM in self.columns:
                self._note(row[0], "it is not said of which item", "fill in the column, or name it: --item NAME")
            return self.asked.item or None
        if cell.text.strip() not in self.asked.items:
            hint = (
                did_you_mean(cell.text.strip(), self.asked.items) or "it is to be an item of config.yaml, by its name"
            )
            self._note(cell, f"there is no item called ‘{cell.text.strip()}’", hint)
            return None
        return cell.text.strip()

    def _at(self, row: Sequence[Cell]) -> datetime | None:
        cell = self._cell(row, _DATE)
        text = cell.text.strip() if cell else ""
        at = _at(text, self.asked.zone)
        if at is None:
            self._note(cell or row[0], f"‘{text}’ is no day", "write 2026-11-23, or 2026-11-23 14:30")
            return None
        if at.astimezone(self.asked.zone).date() > self.now.astimezone(self.asked.zone).date():
            self._note(cell or row[0], f"‘{text}’ is yet to come", "look at the year")
            return None
        return min(at, self.now)

    def _channel(self, row: Sequence[Cell]) -> str | None:
        cell = self._cell(row, _CHANNEL)
        text = cell.text.strip().casefold() if cell else ""
        for name, others in _CHANNELS.items():
            if text in {name, *others}:
                return name
        self._note(cell or row[0], f"‘{text}’ is no channel", "write ivr, web, sms, or leave it empty for all of them")
        return None

    def _score(self, cell: Cell) -> float | None:
        """Return the score as 0..100."""
        low, high = self.asked.scale
        try:
            value = float(cell.text.strip().replace(",", "."))
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            hint = f"this survey's scores are {low} to {high}: --scale says otherwise"
            self._note(cell, f"‘{cell.text.strip()}’ is no score", hint)
            return None
        return 100 * (value - low) / (high - low)

    def _note(self, cell: Cell, message: str, hint: str) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(Problem(self.path, 0, 0, f"{cell.place}: {message}", hint))


_MOST_PROBLEMS = 50
"""That are told of one file: who has more of them made one mistake many times."""


def _at(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant that is said; noon of the day where no time is."""
    found = _AT.fullmatch(text)
    try:
        day = found and f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
        time = "T12:00" if not found or not found[4] else f"T{int(found[4]):02}:{found[5]}"
        whole = day and datetime.fromisoformat(f"{day}{time}")
    except ValueError:
        return None
    if not whole:
        return None
    return (whole if whole.tzinfo else whole.replace(tzinfo=zone)).astimezone(UTC)


_AT = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2}):(\S+))?")
