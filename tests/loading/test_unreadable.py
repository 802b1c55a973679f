"""What cannot be read is a mistake of whoever put it there, wherever it is met: nothing but BadInput comes of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prober.channels.registry import SETTINGS, VERBS
from prober.cli.check import check
from prober.errors import BadInput
from prober.loading.config import load_config
from prober.loading.prompts import load_prompts
from prober.loading.scenario import load_scenarios
from prober.loading.vocabulary import Vocabulary

LOADERS: dict[str, Callable[[Path], object]] = {
    "prompts": load_prompts,
    "scenarios": lambda folder: load_scenarios([folder], Vocabulary(VERBS)),
    "a scenario": lambda folder: load_scenarios([folder / "one.yaml"], Vocabulary(VERBS)),
    "settings": lambda folder: load_config(folder / "config.yaml", SETTINGS),
    "a workspace": lambda folder: check([folder / "scenarios"], folder / "config.yaml"),
}


@pytest.fixture
def shut() -> Iterator[Path]:
    """A folder that nobody but its owner may look into."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        shut = Path(folder, "shut")
        shut.mkdir(mode=0o700)
        yield shut


@contextmanager
def nobody(shut: Path) -> Iterator[None]:
    """Be somebody who may not look into *shut*."""
    mine = os.geteuid()
    if mine:
        shut.chmod(0)
    else:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(mine)
        shut.chmod(0o700)


@pytest.mark.parametrize("what", LOADERS)
def test_a_folder_that_may_not_be_looked_into_is_bad_input(what: str, shut: Path) -> None:
    """As a deployment leaves it that copies with the wrong umask: the place is told, and what is in the way."""
    with nobody(shut), pytest.raises(BadInput, match=r"cannot be read: Permission denied") as refused:
        LOADERS[what](shut)
    assert str(shut) in str(refused.value.problems[0].path)


def test_a_recording_that_is_gone_when_it_is_read_is_bad_input(tmp_path: Path) -> None:
    """A deployment under way: its name is still there, and it is not."""
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadInput, match=r"gone\.wav: cannot be read: No such file"):
        load_prompts(tmp_path)
