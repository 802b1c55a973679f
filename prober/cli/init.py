"""`prober init`: lays out a workspace."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

import prober
from prober.errors import BadInput, Problem

_PARTS = ("config.yaml", "scenarios", "results_db/README.md", "reports/README.md")
_NAMED = 3
"""So many of the files that are in the way are named."""
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
        f"cd {shlex.quote(str(folder))}",
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
        BadInput: *folder* is no folder, a file of it is there already (in both cases nothing was written), or one
            cannot be written.
    """
    root = template()
    files = {path.relative_to(root): path for part in _PARTS for path in _files(root / part)}
    names = [*files, Path(".gitignore")]
    taken = [str(name) for name in names if os.path.lexists(folder / name)]
    if taken:
        raise BadInput([Problem(folder, 0, 0, _there_already(taken), "nothing was written: choose another folder")])
    try:
        _refuse_no_folder(folder)
        for name, source in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / name)
        (folder / ".gitignore").write_text(_GITIGNORE, encoding="utf-8")
    except OSError as exc:
        hint = "choose a folder that you may write to"
        raise BadInput([Problem(folder, 0, 0, f"cannot be written: {exc.strerror or exc}", hint)]) from exc
    return len(names)


def _refuse_no_folder(folder: Path) -> None:
    """Raise BadInput if *folder*, or what it would lie in, is something else."""
    for path in (folder, *folder.parents):
        if path.is_dir():
            return
        if path.exists():
            raise BadInput([Problem(path, 0, 0, "is a file, not a folder", "choose another name for the workspace")])
        if path.is_symlink():
            hint = "remove the link, make the folder it leads to, or choose another name"
            raise BadInput([Problem(path, 0, 0, f"is a link to {path.readlink()}, which is not there", hint)])


def _there_already(taken: Sequence[str]) -> str:
    more = len(taken) - _NAMED
    told = f"{', '.join(taken[:_NAMED])} and {more} more" if more > 0 else ", ".join(taken)
    return f"{told} {'is' if len(taken) == 1 else 'are'} there already"


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
