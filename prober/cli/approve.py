"""`prober approve`: pictures of a run become what pages are to look like."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from prober.channels.web.looking import CANDIDATE
from prober.cli.report import read_runs, reader, write
from prober.cli.workspace import CONFIG, open_settings
from prober.errors import NO_FILE, BadInput, Problem, RobotBroken
from prober.loading.config import Settings
from prober.loading.sealing import Seal
from prober.model.run import Evidence, Run


def command(
    run: Annotated[str, typer.Argument(help="The run whose pictures are right, by its id.")],
    *,
    picture: Annotated[
        list[str] | None, typer.Option(help="Only the picture called so, as in web.looks_like; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """
    Accept what pages looked like in a run: web.looks_like holds them against it from now on.

    Look at the candidates in the run's report first (prober report RUN). They are masked as all evidence is.
    """
    settings = open_settings(config)
    (found,) = read_runs(settings, [run])
    folder = _folder(settings)
    opened = Seal(settings.evidence.key).opened
    approved = []
    for candidate in _candidates(found, picture):
        path = folder / candidate.path.rpartition(CANDIDATE)[2]
        known = path.exists()
        write(path, partial(_whole, opened(_read(settings, candidate))))
        approved.append({"picture": str(path), "replaced": known})
    if as_json:
        typer.echo(json.dumps({"version": 1, "approved": approved}, ensure_ascii=False, indent=2))
    for one in () if as_json else approved:
        typer.echo(f"{one['picture']}{' (replaced)' if one['replaced'] else ''}")


def _whole(content: bytes) -> bytes:
    return content


def _read(settings: Settings, candidate: Evidence) -> bytes:
    try:
        return reader(settings)(candidate)
    except OSError as exc:
        raise RobotBroken(
            f"the picture {candidate.path} is not there any more: {exc.strerror}", cure="Play the scenario again."
        ) from exc


def _folder(settings: Settings) -> Path:
    web = settings.channels.get("web")
    if web is None:
        hint = "set up channels.web with base_url"
        raise BadInput([Problem(settings.path, 0, 0, "config.yaml has no web channel, so no approved pictures", hint)])
    return Path(web.approved)


def _candidates(run: Run, wanted: list[str] | None) -> list[Evidence]:
    """Return the newest candidate of each picture of *run*."""
    evidence = [*(one for step in run.steps for one in step.evidence), *run.evidence]
    newest = {one.path.rpartition(CANDIDATE)[2]: one for one in evidence if one.kind == "candidate"}
    if not newest:
        hint = "a run keeps one where web.looks_like found no approved picture, or another look"
        raise BadInput([Problem(NO_FILE, 0, 0, f"run {run.id} has no picture to approve", hint)])
    names = {name.rpartition("@")[0] for name in newest}
    if strange := [name for name in wanted or () if name not in names]:
        hint = f"there are: {', '.join(sorted(names))}"
        raise BadInput([Problem(NO_FILE, 0, 0, f"run {run.id} has no picture ‘{strange[0]}’ to approve", hint)])
    return [one for name, one in newest.items() if not wanted or name.rpartition("@")[0] in wanted]
