"""`prober report`: show runs that are in the store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from prober.cli.workspace import CONFIG, open_settings
from prober.errors import BadInput, Problem, RobotBroken
from prober.loading.config import Settings
from prober.model.run import Evidence, Run
from prober.reports.document import document
from prober.reports.html import render
from prober.store.store import Store

TITLE = "拨测报告 Probe report"


def command(
    runs: Annotated[list[str] | None, typer.Argument(help="Runs by their ids; the last ones if none is named.")] = None,
    *,
    last: Annotated[int, typer.Option(min=1, help="How many of the last runs, if none is named.")] = 10,
    html: Annotated[Path | None, typer.Option(help="Write the report as one HTML file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    title: Annotated[str, typer.Option(help="What the report is called.")] = TITLE,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Show runs that are in the store, as one HTML file or a JSON document."""
    settings = open_settings(config)
    found = _read(settings, runs or [], last)
    if as_json:
        typer.echo(json.dumps(document(found), ensure_ascii=False, indent=2))
    if html is None and not as_json:
        html = settings.folder / "reports" / "report.html"
    if html is not None:
        write_html(html, found, settings, title=title)
        typer.echo(f"{html}", err=as_json)


def write_html(path: Path, runs: Sequence[Run], settings: Settings, *, title: str) -> None:
    """Write the report of *runs* to *path*, with all the evidence in it."""

    def read(evidence: Evidence) -> bytes:
        return (settings.evidence.path / evidence.path).read_bytes()

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(runs, title=title, read=read), encoding="utf-8")
    except OSError as exc:
        raise RobotBroken(f"the report cannot be written to {path}: {exc.strerror}", cure="Name another file.") from exc


def _read(settings: Settings, ids: Sequence[str], last: int) -> list[Run]:
    store = Store.open(settings.store.url, durable=settings.store.durable)
    try:
        if not ids:
            found: list[Run | None] = [*reversed(store.queries.runs(limit=last))]
        else:
            found = [store.queries.run(run_id) for run_id in ids]
    finally:
        store.close()
    unknown = [run_id for run_id, run in zip(ids, found, strict=False) if run is None]
    if unknown or not found:
        what = f"no run is called {', '.join(unknown)}" if unknown else "there is no run in the store yet"
        hint = "play one: prober run scenarios"
        raise BadInput([Problem(settings.path, 0, 0, f"{what} ({settings.store.url})", hint)])
    return [run for run in found if run is not None]
