"""`prober import` and `prober export`: test cases in Excel, and scenarios, each from the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from prober.channels.registry import SETTINGS, VERBS
from prober.cli import problems
from prober.cli.workspace import CONFIG
from prober.errors import BadInput, Problem
from prober.loading.case_rows import write_cases
from prober.loading.cases import Case, read_cases
from prober.loading.config import load_config
from prober.loading.prompts import load_prompts
from prober.loading.scenario import load_scenarios
from prober.loading.selection import YAML_ENDINGS, select
from prober.loading.vocabulary import Vocabulary
from prober.loading.yaml_writing import written

FORCE = Annotated[bool, typer.Option("--force", help="Write over files that are there already.")]


def import_cases(
    workbook: Annotated[Path, typer.Argument(help="An Excel workbook (*.xlsx) of test cases, one row a step.")],
    *,
    to: Annotated[Path, typer.Option(help="The folder the scenarios are written to.")] = Path("scenarios"),
    force: FORCE = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Write a scenario for each test case of an Excel workbook. Nothing is written if anything in it is wrong."""
    found = read_cases(workbook, _vocabulary(config))
    problems.show_warnings(found.remarks)
    files = {to / f"{case.name}.yaml": case for case in found.cases}
    _refuse_taken(files, force=force)
    for path, case in files.items():
        _write(path, case)
        typer.echo(f"{path}")
    Console(stderr=True, highlight=False).print(
        f"\n{len(files)} scenario{'' if len(files) == 1 else 's'}; to be looked through: prober check {to}"
    )


def export_cases(
    scenarios: Annotated[list[Path], typer.Argument(help="YAML scenarios, or folders of them.")],
    *,
    to: Annotated[Path, typer.Option(help="The workbook (*.xlsx) that is written.")] = Path("cases.xlsx"),
    force: FORCE = False,
) -> None:
    """Write YAML scenarios to an Excel workbook of test cases, which `prober import` reads back."""
    files, wrong = select(scenarios)
    if wrong:
        raise BadInput(wrong)
    if to.suffix.lower() != ".xlsx":
        raise BadInput([Problem(to, 0, 0, "this is no name for a workbook", "name a file that ends in .xlsx")])
    vocabulary = Vocabulary(VERBS)
    chosen = [path for path in files if path.suffix in YAML_ENDINGS]
    load_scenarios(chosen, vocabulary)
    _refuse_taken([to], force=force)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        write_cases(to, chosen, vocabulary)
    except OSError as exc:
        raise BadInput([Problem(to, 0, 0, f"cannot be written: {exc.strerror or exc}")]) from exc
    typer.echo(f"{to}")
    for path in (path for path in files if path not in chosen):
        typer.echo(f"{path}: passed over, for a program has no rows", err=True)


def _vocabulary(config: Path) -> Vocabulary:
    """Return the verbs, with the names of the prompts where config.yaml leads to them."""
    vocabulary = Vocabulary(VERBS)
    ivr = load_config(config, SETTINGS).channels.get("ivr") if config.exists() else None
    if ivr is None:
        return vocabulary
    return vocabulary.knowing(load_prompts(ivr.prompts), speech=ivr.speech is not None, voice=ivr.voice is not None)


def _refuse_taken(paths: Sequence[Path] | Mapping[Path, Case], *, force: bool) -> None:
    taken = [path for path in paths if path.exists() and not force]
    if taken:
        hint = "nothing was written: --force writes over it, --to names another place"
        raise BadInput([Problem(path, 0, 0, "this file is there already", hint) for path in taken])


def _write(path: Path, case: Case) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(case.written, case.notes), encoding="utf-8")
    except OSError as exc:
        raise BadInput([Problem(path, 0, 0, f"cannot be written: {exc.strerror or exc}")]) from exc
