"""What a person wants to look at afterwards: the database, and all the robot said."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path


def keep(workspace: Path, folder: Path, said: Sequence[str]) -> None:
    """Keep the database of *workspace*, and what its robots *said*, in *folder*; what lay there before goes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(workspace / "db", folder / "db")
    (folder / "said.jsonl").write_text("".join(f"{line}\n" for line in said), encoding="utf-8")
