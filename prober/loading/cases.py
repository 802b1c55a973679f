"""Test cases in a workbook, one row a step -> scenarios as they would be written in YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prober.errors import BadInput, Problem
from prober.loading import references
from prober.loading.arguments import Written, build
from prober.loading.case_actions import unknown_in_chinese, verb_of
from prober.loading.case_cells import mapping_of, value_of
from prober.loading.case_columns import NEEDED, OF_THE_CASE, Column, column_of, duration, expects
from prober.loading.fields import context, did_you_mean
from prober.loading.mistakes import Mistake
from prober.loading.vocabulary import LIMITS, Vocabulary
from prober.loading.workbook import Cell, Sheet, read_workbook
from prober.loading.yaml_scenario import HEADER, Header

_HEAD_WITHIN = 20
"""The titles of the columns stand in one of the first rows; a heading may stand above them."""
_AS_TEXT = "format the cell as text, and type it again"


@dataclass(frozen=True)
class Case:
    """A test case: what its scenario's file would hold, and the notes of its steps, by their index."""

    name: str
    written: Mapping[str, Any]
    notes: Mapping[int, str]


@dataclass(frozen=True)
class Imported:
    """What a workbook holds; *remarks* are what a person should look at, though it is no mistake."""

    cases: tuple[Case, ...]
    remarks: tuple[Problem, ...] = ()


def read_cases(path: Path, vocabulary: Vocabulary) -> Imported:
    """
    Return the test cases in the workbook at *path*.

    Raises:
        BadInput: Every mistake in it at once, each with its cell.
    """
    reading = _Reading(path, vocabulary)
    sheets = read_workbook(path)
    tables = [table for sheet in sheets if (table := reading.table(sheet))]
    if not tables:
        wanted = ", ".join(f"{one} ({name})" for one, name in zip(NEEDED, ("case", "action"), strict=True))
        hint = f"one row has to hold the titles of the columns, {wanted} at the least"
        raise BadInput(reading.remarks or [Problem(path, 0, 0, "no sheet of this workbook holds test cases", hint)])
    cases = [case for table in tables for case in reading.cases(table)]
    if not cases and not reading.problems:
        reading.problems.append(Problem(path, 0, 0, "there is no test case in this workbook"))
    if reading.problems:
        raise BadInput(list(dict.fromkeys(reading.problems)))
    return Imported(tuple(cases), tuple(dict.fromkeys(reading.remarks)))


@dataclass(frozen=True)
class _Row:
    """One row: its cells by their columns."""

    cells: Mapping[Column, Cell]

    def text(self, column: Column) -> str:
        cell = self.cells.get(column)
        return cell.text.strip() if cell else ""

    @property
    def blank(self) -> bool:
        """Nothing stands in it but what merged cells bring along, a number or a note."""
        kept = (Column.NUMBER, Column.NOTE)
        return all(cell.joined or not cell.text.strip() or column in kept for column, cell in self.cells.items())


@dataclass(frozen=True)
class _Table:
    rows: Sequence[_Row]
    units: Mapping[Column, str]
    chinese: bool
    """Its titles are Chinese, and so is the one who filled it in."""


@dataclass
class _Draft:
    """A case as its rows are read."""

    head: _Row
    steps: list[tuple[_Row, dict[str, Any]]] = field(default_factory=list)
    notes: dict[int, str] = field(default_factory=dict)
    unread: bool = False
    """One of its rows is no step for a mistake that is told already."""


class _Reading:
    """One reading of one workbook."""

    def __init__(self, path: Path, vocabulary: Vocabulary) -> None:
        self._path = path
        self._vocabulary = vocabulary
        self._names: dict[str, Cell] = {}
        self.problems: list[Problem] = []
        self.remarks: list[Problem] = []

    def table(self, sheet: Sheet) -> _Table | None:
        """Return the table of *sheet*; None if no row of it holds the titles, or if it is hidden, which is remarked."""
        for number, row in enumerate(sheet.rows[:_HEAD_WITHIN]):
            columns: dict[int, Column] = {}
            units: dict[Column, str] = {}
            for cell in row:
                column, unit = column_of(cell.text)
                if column and not cell.joined:
                    columns[cell.column] = column
                    units[column] = unit
            if set(NEEDED) <= set(columns.values()):
                if sheet.hidden:
                    self._remark_hidden(sheet)
                    return None
                self._check_titles(row, columns)
                rows = [_Row({columns[one.column]: one for one in r if one.column in columns}) for r in sheet.rows]
                return _Table(rows[number + 1 :], units, chinese=not rows[number].text(Column.VERB).isascii())
        return None

    def _remark_hidden(self, sheet: Sheet) -> None:
        told = "this sheet of test cases is hidden, and was left out"
        self.remarks.append(Problem(self._path, 0, 0, told, "unhide it if its cases count", cell=sheet.name))

    def _check_titles(self, row: Sequence[Cell], columns: Mapping[int, Column]) -> None:
        for cell in row:
            column = columns.get(cell.column)
            if column and column in [columns.get(other.column) for other in row if other.column < cell.column]:
                self._note(cell, f"the column ‘{cell.text}’ stands here twice")
            elif not column and cell.text.strip() and not cell.joined:
                self.remarks.append(self._problem(cell, f"the column ‘{cell.text.strip()}’ is passed over"))

    def cases(self, table: _Table) -> Iterator[Case]:
        """Yield the cases of *table* that hold no mistake."""
        for draft in self._drafts(table):
            before = len(self.problems)
            case = self._case(draft)
            if len(self.problems) == before:
                yield case

    def _drafts(self, table: _Table) -> list[_Draft]:
        drafts: list[_Draft] = []
        channel = ""
        for row in table.rows:
            if row.blank:
                continue
            if self._begins(row, drafts):
                drafts.append(_Draft(row))
                channel = ""
            if not drafts:
                cell = next(cell for cell in row.cells.values() if cell.text.strip())
                self._note(cell, f"this row belongs to no case: ‘{Column.CASE}’ is empty", "give the case its number")
                continue
            channel = row.text(Column.CHANNEL) or channel
            self._add(drafts[-1], row, channel, table)
        return drafts

    def _begins(self, row: _Row, drafts: Sequence[_Draft]) -> bool:
        """Return whether *row* begins a case: following rows leave its number empty, or repeat it."""
        cell = row.cells[Column.CASE]
        name = row.text(Column.CASE)
        if not name or cell.joined or (drafts and drafts[-1].head.text(Column.CASE) == name):
            return False
        self._trust(cell)
        first = self._names.setdefault(name, cell)
        if first is not cell:
            self._note(cell, f"the case ‘{name}’ stands here twice", f"first in {first.place}; keep its rows together")
        return True

    def _add(self, draft: _Draft, row: _Row, channel: str, table: _Table) -> None:
        self._check_head(draft, row)
        before = len(self.problems)
        step = self._step(row, channel, table)
        draft.unread = draft.unread or len(self.problems) > before
        if step:
            if note := row.text(Column.NOTE):
                draft.notes[len(draft.steps)] = note
            draft.steps.append((row, step))

    def _check_head(self, draft: _Draft, row: _Row) -> None:
        for column in OF_THE_CASE:
            said = row.text(column)
            if row is not draft.head and said and said != draft.head.text(column):
                hint = "it stands in the first row of a case; leave it empty below"
                self._note(row.cells[column], f"‘{column}’ is another one than the case began with", hint)

    def _step(self, row: _Row, channel: str, table: _Table) -> dict[str, Any]:
        """Return the step as it would be written; empty if there is none that can be read."""
        action = row.text(Column.VERB)
        if not action:
            own = [c for c, cell in row.cells.items() if c in _OF_A_STEP and cell.text.strip() and not cell.joined]
            if own:
                self._note(row.cells[Column.VERB], f"‘{Column.VERB}’ is empty", f"say what is done with the ‘{own[0]}’")
            return {}
        for column in _OF_A_STEP:
            if column in row.cells:
                self._trust(row.cells[column], counts=column in (Column.WITHIN, Column.WARN))
                self._refuse_joined(row.cells[column], column)
        name = verb_of(channel, action, self._vocabulary.verbs)
        verb = self._vocabulary.verbs.get(name)
        if verb is None:
            self._note(row.cells[Column.VERB], *self._unknown(name, channel, action, chinese=table.chinese))
            return {}
        step: dict[str, Any] = {name: self._argument(row, name)}
        for column, key in _LIMITS.items():
            if said := row.text(column):
                step[key] = duration(said, table.units.get(column, "")) if key in ("within", "warn") else said
        return step | self._more(row, Column.MORE)

    def _unknown(self, name: str, channel: str, action: str, *, chinese: bool) -> tuple[str, str]:
        if chinese:
            return unknown_in_chinese(channel, action, self._vocabulary.verbs)
        if "." not in name:
            return f"unknown action ‘{name}’ without a channel", f"fill in ‘{Column.CHANNEL}’: ivr, web or sms"
        mistake = self._vocabulary.unknown_verb(name)
        return mistake.message, mistake.hint

    def _argument(self, row: _Row, name: str) -> Any:
        verb = self._vocabulary.verbs[name]
        given, expected = row.text(Column.INPUT), row.text(Column.EXPECTED)
        if given and expected:
            hint = "put what is expected into a row of its own, such as ‘see’, ‘hear’ or ‘receive’"
            told = f"‘{name}’ takes one of ‘{Column.INPUT}’ and ‘{Column.EXPECTED}’, not both"
            self._note(row.cells[Column.EXPECTED], told, hint)
        elif expected and not expects(verb):
            hint = "put it into a row of its own, such as ‘see’, ‘hear’ or ‘receive’"
            self._note(row.cells[Column.EXPECTED], f"‘{name}’ does something, and expects nothing", hint)
        return value_of(given or expected, verb)

    def _more(self, row: _Row, column: Column) -> dict[str, Any]:
        """Return the mapping in a cell of further keys."""
        text = row.text(column)
        found = mapping_of(text) if text else {}
        if found is None:
            self._note(row.cells[column], f"‘{column}’ holds ‘key: value’, one a line", "for example  always: true")
        return found or {}

    def _case(self, draft: _Draft) -> Case:
        head, name = draft.head, draft.head.text(Column.CASE)
        written: dict[str, Any] = {"scenario": name}
        for column, key in ((Column.TITLE, "title"), (Column.ITEM, "item")):
            if column in head.cells and (said := head.text(column)):
                self._trust(head.cells[column])
                written[key] = said
        written |= self._more(head, Column.ABOUT)
        self._check_header(head, written)
        if not draft.steps and not draft.unread:
            self._note(head.cells[Column.CASE], f"the case ‘{name}’ has no step")
        for row, step in draft.steps:
            for mistake in self._vocabulary.step(step)[1]:
                self._note(_cell(row, mistake), mistake.message, mistake.hint or _lost_zero(_cell(row, mistake)))
        steps = [step for _, step in draft.steps]
        let = written.get("let")
        for one in references.unknown(let if isinstance(let, dict) else {}, steps):
            row = draft.steps[one.index][0] if one.index >= 0 else head
            self._note(_speaks(row, one.spoken), one.message, one.hint)
        return Case(name, {**written, "steps": steps}, draft.notes)

    def _check_header(self, head: _Row, written: Mapping[str, Any]) -> None:
        places = {"scenario": Column.CASE, "title": Column.TITLE, "item": Column.ITEM}
        known = {key: Written(value, (key,)) for key, value in written.items() if key in HEADER}
        found = build(Header, known, context(played=True))[1]
        found += [
            Mistake((key,), f"unknown key ‘{key}’", did_you_mean(key, HEADER)) for key in written if key not in HEADER
        ]
        for mistake in found:
            self._note(head.cells[places.get(str(mistake.where[0]), Column.ABOUT)], mistake.message, mistake.hint)

    def _trust(self, cell: Cell, *, counts: bool = False) -> None:
        """Note what Excel did to a cell; where something is counted, a number is what it should be."""
        if counts and cell.number:
            return
        if cell.wrong:
            self._note(cell, f"this cell {cell.wrong}", _AS_TEXT)
        elif cell.number:
            told = f"Excel holds {cell.text} as a number: a zero in front would be lost"
            self.remarks.append(self._problem(cell, told, "format the cell as text if it had one"))

    def _refuse_joined(self, cell: Cell, column: Column) -> None:
        if cell.joined and cell.text.strip() and column is not Column.CHANNEL:
            hint = "every step has a row of its own; only the case's columns and the channel may be merged"
            self._note(cell, f"‘{column}’ is merged over several steps", hint)

    def _note(self, cell: Cell, message: str, hint: str = "") -> None:
        self.problems.append(self._problem(cell, message, hint))

    def _problem(self, cell: Cell, message: str, hint: str = "") -> Problem:
        return Problem(self._path, cell.row, cell.column, message, hint, cell=cell.place)


_LIMITS = {Column.WITHIN: "within", Column.WARN: "warn", Column.NAME: "name"}
_OF_A_STEP = (Column.CHANNEL, Column.VERB, Column.INPUT, Column.EXPECTED, *_LIMITS, Column.MORE)


def _cell(row: _Row, mistake: Mistake) -> Cell:
    """Return the cell that *mistake* is in."""
    key = str(mistake.where[0]) if mistake.where else ""
    column = next((column for column, name in _LIMITS.items() if name == key), None)
    if column is None and key in LIMITS:
        column = Column.MORE
    if column is None:
        held = [one for one in (Column.INPUT, Column.EXPECTED) if row.text(one)]
        column = Column.VERB if mistake.key or not held else held[0]
    return row.cells.get(column) or row.cells[Column.VERB]


def _lost_zero(cell: Cell) -> str:
    return "Excel holds it as a number: format the cell as text, and type it again" if cell.number else ""


def _speaks(row: _Row, spoken: str) -> Cell:
    return next((cell for cell in row.cells.values() if spoken in cell.text), row.cells[Column.VERB])
