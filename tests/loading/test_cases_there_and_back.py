"""Scenarios in Excel: nothing is lost on the way there and back."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from openpyxl import load_workbook

from prober.channels.registry import VERBS
from prober.loading.case_rows import write_cases
from prober.loading.cases import read_cases
from prober.loading.scenario import load_scenarios
from prober.loading.vocabulary import Vocabulary
from prober.loading.yaml_writing import written

WORDS = Vocabulary(VERBS, prompts=["welcome", "balance"])
SCENARIOS = Path(__file__).parents[2] / "scenarios"


def loaded(*paths):
    """Return scenarios without where they were written."""
    found = load_scenarios(paths, Vocabulary(VERBS))
    bare = [
        replace(one, path=Path(), sha256="", steps=tuple(replace(s, source=None) for s in one.steps)) for one in found
    ]
    return {one.name: one for one in bare}


def there_and_back(folder, *paths):
    """Return the scenarios in *paths* after a journey through a workbook."""
    write_cases(folder / "cases.xlsx", paths, Vocabulary(VERBS))
    (folder / "back").mkdir()
    for case in read_cases(folder / "cases.xlsx", Vocabulary(VERBS)).cases:
        (folder / "back" / f"{case.name}.yaml").write_text(written(case.written, case.notes), encoding="utf-8")
    return loaded(folder / "back")


def test_the_examples_come_back_the_same(tmp_path):
    """Every YAML example, to Excel and back, is the same scenario with the same steps."""
    examples = sorted(SCENARIOS.glob("*.yaml"))
    assert there_and_back(tmp_path, *examples) == loaded(*examples)


PIECES = [
    "=1+1",
    "+86",
    "-1",
    "@SUM(A1)",
    "#",
    "*",
    ": ",
    " #",
    "{a: b}",
    "[x]",
    "text: y",
    "to: 1",
    "0123",
    "1e3",
    "no",
    "~",
    "null",
]
PIECES += [
    "'",
    '"',
    "\\d+",
    "余额",
    "：",
    "${line.msisdn}",
    ",",
    "\t",
    "%",
    "&",
    "!",
    "|",
    ">",
    "?",
    "-",
    "元",
    "a",
    " ",
    "\n",
    "/",
    "\x7f",
    "\x80",
    "\x85",
    "\u2028",
    "\ufeff",
    "\U0001f600",
]


def test_any_text_comes_back_the_same(tmp_path):
    """Whatever was typed: what Excel would calculate, what YAML would take away, lists and mappings among it."""
    chance = random.Random(20261122)  # noqa: S311 - the same texts every time

    def text() -> str:
        found = "".join(chance.choices(PIECES, k=chance.randint(1, 6))).strip()
        return found if found.strip("/ \n\t") else "x"

    made = []
    for number in range(30):
        steps = [
            {"web.click": text()},
            {"web.fill": {text(): text(), "b": text()}, "in": text()},
            {"sms.send": {"to": "10086", "text": text()}, "name": text(), "always": "true"},
            {"let": {"x": text()}},
            {"web.press": text(), "optional": "true", "within": "3s"},
        ]
        scenario = {"scenario": f"s{number}", "title": text(), "let": {"y": text()}, "steps": steps}
        path = tmp_path / f"{number}.yaml"
        path.write_text(written(scenario, {}), encoding="utf-8")
        made.append(path)
    assert there_and_back(tmp_path, *made) == loaded(*made)


def test_a_note_may_hold_anything(tmp_path):
    """What YAML refuses is left out of the comment that a note becomes."""
    path = tmp_path / "s.yaml"
    path.write_text(written({"scenario": "s", "steps": [{"ivr.hang_up": None}]}, {0: "a\x7fb\x80c\x85d"}), "utf-8")
    assert "# a b c\n  # d\n" in path.read_text("utf-8")
    assert loaded(path)


def test_nothing_in_a_workbook_is_calculated(tmp_path):
    """What begins like a formula is kept as a text, marked so that Excel leaves it one when it is edited."""
    path = tmp_path / "s.yaml"
    steps = [{"web.click": f"{sign}HYPERLINK(A1)"} for sign in "=+-@"]
    path.write_text(written({"scenario": "s", "steps": steps}, {}), encoding="utf-8")
    write_cases(tmp_path / "cases.xlsx", [path], Vocabulary(VERBS))
    sheet = load_workbook(tmp_path / "cases.xlsx")["用例"]
    cells = [sheet.cell(row, 8) for row in range(2, 6)]
    assert [(cell.value[0], cell.data_type, cell.quotePrefix) for cell in cells] == [(s, "s", True) for s in "=+-@"]


def test_a_workbook_is_good_to_work_in(tmp_path):
    """Titles stay in sight, columns are as wide as they need, and channel and action are offered from a list."""
    write_cases(tmp_path / "cases.xlsx", sorted(SCENARIOS.glob("*.yaml")), Vocabulary(VERBS))
    book = load_workbook(tmp_path / "cases.xlsx")
    sheet = book["用例"]
    assert (sheet.freeze_panes, book["lists"].sheet_state) == ("C2", "hidden")
    assert sheet["A1"].font.bold
    assert sheet.column_dimensions["H"].width > 30
    offered = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    assert {where[0] for where in offered} == {"F", "G"}
    assert len(load_workbook(tmp_path / "cases.xlsx").worksheets) == 2
