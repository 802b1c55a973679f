"""`prober init`: lays out a workspace."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

import prober
from prober.errors import BadInput, Problem

_PARTS = ("config.yaml", "scenarios", "results_db/README.md", "reports/README.md")
_GITIGNORE = """\
results_db/*
!results_db/README.md
reports/*
!reports/README.md
__pycache__/
"""


def command(folder: Annotated[Path, typer.Argument(help="Where to; it is made if it is not there.")]) -> None:
    """Lay out a workspace: settings, example scenarios, and where results go. Nothing is ever overwritten."""
    made = lay_out(folder)
    typer.echo(f"{made} files in {folder}: a workspace that speaks to the demo operator.")
    typer.echo("Next:")
    for step in (
        f"cd {folder}",
        "prober demo &          # a small telecom operator on this machine",
        "prober check",
        "prober run scenarios/balance.yaml",
    ):
        typer.echo(f"  {step}")
    typer.echo("Then put your own lines and channels into config.yaml.")


def lay_out(folder: Path) -> int:
    """
    Copy the workspace into *folder* and return how many files it has.

    Raises:
        BadInput: A file of it is there already, or one cannot be written; in the first case nothing was written.
    """
    root = template()
    files = {path.relative_to(root): path for part in _PARTS for path in _files(root / part)}
    targets = [folder / name for name in (*files, Path(".gitignore"))]
    taken = [
        Problem(path, 0, 0, "is there already", "nothing was written: choose another folder")
        for path in targets
        if path.exists()
    ]
    if taken:
        raise BadInput(taken)
    try:
        for name, source in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / name)
        (folder / ".gitignore").write_text(_GITIGNORE, encoding="utf-8")
    except OSError as exc:
        raise BadInput([Problem(folder, 0, 0, f"cannot be written: {exc.strerror or exc}")]) from exc
    return len(targets)


def template() -> Path:
    """Return the folder a workspace is copied from: the package's own, or the checkout the package stands in."""
    package = Path(prober.__file__).parent
    packed = package / "workspace"
    return packed if packed.is_dir() else package.parent


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.name != "__pycache__":
        for inner in sorted(path.iterdir()):
            yield from _files(inner)
