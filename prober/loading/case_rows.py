"""Scenarios as rows of a workbook of test cases, one a step: what `cases.py` reads back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prober.loading.case_cells import lines_of, text_of
from prober.loading.case_columns import WIDTHS, Column, expects
from prober.loading.nodes import plain, read_yaml
from prober.loading.vocabulary import Vocabulary
from prober.loading.workbook import Layout, write_workbook

_HEAD = {"scenario": Column.CASE, "title": Column.TITLE, "item": Column.ITEM}
_LIMITS = {"within": Column.WITHIN, "warn": Column.WARN, "name": Column.NAME}
_SHEET = "用例"


def write_cases(path: Path, scenarios: Sequence[Path], vocabulary: Vocabulary) -> None:
    """
    Write the YAML *scenarios*, which hold no mistake, to a workbook at *path*.

    Raises:
        OSError: It cannot be written there.
    """
    written = [plain(read_yaml(scenario, what="a scenario").root) for scenario in scenarios]
    channels = list(dict.fromkeys(verb.channel for verb in vocabulary.verbs.values()))
    actions = list(dict.fromkeys(verb.name for verb in vocabulary.verbs.values()))
    layout = Layout(
        {str(column): width for column, width in WIDTHS.items()},
        {str(Column.CHANNEL): channels, str(Column.VERB): actions},
    )
    write_workbook(path, _SHEET, layout, [_rows(one, vocabulary) for one in written])


def _rows(scenario: Mapping[str, Any], vocabulary: Vocabulary) -> list[list[str]]:
    rows = []
    for number, step in enumerate(scenario["steps"], start=1):
        cells = {Column.NUMBER: str(number), **_step(step, vocabulary)}
        if number == 1:
            cells |= _head(scenario)
        rows.append([cells.get(column, "") for column in Column])
    return rows


def _head(scenario: Mapping[str, Any]) -> dict[Column, str]:
    about = {key: value for key, value in scenario.items() if key not in (*_HEAD, "steps")}
    cells = {column: str(scenario[key]) for key, column in _HEAD.items() if key in scenario}
    return cells | ({Column.ABOUT: lines_of(about)} if about else {})


def _step(step: Mapping[str, Any], vocabulary: Vocabulary) -> dict[Column, str]:
    name = next(iter(step))
    verb = vocabulary.verbs[name]
    more = {key: value for key, value in step.items() if key not in (name, *_LIMITS)}
    cells = {column: str(step[key]) for key, column in _LIMITS.items() if key in step}
    cells |= {Column.CHANNEL: verb.channel, Column.VERB: verb.name}
    if step[name] is not None:
        cells[Column.EXPECTED if expects(verb) else Column.INPUT] = text_of(step[name], verb)
    if more:
        cells[Column.MORE] = lines_of(more)
    return cells
