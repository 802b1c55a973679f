"""`prober db verify`: is what was kept still what was kept?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from prober.cli.exits import Exit
from prober.cli.progress import progress_console
from prober.cli.workspace import CONFIG, open_settings
from prober.errors import BadInput, Problem
from prober.loading.config import Settings
from prober.reports import words
from prober.store.integrity import Harm, Verification, verify
from prober.store.place import Place, place_of

_MOST_ORPHANS = 20


def verify_store(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Compare every file of evidence with what was kept of it. Exit: 0 all right, 3 something is damaged."""
    settings = open_settings(config)
    database = existing_store(settings)
    console = progress_console(stderr=as_json)
    found = _verified(settings, console)
    if as_json:
        typer.echo(json.dumps(_document(found, database, settings), ensure_ascii=False, indent=2))
    else:
        _print(found, database, console)
    raise typer.Exit(Exit.ROBOT if found.damages else Exit.PASSED)


def existing_store(settings: Settings) -> Place:
    """
    Return where the results are.

    Raises:
        BadInput: Nothing was kept yet.
    """
    place = place_of(settings.store.url)
    if place.file is not None and not place.file.is_file():
        raise BadInput([Problem(settings.path, 0, 0, f"there is no store yet ({place})", "play something first")])
    return place


def _verified(settings: Settings, console: Console) -> Verification:
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("files of evidence", total=None)
        return verify(
            settings.store.url,
            settings.evidence.path,
            seen=lambda number, total: progress.update(task, completed=number, total=total),
        )


def _document(found: Verification, database: Place, settings: Settings) -> dict[str, Any]:
    places = {"database": str(database), "evidence": str(settings.evidence.path)}
    damages = [{"harm": str(one.harm)} | {k: v for k, v in asdict(one).items() if k != "harm"} for one in found.damages]
    figures = {"files": found.files, "size_bytes": found.size_bytes}
    return {"version": 1} | places | figures | {"damages": damages, "orphans": list(found.orphans)}


def _print(found: Verification, database: Place, console: Console) -> None:
    for damage in found.damages:
        where = str(database) if damage.harm is Harm.DATABASE else f"{damage.path}  (run {damage.run_id})"
        console.print(Text.assemble(("✗ ", "bold red"), f"{where}: {damage.what}"), soft_wrap=True)
    for orphan in found.orphans[:_MOST_ORPHANS]:
        console.print(Text(f"? {orphan}: the store knows nothing of this file", "dim"), soft_wrap=True)
    if len(found.orphans) > _MOST_ORPHANS:
        console.print(Text(f"? and {len(found.orphans) - _MOST_ORPHANS} more such files", "dim"))
    looked_at = f"{found.files} files of evidence, {words.size(found.size_bytes)}"
    sign, said = ("✗", f"{len(found.damages)} damaged") if found.damages else ("✓", "all as they were kept")
    console.print(Text(f"{sign} {looked_at}: {said}", "bold red" if found.damages else "green"))
