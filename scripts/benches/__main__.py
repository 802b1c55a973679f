"""`scripts/bench`: measure the robot, and say whether it keeps to its bounds."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from prober.cli.progress import progress_console
from scripts.benches.frame.bench import Plan, document
from scripts.benches.frame.found import benches, measure_of
from scripts.benches.frame.machine import Fitness, machine
from scripts.benches.frame.page import publish
from scripts.benches.frame.shown import show

KEPT, PUBLISHED, PAGE = Path("reports/bench"), Path("docs/benchmarks"), Path("docs/benchmarks.md")


def command(
    name: Annotated[str | None, typer.Argument(help="Which bench; none lists them.")] = None,
    *,
    quick: Annotated[bool, typer.Option(help="A small one, done within 60 s.")] = False,
    seed: Annotated[int, typer.Option(help="Of all chance in it.")] = 1,
    as_json: Annotated[str, typer.Option("--json", help="Write the document there, too; - is stdout.")] = "",
    write_docs: Annotated[bool, typer.Option(help="Write docs/benchmarks.md anew from the full documents.")] = False,
) -> None:
    """Measure the robot. Exit: 0 all bounds are met, 1 one is not, 2 there is no such bench."""
    console = progress_console(stderr=True)
    told = None
    if name is not None:
        told = _measured(name, quick=quick, seed=seed, console=console)
        show(progress_console(stderr=as_json == "-"), told)
        _keep(told, as_json)
    if write_docs:
        console.print(f"docs/benchmarks.md tells of {', '.join(publish(KEPT, PUBLISHED, PAGE)) or 'nothing'}")
    elif name is None:
        _list(progress_console(stderr=False))
    raise typer.Exit(0 if told is None or told["met"] else 1)


def _measured(name: str, *, quick: bool, seed: int, console: Console) -> dict[str, Any]:
    if name not in benches():
        console.print(f"There is no bench called ‘{name}’; there are: {', '.join(benches())}.")
        raise typer.Exit(2)
    began_s, at = time.monotonic(), datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="prober-bench-") as folder, Fitness() as fitness:
        plan = Plan(quick, seed, Path(folder), KEPT / name, lambda words: console.print(words, style="dim"))
        result = measure_of(name)(plan)
    about = {
        "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "command": f"scripts/bench {name}{' --quick' if quick else ''}",
        "seed": seed,
        "lasted_s": round(time.monotonic() - began_s, 1),
        "version": version("prober"),
        "commit": _commit(),
        "machine": machine(),
        **fitness.told,
    }
    return document(name, result, about, fit=fitness.fit)


def _keep(told: dict[str, Any], as_json: str) -> None:
    """Keep the document where `--write-docs` looks for it, and write it where it is wanted besides."""
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    KEPT.mkdir(parents=True, exist_ok=True)
    quick = ".quick" if told["command"].endswith("--quick") else ""
    (KEPT / f"{told['name']}{quick}.json").write_text(text, encoding="utf-8")
    if as_json == "-":
        sys.stdout.write(text)
    elif as_json:
        Path(as_json).write_text(text, encoding="utf-8")


def _list(console: Console) -> None:
    for name, says in benches().items():
        console.print(f"[bold]{name:<10}[/] {says}")


def _commit() -> str:
    """Return the commit that is measured, with a + where the tree was not clean; "unknown" outside a checkout."""
    asked = subprocess.run(["git", "describe", "--always", "--dirty=+"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"


if __name__ == "__main__":
    typer.run(command)
