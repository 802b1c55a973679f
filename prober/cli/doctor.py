"""`prober doctor`: does this machine have what the robot needs, and how is it mended?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.text import Text

from prober.channels.registry import CHANNELS
from prober.cli import problems
from prober.cli.check import Checked, check
from prober.cli.exits import Exit
from prober.cli.progress import progress_console
from prober.cli.workspace import CONFIG
from prober.doctor.channel import BARE
from prober.doctor.checks import CHECKS
from prober.doctor.finding import Check, Finding, Level, Patient, examine, worst
from prober.errors import BadInput, Problem

_STYLES = {
    Level.GOOD: ("✓", "green"),
    Level.WARNING: ("!", "yellow"),
    Level.BROKEN: ("✗", "bold red"),
    Level.SKIPPED: ("–", "dim"),
}

Told = tuple[Check, Finding]


def command(
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no other machine: there may be none yet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Look over this machine and workspace, and say how to mend them. Exit: 0 well, 3 broken, 2 bad settings."""
    checked = _checked(config)
    patient = _patient(checked, offline=offline)
    for name in patient.channels:
        CHANNELS[name].prepare()
    console = progress_console(stderr=as_json)
    told = asyncio.run(_examined(patient, console))
    problems.show(BadInput(checked.problems))
    code = _code(told, checked)
    if as_json:
        typer.echo(json.dumps(_document(told, checked, code), ensure_ascii=False, indent=2))
    _conclude(told, console)
    raise typer.Exit(code)


def _checked(config: Path) -> Checked:
    """Return the workspace of *config* with all its mistakes; an empty one where there is none."""
    if config.exists():
        return check([], config)
    if config != Path("config.yaml"):
        raise BadInput([Problem(config, 0, 0, "there is no such file", "name the config.yaml of a workspace")])
    return Checked()


def _patient(checked: Checked, *, offline: bool) -> Patient:
    return Patient(
        settings=checked.settings,
        channels=checked.settings.channels if checked.settings else BARE,
        prompts=checked.prompts,
        scenarios=checked.scenarios,
        problems=checked.problems,
        offline=offline or checked.settings is None,
    )


async def _examined(patient: Patient, console: Console) -> list[Told]:
    told: list[Told] = []
    under_way = Progress(
        TextColumn(" "),
        SpinnerColumn(),
        TextColumn("{task.description}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with under_way:
        task = under_way.add_task("", total=None)
        async for check_, finding in examine(CHECKS, patient, lambda one: under_way.update(task, description=one.name)):
            if not told or told[-1][0].group != check_.group:
                console.print(Text(f"\n{check_.group}", "bold"))
            told.append((check_, finding))
            console.print(_line(finding), soft_wrap=True)
    return told


def _line(finding: Finding) -> Text:
    sign, style = _STYLES[finding.level]
    dim = "dim" if finding.level is Level.SKIPPED else ""
    line = Text.assemble("  ", (sign, style), " ", (finding.what, dim))
    if finding.cure:
        line.append(f"\n    → {finding.cure}", "cyan")
    return line


def _code(told: Sequence[Told], checked: Checked) -> Exit:
    if checked.problems:
        return Exit.BAD_INPUT
    return Exit.ROBOT if worst([finding for _, finding in told]) is Level.BROKEN else Exit.PASSED


def _conclude(told: Sequence[Told], console: Console) -> None:
    counts = {level: sum(finding.level is level for _, finding in told) for level in Level}
    if counts[Level.BROKEN]:
        said = Text(f"\n✗ {counts[Level.BROKEN]} to be mended", "bold red")
    else:
        said = Text("\n✓ the robot can work here", "bold green")
    if counts[Level.WARNING]:
        said.append(f", {counts[Level.WARNING]} to think about", "yellow")
    if counts[Level.SKIPPED]:
        said.append(f", {counts[Level.SKIPPED]} not looked at", "dim")
    console.print(said)


def _document(told: Sequence[Told], checked: Checked, code: Exit) -> dict[str, Any]:
    return {
        "version": 1,
        "ok": code is Exit.PASSED,
        "checks": [
            {"group": one.group, "name": one.name, "level": str(found.level), "what": found.what, "cure": found.cure}
            for one, found in told
        ],
        "problems": [problems.document(problem) for problem in sorted(set(checked.problems))],
    }
