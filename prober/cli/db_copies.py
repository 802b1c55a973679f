"""`prober db upgrade`, `backup` and `restore`: the store brought up to date, copied, and put back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from prober.cli.db import existing_store
from prober.cli.progress import progress_console
from prober.cli.workspace import CONFIG, open_settings
from prober.errors import BadInput, Problem
from prober.loading.config import Settings
from prober.reports import words
from prober.store import backup as copies
from prober.store.migrations import HEAD
from prober.store.revisions import revision_at
from prober.store.store import Store

JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


def upgrade(
    *,
    no_backup: Annotated[bool, typer.Option("--no-backup", help="Make no copy of the database first.")] = False,
    as_json: JSON = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Bring the database to the tables of this version, after a backup of it."""
    settings = open_settings(config)
    place = existing_store(settings)
    before, console = revision_at(settings.store.url), progress_console(stderr=as_json)
    kept = None
    if before is not None and before < HEAD and not no_backup:
        kept = _folder(settings, f"before-{HEAD}-")
        with _progress(console) as seen:
            copies.back_up(settings.store.url, None, kept, seen=seen)
        console.print(Text(f"the database is copied to {kept}", "dim"), soft_wrap=True)
    Store.open(settings.store.url, durable=settings.store.durable, key=settings.store.key).close()
    if as_json:
        told = {"version": 1, "database": str(place), "from": before, "to": HEAD, "backup": kept and str(kept)}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        said = f"it has the tables of this version already ({HEAD})" if before == HEAD else f"tables {before} → {HEAD}"
        console.print(Text(f"✓ {place}: {said}", "green"), soft_wrap=True)


def backup(
    target: Annotated[Path | None, typer.Argument(help="A folder to make. Default: one beside the evidence.")] = None,
    *,
    evidence: Annotated[bool, typer.Option(help="Copy the evidence, too.")] = True,
    as_json: JSON = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Copy the database, and the evidence, into a folder, while the robot goes on. Each file is verified."""
    settings = open_settings(config)
    existing_store(settings)
    target = target or _folder(settings)
    if target.exists():
        raise BadInput([Problem(target, 0, 0, "it is there already", "name a folder that is not there")])
    console = progress_console(stderr=as_json)
    with _progress(console) as seen:
        made = copies.back_up(settings.store.url, settings.evidence.path if evidence else None, target, seen=seen)
    _tell(made, target, f"copied to {target}", console, as_json=as_json)


def restore(
    source: Annotated[Path, typer.Argument(help="A folder that ‘prober db backup’ made.")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of the results there are.")] = False,
    as_json: JSON = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Put a backup back, once each of its files is verified. No robot may have the database open."""
    settings = open_settings(config)
    console = progress_console(stderr=as_json)
    with _progress(console) as seen:
        put = copies.restore(source, settings.store.url, settings.evidence.path, replace=replace, seen=seen)
    _tell(put, source, f"restored from {source}", console, as_json=as_json)


def _folder(settings: Settings, prefix: str = "") -> Path:
    return settings.evidence.path.parent / "backups" / f"{prefix}{datetime.now(UTC):%Y%m%dT%H%M%S}"


def _tell(copy: copies.Backup, folder: Path, done: str, console: Console, *, as_json: bool) -> None:
    if as_json:
        facts = {"revision": copy.revision, "bytes": copy.bytes, "runs": copy.runs, "files": len(copy.files)}
        told = {"version": 1, "folder": str(folder), "made_at": copy.made_at, "of": copy.of} | facts
        told["missing"] = list(copy.missing)
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for path in copy.missing:
        console.print(
            Text(f"? {path}: is not there, or not as it was kept, and was left out", "yellow"), soft_wrap=True
        )
    what = f"{copy.runs} runs, {words.size(copy.bytes)}; {len(copy.files)} files of evidence"
    console.print(Text(f"✓ {what}: {done}, every file verified", "green"), soft_wrap=True)


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)
        yield lambda what, done, total: progress.update(task, description=what, completed=done, total=total)


def settings_of(config: Path) -> Settings:
    """Load the settings at *config*, of a workspace that has results."""
    settings = open_settings(config)
    existing_store(settings)
    return settings
