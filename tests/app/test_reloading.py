"""What people write is noticed, wherever it lies and however it is put there."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

from prober.app import reloading
from prober.app.reloading import Files
from prober.cli import serve

PATIENCE_S = 60.0


class Robot:
    """Reads config.yaml, and the folders *read*."""

    def __init__(self, folder: Path) -> None:
        self.read = [folder / "config.yaml", folder / "probes"]
        self.changes, self.said = asyncio.Event(), asyncio.Queue[str]()
        self.files = Files(lambda: self.read, self.changes.set, self.said.put_nowait)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.files.watch())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def notices(self, write: Callable[[int], object]) -> None:
        """Write until it is noticed: when a watch has begun nobody says."""
        self.changes.clear()
        async with asyncio.timeout(PATIENCE_S):
            for number in count():
                write(number)
                with suppress(TimeoutError):
                    async with asyncio.timeout(2):
                        await self.changes.wait()
                        return


@pytest.fixture
def robot(tmp_path: Path) -> Robot:
    """A robot with a config.yaml and a folder of scenarios."""
    (tmp_path / "config.yaml").write_text("")
    (tmp_path / "probes/deeper").mkdir(parents=True)
    return Robot(tmp_path)


async def test_a_file_that_is_written_or_replaced_is_noticed(robot: Robot, tmp_path: Path) -> None:
    """config.yaml itself, and what lies anywhere beneath a folder; editors put a new file in the old one's place."""

    def replace(number: int) -> None:
        (tmp_path / "new").write_text(f"{number}")
        (tmp_path / "new").rename(tmp_path / "config.yaml")

    async with robot.watching():
        await robot.notices(lambda number: (tmp_path / "config.yaml").write_text(f"{number}"))
        await robot.notices(replace)
        await robot.notices(lambda number: (tmp_path / "probes/deeper/a.yaml").write_text(f"{number}"))


async def test_a_folder_that_was_put_in_the_place_of_another_is_watched(robot: Robot, tmp_path: Path) -> None:
    """So people deploy: the new folder is read, and what is written in it afterwards is noticed."""

    def swap(number: int) -> None:
        (tmp_path / f"next-{number}").mkdir()
        shutil.move(tmp_path / "probes", tmp_path / f"old-{number}")
        shutil.move(tmp_path / f"next-{number}", tmp_path / "probes")

    async with robot.watching():
        await robot.notices(swap)
        await robot.notices(lambda number: (tmp_path / "probes/a.yaml").write_text(f"{number}"))


async def test_what_is_read_since_a_change_is_watched(robot: Robot, tmp_path: Path) -> None:
    """The settings may name another folder of recordings from now on."""
    (tmp_path / "prompts").mkdir()
    async with robot.watching():
        await robot.notices(lambda number: (tmp_path / "config.yaml").write_text(f"{number}"))
        robot.read.append(tmp_path / "prompts")
        robot.files.look()
        await robot.notices(lambda number: (tmp_path / "prompts/a.wav").write_text(f"{number}"))


async def test_a_watch_that_ends_is_told_once_and_begun_anew(
    robot: Robot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine may have no watches left: nobody would learn why nothing is taken up any more."""
    watch, full = reloading.awatch, [True]

    def awatch(*paths: Path, **how: object) -> object:
        if full:
            raise OSError("OS file watch limit reached")
        return watch(*paths, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(reloading, "awatch", awatch)
    async with robot.watching():
        async with asyncio.timeout(PATIENCE_S):
            assert "OS file watch limit reached" in await robot.said.get()
        for _ in range(2):
            robot.changes.clear()
            robot.files.look()
            async with asyncio.timeout(PATIENCE_S):
                await robot.changes.wait()
        assert robot.said.empty()
        full.clear()
        robot.files.look()
        await robot.notices(lambda number: (tmp_path / "config.yaml").write_text(f"{number}"))


async def test_a_folder_to_work_in_that_is_no_more_is_told(robot: Robot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths that count from it lead nowhere, which ends no robot; what was written meanwhile is read all the same."""

    def gone() -> set[Path]:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(robot.files, "_read", gone)
    async with robot.watching(), asyncio.timeout(PATIENCE_S):
        assert "changes of files are not noticed" in await robot.said.get()


def test_what_was_read_is_what_is_watched(tmp_path: Path) -> None:
    """The folder that `prober serve` was given, not the one it would have taken."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/quick.yaml").write_text("scenario: quick\nsteps:\n  - wait: 10ms\n")
    probes = "probes: [{name: quick, scenario: quick, every: 1m}]"
    (tmp_path / "config.yaml").write_text(f"lines: [{{name: a, msisdn: 13800000001}}]\n{probes}\n")
    work = serve._load(tmp_path / "config.yaml", [tmp_path / "mine"])
    assert set(work.read) == {tmp_path / "config.yaml", tmp_path / "mine"}
