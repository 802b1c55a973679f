"""`prober db prune`, `stats` and `forget`: what is kept, how long, and of whom no more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from prober.cli.db_copies import JSON, settings_of
from prober.cli.exits import Exit
from prober.cli.progress import progress_console
from prober.cli.workspace import CONFIG
from prober.errors import NO_FILE, BadInput, Problem
from prober.loading.config import Settings
from prober.loading.sealing import Seal
from prober.model.order import masked
from prober.reports import words
from prober.store.forgetting import Forgotten
from prober.store.retention import Pruned
from prober.store.sizes import Sizes
from prober.store.store import Store
from prober.store.traces_of import traces_of


def prune(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be freed, and free nothing.")] = False,
    as_json: JSON = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Free what ‘retention’ in config.yaml keeps no longer. A robot at work goes on."""
    settings = settings_of(config)
    console = progress_console(stderr=as_json)
    store = _opened(settings)
    try:
        pruned = _pruned(store, settings, console, dry_run=dry_run)
    finally:
        store.close()
    if as_json:
        _echo({"dry_run": dry_run} | asdict(pruned))
        return
    said = _freed(pruned) or "nothing is old enough"
    console.print(Text(f"✓ {'would free' if dry_run else 'freed'}: {said}", "green"), soft_wrap=True)


def stats(*, as_json: JSON = False, config: CONFIG = Path("config.yaml")) -> None:
    """Show what is kept, how much it weighs, how fast it grows, and what ‘prober db prune’ would free."""
    settings = settings_of(config)
    now, console = datetime.now(UTC), progress_console(stderr=as_json, strict=True)
    store = Store.open_to_read(settings.store.url)
    try:
        found = store.sizes(now)
        spent = _pruned(store, settings, console, dry_run=True)
    finally:
        store.close()
    if as_json:
        _echo(_stats_document(found) | {"prune_would_free": asdict(spent)})
    else:
        _print_stats(found, spent, console)


def forget(
    msisdn: Annotated[str, typer.Argument(help="The telephone number, with or without its country code.")],
    *,
    as_json: JSON = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Take a number out of all that was kept, and prove it. Exit: 0 nothing is left, 3 something is."""
    settings = settings_of(config)
    number = msisdn.lstrip("+")
    if not (number.isdecimal() and number.isascii() and len(number) >= _SHORTEST):
        raise BadInput([Problem(NO_FILE, 0, 0, f"‘{msisdn}’ is not a telephone number", "write its digits")])
    named = [line.name for line in settings.lines if line.msisdn.lstrip("+")[-11:] == number[-11:]]
    if named:
        what = f"the number is that of line {named[0]}, and would be remembered with its next run"
        raise BadInput([Problem(NO_FILE, 0, 0, what, "take it out of ‘lines’ first")])
    console, shown = progress_console(stderr=as_json), masked(traces_of(msisdn, ()).number)
    store = _opened(settings)
    try:
        doing = store.forgetting.forget(
            msisdn, settings.evidence.path, opened=Seal(settings.evidence.key).opened, told_of=_teller(console)
        )
        done = asyncio.run(doing)
    finally:
        store.close()
    if as_json:
        _echo({"number": shown} | asdict(done))
    else:
        _print_forgotten(done, shown, console)
    raise typer.Exit(Exit.ROBOT if done.left or done.unread else Exit.PASSED)


_SHORTEST = 5


def _opened(settings: Settings) -> Store:
    return Store.open(settings.store.url, durable=settings.store.durable, key=settings.store.key)


def _pruned(store: Store, settings: Settings, console: Console, *, dry_run: bool) -> Pruned:
    where, keep, now = settings.evidence.path, settings.retention, datetime.now(UTC)
    return asyncio.run(store.retention.prune(where, keep, now=now, dry_run=dry_run, told=_teller(console)))


def _teller(console: Console) -> Callable[[str], None]:
    return lambda what: console.print(Text(f"  {what} …", "dim")) if console.is_terminal else None


def _echo(told: dict[str, Any]) -> None:
    typer.echo(json.dumps({"version": 1} | told, ensure_ascii=False, indent=2))


def _freed(pruned: Pruned) -> str:
    parts = [f"{pruned.files} files of evidence, {words.size(pruned.bytes)}"] if pruned.files else []
    if pruned.leftovers:
        parts.append(f"{pruned.leftovers} files that nobody knew of")
    parts += [f"{count} {name}" for field, name in _NAMES.items() if (count := getattr(pruned, field))]
    return "; ".join(parts)


_NAMES = {
    "runs": "runs with their steps",
    "texts": "runs' captured values and late replies",
    "hours": "hours of figures",
    "days": "days of figures",
    "incidents": "incidents",
    "starts": "planned starts and their results",
    "orders": "orders that are over",
}


def _stats_document(found: Sizes) -> dict[str, Any]:
    runs, files, size_bytes = found.a_day
    return {
        "revision": found.revision,
        "bytes": found.bytes,
        "tables": [asdict(table) for table in found.tables],
        "evidence": {kind: {"files": n, "bytes": size} for kind, (n, size) in found.evidence.items()},
        "evidence_by_age": [
            {"up_to_days": age_d, "files": n, "bytes": size} for age_d, (n, size) in found.ages.items()
        ],
        "oldest_run_at": found.oldest and f"{found.oldest:%Y-%m-%dT%H:%M:%SZ}",
        "newest_run_at": found.newest and f"{found.newest:%Y-%m-%dT%H:%M:%SZ}",
        "a_day": {"runs": round(runs, 2), "evidence_files": round(files, 2), "evidence_bytes": round(size_bytes)},
    }


def _print_stats(found: Sizes, spent: Pruned, console: Console) -> None:
    table = Table(box=None, header_style="dim", padding=(0, 2))
    table.add_column("table")
    table.add_column("rows", justify="right")
    table.add_column("size", justify="right")
    for one in found.tables:
        if one.rows:
            table.add_row(one.name, str(one.rows), words.size(one.bytes))
    for kind, (files, size) in found.evidence.items():
        table.add_row(f"evidence: {kind}", str(files), words.size(size))
    for age_d, (files, size) in found.ages.items():
        if files:
            table.add_row(f"evidence: {f'up to {age_d} days' if age_d else 'older'}", str(files), words.size(size))
    console.print(table)
    runs, _, size_bytes = found.a_day
    span = f"{found.oldest:%Y-%m-%d} … {found.newest:%Y-%m-%d}, " if found.oldest and found.newest else ""
    console.print(f"\n{span}database {words.size(found.bytes)}; a day of the last week: {runs:.1f} runs, "
                  f"{words.size(round(size_bytes))} of evidence", style="dim")  # fmt: skip
    console.print(f"‘prober db prune’ would free: {_freed(spent) or 'nothing'}", style="dim")


def _print_forgotten(done: Forgotten, number: str, console: Console) -> None:
    told = [f"{done.runs} runs", f"{done.files} files of evidence"]
    told += [f"{count} rows of {name}" for name, count in done.rows.items()]
    told += [f"blanked in {count} rows of {name}" for name, count in done.blanked.items()]
    console.print(f"{number}: " + ("nothing spoke of it" if done.nothing else "; ".join(told)), soft_wrap=True)
    for path, why in done.unread.items():
        console.print(Text(f"! {path}: nobody knows, {why}", "bold magenta"), soft_wrap=True)
    for place in done.left:
        console.print(Text(f"✗ {place}: still speaks of it", "bold red"), soft_wrap=True)
    if not done.left and not done.unread:
        console.print(Text("✓ searched again, rows and files: nothing is left", "green"))
    console.print("Backups, reports that were written, and what was sent elsewhere are not searched.", style="dim")
