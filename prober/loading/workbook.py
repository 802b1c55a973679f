"""
Excel workbooks as plain grids of text, and back. The one importer of openpyxl.

What Excel may have done to what was typed (a formula, a date, a zero that was lost) is told with each cell.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from prober.errors import BadInput, Problem

MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED_BYTES = 64 * 1024 * 1024
MOST_ROWS = 20_000
MOST_CELLS = 500_000
"""Of one sheet; the empty ones within its width and height count."""
MOST_MERGED_CELLS = 100_000
_TEXT = "@"
_DARK, _BAND, _LINE = "1F4E79", "EEF4FA", "C9D6E2"
_LISTS = "lists"
_TOO_LONG = 10**15
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z0-9:]+)\"")
_NO_WORKBOOK = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,
)
"""What openpyxl lets through of a file that is damaged, encrypted or something else."""
_SMALLER = (
    "delete the empty rows and columns behind the cases, and hidden sheets; or keep the cases in several workbooks"
)


@dataclass(frozen=True)
class Cell:
    """
    One cell: its *text* as a person sees it, and its *place*, `Sheet1!F7`.

    *wrong* says why its text is not what was typed; *number* is set where Excel holds it as a number; *joined* where it
    lies below the first cell of merged ones, whose text it then has.
    """

    text: str
    place: str
    row: int
    column: int
    wrong: str = ""
    number: bool = False
    joined: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet, row by row."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    hidden: bool = False


@dataclass(frozen=True)
class Layout:
    """How a sheet is laid out: column titles with their widths, and the texts a column may hold."""

    titles: Mapping[str, float]
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)


def read_workbook(path: Path) -> list[Sheet]:
    """
    Return the sheets of the workbook at *path*.

    Raises:
        BadInput: It cannot be read, is no workbook, or is larger than anybody writes by hand.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _unusable(path, f"this workbook is too large: more than {MOST_BYTES // 1024 // 1024} MiB")
        with path.open("rb") as file:  # openpyxl leaves a file open that it cannot read
            _check_bounds(path, file)
            book = load_workbook(file, data_only=False)
    except OSError as exc:
        raise _unusable(path, f"this file cannot be read: {exc.strerror or exc}") from exc
    except _NO_WORKBOOK as exc:
        raise _unusable(path, "this is no Excel workbook", "save it as .xlsx") from exc
    return [_sheet(sheet, path) for sheet in book.worksheets]


def write_workbook(path: Path, title: str, layout: Layout, cases: Sequence[Sequence[Sequence[str]]]) -> None:
    """
    Write *cases*, each a few rows of texts, to a new workbook; every other case is shaded.

    Every cell is a text, also one that begins with `=`: nothing in it is ever calculated.

    Raises:
        OSError: It cannot be written there.
    """
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has no sheet")
    sheet.title = title
    _write_head(sheet, layout)
    row = 2
    for number, case in enumerate(cases):
        for texts in case:
            _write_row(sheet, row, texts, shaded=number % 2 == 1)
            row += 1
    _offer_choices(book, sheet, layout)
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(layout.titles))}{max(row - 1, 1)}"
    book.save(path)


def _unusable(path: Path, message: str, hint: str = "") -> BadInput:
    return BadInput([Problem(path, 0, 0, message, hint)])


def _check_bounds(path: Path, file: IO[bytes]) -> None:
    """Refuse what would take openpyxl minutes, or all of the memory. No part unpacks to more than it says it does."""
    with zipfile.ZipFile(file) as archive:
        if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED_BYTES:
            told = f"this workbook is too large: unpacked, it has more than {MOST_UNPACKED_BYTES // 1024 // 1024} MiB"
            raise _unusable(path, told, "copy the test cases alone, as values, into a new workbook")
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                _check_sheet(path, archive.read(name))


def _check_sheet(path: Path, part: bytes) -> None:
    if len(_ROW.findall(part)) > MOST_ROWS:
        raise _unusable(path, f"a sheet of this workbook has more than {MOST_ROWS} rows", _SMALLER)
    if sum(map(_extent, _MERGED.findall(part))) > MOST_MERGED_CELLS:
        told = f"a sheet of this workbook has more than {MOST_MERGED_CELLS} merged cells"
        raise _unusable(path, told, "merge the rows of each case, not whole columns")


def _extent(reference: bytes) -> int:
    left, top, right, bottom = (bound or 1 for bound in range_boundaries(reference.decode()))
    return (right - left + 1) * (bottom - top + 1)


def _sheet(sheet: Worksheet, path: Path) -> Sheet:
    if sheet.max_row > MOST_ROWS or sheet.max_row * sheet.max_column > MOST_CELLS:
        told = f"the sheet ‘{sheet.title}’ is too large: it has {sheet.max_row} rows and {sheet.max_column} columns"
        raise _unusable(path, told, _SMALLER)
    tops = dict(_tops(sheet))
    rows = (tuple(_cell(sheet, cell, tops) for cell in row) for row in sheet.iter_rows())
    return Sheet(sheet.title, tuple(rows), hidden=sheet.sheet_state != "visible")


def _tops(sheet: Worksheet) -> Iterator[tuple[tuple[int, int], Any]]:
    """Yield, for every cell that lies under merged ones, the one that holds their text."""
    for merged in sheet.merged_cells.ranges:
        top = sheet.cell(merged.min_row, merged.min_col)
        for row, column in merged.cells:
            if (row, column) != (merged.min_row, merged.min_col):
                yield (row, column), top


def _cell(sheet: Worksheet, cell: Any, tops: Mapping[tuple[int, int], Any]) -> Cell:
    top = tops.get((cell.row, cell.column))
    text, wrong = _read(top or cell)
    held = (top or cell).value
    return Cell(
        text=text,
        place=f"{sheet.title}!{cell.coordinate}",
        row=cell.row,
        column=cell.column,
        wrong=wrong,
        number=isinstance(held, int | float) and not isinstance(held, bool),
        joined=top is not None,
    )


def _read(cell: Any) -> tuple[str, str]:
    """Return a cell's text, and why it is not what was typed."""
    held, kind = cell.value, cell.data_type
    text, wrong = "" if held is None else str(held), ""
    if kind == "f":
        wrong = "holds a formula: only what is written as a text can be played"
    elif kind == "e":
        wrong = f"holds an error of Excel's, {text}"
    elif isinstance(held, bool):
        text = text.lower()
    elif isinstance(held, int | float) and abs(held) >= _TOO_LONG:
        wrong = f"holds the number {text}, not a text: Excel makes zeros of the digits past the 15th"
    elif isinstance(held, int):
        text = _padded(held, str(cell.number_format))
    elif isinstance(held, float):
        text = f"{held:g}"
        wrong = f"holds the number {text}, not a text: Excel drops zeros in front and behind"
    elif isinstance(held, datetime | date | time | timedelta):
        text = text.removesuffix(" 00:00:00")
        wrong = f"holds a date or time ({text}): Excel has changed what was typed"
    return text, wrong


def _padded(number: int, shown_as: str) -> str:
    """Return a whole number as Excel shows it: with the format 0000 it has its zeros."""
    return str(number).zfill(len(shown_as)) if set(shown_as) == {"0"} else str(number)


def _write_head(sheet: Worksheet, layout: Layout) -> None:
    for column, (title, width) in enumerate(layout.titles.items(), start=1):
        cell = sheet.cell(1, column, title)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=_DARK)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.row_dimensions[1].height = 26


def _write_row(sheet: Worksheet, row: int, texts: Sequence[str], *, shaded: bool) -> None:
    for column, text in enumerate(texts, start=1):
        cell = sheet.cell(row, column)
        if text:
            cell.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)
            cell.data_type = "s"  # openpyxl takes what begins with = for a formula
        cell.number_format = _TEXT
        cell.quotePrefix = True
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        cell.border = Border(bottom=Side("thin", color=_LINE), right=Side("thin", color=_LINE))
        if shaded:
            cell.fill = PatternFill("solid", fgColor=_BAND)


def _offer_choices(book: Workbook, sheet: Worksheet, layout: Layout) -> None:
    """Let Excel offer the texts of some columns, from a hidden sheet; others are told, not refused."""
    lists = book.create_sheet(_LISTS)
    lists.sheet_state = "hidden"
    for number, (title, texts) in enumerate(layout.choices.items(), start=1):
        for row, text in enumerate(texts, start=1):
            lists.cell(row, number, text)
        letter, own = get_column_letter(number), get_column_letter(list(layout.titles).index(title) + 1)
        offered = DataValidation("list", formula1=f"{_LISTS}!${letter}$1:${letter}${len(texts)}", allow_blank=True)
        offered.errorStyle, offered.showErrorMessage = "warning", True
        offered.errorTitle, offered.error = title, "请从列表中选择 (choose from the list)"
        sheet.add_data_validation(offered)
        offered.add(f"{own}2:{own}{MOST_ROWS}")
