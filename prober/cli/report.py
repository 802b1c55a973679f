"""`prober report`: show runs that are in the store."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, TypedDict
from urllib.parse import quote

import typer

from prober.cli.comparison import print_comparison
from prober.cli.workspace import CONFIG, open_settings
from prober.errors import NO_FILE, BadInput, Problem, RobotBroken
from prober.loading.config import Settings
from prober.loading.sealing import Seal
from prober.model.run import Run
from prober.model.service import Period
from prober.reports import html as pages
from prober.reports.comparison import compare
from prober.reports.document import document
from prober.reports.files import Opened, Read, located
from prober.reports.gate_page import Linked
from prober.reports.junit import junit
from prober.store.store import Store

TITLE = "拨测报告 Probe report"
_AT_MOST = 40
"""Runs that one page holds whole; more of them are an index and a page a run."""

HTML = Annotated[
    Path | None,
    typer.Option(
        "--html",
        metavar="FILE|FOLDER",
        help=f"Write the report: FILE.html is one file (an index with a folder beside it past {_AT_MOST} runs), "
        "any other name a folder with index.html.",
    ),
]
JUNIT = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Write the runs as JUnit XML, a test case a step.")
]


def command(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN…] | day|week|month [WHEN] | life ITEM",
            help="Runs by their ids, the last ones if none is named; or a day, week or month (2026-11-23, 2026-W47, "
            "2026-11; the last that is over if none is named), or the life of an item.",
        ),
    ] = None,
    *,
    last: Annotated[int, typer.Option(min=1, help="How many of the last runs, if none is named.")] = 10,
    scenario: Annotated[str | None, typer.Option(help="Of the last runs, only those of this scenario.")] = None,
    line: Annotated[str | None, typer.Option(help="Of the last runs, only those on this line.")] = None,
    compare_runs: Annotated[
        tuple[str, str] | None,
        typer.Option("--compare", metavar="RUN_A RUN_B", help="Show two runs beside each other, step by step."),
    ] = None,
    item: Annotated[str | None, typer.Option(help="Of a day, week or month, only this item.")] = None,
    html: HTML = None,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", metavar="FILE", help="Of a day, week, month or life: write a PDF.")
    ] = None,
    xlsx: Annotated[
        Path | None, typer.Option("--xlsx", metavar="FILE", help="Of a day, week, month or life: write a workbook.")
    ] = None,
    junit_file: JUNIT = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    title: Annotated[str, typer.Option(help="What the report is called.")] = TITLE,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Show runs that are in the store, two beside each other, or what a day, week, month or an item's life was like."""
    if runs and runs[0] in set(Period):
        from prober.cli import service  # noqa: PLC0415 - charts take seconds to import

        if junit_file or compare_runs or scenario or line:
            raise BadInput([Problem(NO_FILE, 0, 0, "--junit, --compare, --scenario and --line are of runs", _OF_RUNS)])
        wanted = service.Wanted(html, pdf, xlsx, as_json, item)
        service.report(Period(runs[0]), runs[1:], wanted, config=config)
        return
    if pdf or xlsx or item:
        raise BadInput([Problem(NO_FILE, 0, 0, "a PDF, a workbook or one item is of a day, week or month", _OF_TIMES)])
    settings = open_settings(config)
    found = read_runs(settings, compare_runs or runs or [], last=last, scenario=scenario, line=line)
    if as_json:
        typer.echo(json.dumps(document(found), ensure_ascii=False, indent=2))
    if junit_file is not None:
        typer.echo(str(write_junit(junit_file, found, settings)), err=as_json)
    if compare_runs is not None:
        _compare(found, html, settings, quiet=as_json)
    elif html is not None or not (as_json or junit_file):
        html = html or settings.folder / "reports" / "report.html"
        typer.echo(str(write_html(html, found, settings, title=title)), err=as_json)


_OF_RUNS = "leave them out; a day, week, month or life is written by --html, --pdf, --xlsx and --json"
_OF_TIMES = "write: prober report month --pdf report.pdf; runs are shown by --html"


def write_html(path: Path, runs: Sequence[Run], settings: Settings, *, title: str = TITLE) -> Path:
    """
    Write the report of *runs* with all the evidence in it, and return the page to open.

    `FILE.html` is one file while there are few runs, else an index with the pages of its runs in a folder beside it;
    any other name is a folder with `index.html` in it.
    """
    reading: _Reading = {"read": reader(settings), "opened": Seal(settings.evidence.key).opened}
    if not _is_page(path):
        index, folder = path / "index.html", path / "runs"
    elif len(runs) > _AT_MOST:
        index, folder = path, path.with_name(f"{path.stem}-runs")
    else:
        return write(path, lambda: pages.render(runs, title=title, **reading))
    for run in runs:
        page = partial(pages.render, [run], title=run.title or run.scenario, **reading, index=f"../{index.name}")
        write(folder / pages.page_name(run.id), page)
    return write(index, lambda: pages.render_index(runs, title=title, folder=folder.name))


def pages_beside(page: Path) -> Linked:
    """Return what links to the page of a run, where `write_html` put one beside *page*."""
    folders = [page.parent / "runs", *sorted(page.parent.glob("*-runs"))]

    def linked(run_id: str) -> str:
        name = pages.page_name(run_id)
        return next((quote(f"{folder.name}/{name}") for folder in folders if (folder / name).is_file()), "")

    return linked


def write_junit(path: Path, runs: Sequence[Run], settings: Settings) -> Path:
    """Write *runs* to *path* as JUnit XML, and return it."""
    return write(path, lambda: junit(runs, settings.evidence.path))


def refuse_unwritable(html: Path | None, *files: Path | None) -> None:
    """
    Try whether the reports can be written there, and leave nothing behind; *html* may be a folder.

    Raises:
        BadInput: One of them cannot.
    """
    pages = [] if html is None else [html if _is_page(html) else html / "index.html"]
    tried = {path: _obstacle(path) for path in (*pages, *files) if path is not None}
    problems = [
        Problem(path, 0, 0, f"no report can be written there: {why}", "name another file")
        for path, why in tried.items()
        if why
    ]
    if problems:
        raise BadInput(problems)


def _obstacle(path: Path) -> str | None:
    """Return why *path* cannot be written; None if it can."""
    made: list[Path] = []
    try:
        if path.exists():
            return os.strerror(errno.EISDIR) if path.is_dir() else _locked(path)
        made = [folder for folder in path.parents if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            return None
    except OSError as exc:
        return exc.strerror or str(exc)
    finally:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()


def _locked(path: Path) -> str | None:
    return None if os.access(path, os.W_OK) else os.strerror(errno.EACCES)


def _is_page(path: Path) -> bool:
    return path.suffix.lower() in (".html", ".htm")


def _compare(runs: Sequence[Run], html: Path | None, settings: Settings, *, quiet: bool) -> None:
    before, after = runs
    if html is None:
        if not quiet:
            print_comparison(compare(before, after))
        return
    page = html if _is_page(html) else html / "index.html"
    opened = Seal(settings.evidence.key).opened
    write(page, lambda: pages.render_comparison(compare(before, after), read=reader(settings), opened=opened))
    typer.echo(str(page), err=quiet)


class _Reading(TypedDict):
    read: Read
    opened: Opened


def reader(settings: Settings) -> Read:
    """Return what reads a kept file as it lies there."""
    return lambda evidence: located(evidence, settings.evidence.path).read_bytes()


def write(path: Path, render: Callable[[], str | bytes]) -> Path:
    """
    Write what *render* returns to *path*, and return it.

    Raises:
        RobotBroken: It cannot be written there.
    """
    written = render()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written.encode() if isinstance(written, str) else written)
    except OSError as exc:
        raise RobotBroken(f"the report cannot be written to {path}: {exc.strerror}", cure="Name another file.") from exc
    return path


def read_runs(
    settings: Settings, ids: Sequence[str], *, last: int = 10, scenario: str | None = None, line: str | None = None
) -> list[Run]:
    """Return the runs called *ids*, or the last ones. Raises BadInput where there are none."""
    store = Store.open_to_read(settings.store.url)
    try:
        if not ids:
            found: list[Run | None] = [*reversed(store.queries.runs(scenario=scenario, line=line, limit=last))]
        else:
            found = [store.queries.run(run_id) for run_id in ids]
    finally:
        store.close()
    unknown = [run_id for run_id, run in zip(ids, found, strict=False) if run is None]
    if unknown or not found:
        what = f"no run is called {', '.join(unknown)}" if unknown else "there is no such run in the store yet"
        hint = "play one: prober run scenarios"
        raise BadInput([Problem(NO_FILE, 0, 0, f"{what} ({settings.store.url})", hint)])
    return [run for run in found if run is not None]
