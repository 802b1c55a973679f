"""`prober prompts`: the library of recordings, looked over, and filled from real calls."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from prober.channels.ivr.hearing.library import Library
from prober.channels.ivr.hearing.likeness import Likeness, likenesses
from prober.cli.exits import Exit
from prober.cli.learning import learn
from prober.cli.progress import progress_console
from prober.cli.workspace import CONFIG, open_settings
from prober.errors import BadInput, Problem
from prober.loading.prompts import load_prompts
from prober.reports.words import seconds

app = typer.Typer(help="The recordings the robot knows.", no_args_is_help=True, rich_markup_mode=None)
app.command("learn")(learn)


@app.command("compare")
def compare(
    names: Annotated[list[str] | None, typer.Argument(help="Show these alone; else all prompts.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """
    Say how well the prompts can be told apart: each is played to an ear that knows them all.

    Exit: 0 each is known for what it is, 2 one is not.
    """
    settings = open_settings(config)
    ivr = settings.channels.get("ivr")
    if ivr is None:
        hint = "set up channels.ivr with server and prompts"
        raise BadInput([Problem(settings.path, 0, 0, "config.yaml has no IVR channel, so no prompts", hint)])
    table = load_prompts(ivr.prompts)
    if strange := [name for name in names or () if name not in table.prompts]:
        raise BadInput([Problem(ivr.prompts, 0, 0, f"there is no prompt ‘{name}’") for name in strange])
    library, console = Library.build(table), progress_console(stderr=as_json)
    listening = track(likenesses(library), "listening", len(table.prompts), console=console, transient=True)
    found = [one for one in listening if not names or one.prompt in names]
    if as_json:
        prompts = [asdict(one) | {"good": one.good} for one in found]
        typer.echo(json.dumps({"version": 1, "prompts": prompts}, ensure_ascii=False, indent=2))
    else:
        _tell(console, found)
    raise typer.Exit(Exit.PASSED if all(one.good for one in found) else Exit.BAD_INPUT)


_SIGNS = {
    (True, False): ("✓", "green"),
    (True, True): ("◷", "yellow"),
    (False, False): ("✗", "red"),
    (False, True): ("✗", "red"),
}


def _tell(console: Console, found: list[Likeness]) -> None:
    shown = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("", "prompt"):
        shown.add_column(heading)
    for heading in ("length", "known after"):
        shown.add_column(heading, justify="right")
    for heading in ("nearest", "which agrees", ""):
        shown.add_column(heading, overflow="fold")
    for one in sorted(found, key=lambda one: (one.good, -(one.told_after_s or 0))):
        sign, style = (
            ("✓", "green") if one.good and not one.at_its_end else ("◷", "yellow") if one.good else ("✗", "red")
        )
        agrees = f"{one.second:.0%}" if one.nearest else "–"
        shown.add_row(
            Text(sign, style), one.prompt, seconds(one.length_s), seconds(one.told_after_s), one.nearest or "–", agrees,
            Text(_remark(one), style),
        )  # fmt: skip
    console.print(shown)


def _remark(one: Likeness) -> str:
    if one.taken_for is not None:
        return f"taken for {one.taken_for}: too alike to tell apart"
    if one.told_after_s is None:
        return "not recognised: too short, or too much like another"
    if one.at_its_end:
        return f"known only when it is over: {one.nearest} begins like it"
    return ""
