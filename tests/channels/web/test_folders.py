"""What is recorded unmasked is gone when its run is over, and when its robot was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from prober.channels.web import folders
from prober.channels.web.actions import Open
from prober.channels.web.config import Keep, Settings
from prober.channels.web.driver import WebDriver
from prober.channels.web.folders import private_folder, socket_folder, sweep
from prober.errors import RobotBroken
from tests.channels.web.conftest import Customer

pytestmark = pytest.mark.asyncio(loop_scope="session")
_ROBOT = "from prober.channels.web.folders import private_folder as p; f = p(); print(f.name, flush=True); input()"


@pytest.fixture
def temporary(monkeypatch, tmp_path_factory):
    """Give a folder for temporary files that nobody else uses; its path is short, as a browser's sockets want it."""
    tmp_path_factory.getbasetemp()  # made before, so not in there
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


@pytest.fixture
def deep(temporary, monkeypatch):
    """Make the folder for temporary files one that no socket can lie in; the short one beside it is `temporary`."""
    monkeypatch.setattr(folders, "_SHORT", str(temporary))
    place = temporary / ("x" * 100)
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    monkeypatch.setenv("TMPDIR", str(place))
    return place


def recorded(folder: Path) -> list[str]:
    """Return the files of recordings under *folder*: all but those of the browser's own profile."""
    return [
        path.name for path in folder.rglob("*") if path.is_file() and "profile" not in str(path.relative_to(folder))
    ]


@pytest.mark.parametrize("trace", [Keep.FAILURES, Keep.ALWAYS])
async def test_nothing_unmasked_is_left_of_a_run(temporary, web_run, web_site, trace):
    """Neither trace nor HAR nor bodies, of a run that is kept and one that is not; and no folder after the browser."""
    web_site.page("/home", "<h1>首页</h1>")
    driver = WebDriver(Settings(base_url=web_site.url, trace=trace))
    for _ in range(2):
        customer = Customer(run := web_run(), await driver.open(run))
        await customer.do(Open("/home"), within=15)
        folders = list(temporary.glob("prober-web-*"))
        assert len(folders) == 2
        assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}
        await customer.session.close()
        assert recorded(temporary) == []
    await driver.close()
    assert list(temporary.glob("prober-web-*")) == []


async def test_runs_at_the_same_time_keep_what_they_share(temporary, web_run, web_site):
    """The end of one takes nothing from the trace of the other; the last one's takes all."""
    web_site.page("/home", "<h1>首页</h1>")
    driver = WebDriver(Settings(base_url=web_site.url, trace=Keep.ALWAYS))
    customers = [Customer(run := web_run(), await driver.open(run)) for _ in range(2)]
    for customer in customers:
        await customer.do(Open("/home"), within=15)
    await customers[0].session.close()
    assert any(name.endswith(".trace") for name in recorded(temporary))
    assert [kept.kind for kept in await customers[1].session.close()] == ["trace"]
    assert recorded(temporary) == []
    await driver.close()


async def test_the_folders_of_a_killed_robot_are_swept_at_the_next_start(temporary, web_run):
    """Those of a robot that lives, and of others than robots, stay."""
    foreign = temporary / "prober-web-notes"
    foreign.mkdir()
    robots = [
        subprocess.Popen([sys.executable, "-c", _ROBOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220  # it has answered when it is read
        for _ in range(2)
    ]
    dead, living = (Path(robot.stdout.readline().strip()) for robot in robots)
    (dead / "web.har").write_text("a secret")
    robots[0].kill()
    robots[0].communicate()
    driver = WebDriver(Settings())
    session = await driver.open(web_run())
    assert not dead.exists()
    assert living.exists()
    assert foreign.exists()
    await session.close()
    await driver.close()
    robots[1].communicate("\n")


async def test_a_folder_whose_pid_was_given_to_another_is_swept(temporary):
    """The instant at which a process started tells it from a later one."""
    with private_folder() as mine:
        head, pid, start, _ = Path(mine).name.rsplit("-", 3)
        assert int(pid) == os.getpid()
        old = temporary / f"{head}-{pid}-{int(start) - 1}-x"
        old.mkdir()
        sweep()
        assert not old.exists()
        assert Path(mine) in temporary.glob("*")


async def test_a_long_path_for_temporary_files_breaks_no_browser(deep, temporary, web_run):
    """Its socket, alone, lies in a folder of our own with a short path: private, and gone with the browser."""
    driver = WebDriver(Settings())
    session = await driver.open(web_run())
    (sockets,) = temporary.glob("prober-web-*")
    assert sockets.stat().st_mode & 0o777 == 0o700
    files = {path.name for path in sockets.rglob("*") if not path.is_dir()}
    assert files == {"SingletonSocket", "SingletonCookie"}
    assert len(list(deep.glob("prober-web-*"))) == 2
    await session.close()
    await driver.close()
    assert [*temporary.glob("prober-web-*"), *deep.glob("prober-web-*")] == []


async def test_the_folder_of_a_killed_robots_sockets_is_swept(deep, temporary):
    """It lies beside the folder for temporary files."""
    with socket_folder() as mine:
        head, pid, start, _ = Path(mine).name.rsplit("-", 3)
        old = temporary / f"{head}-{pid}-{int(start) - 1}-x"
        old.mkdir()
        sweep()
        assert not old.exists()
        assert Path(mine) in temporary.glob("*")


async def test_no_short_path_at_all_is_told(deep, monkeypatch):
    """How long the path is, and may be."""
    monkeypatch.setattr(folders, "_SHORT", "/nowhere")
    with pytest.raises(RobotBroken, match=r"has \d+ bytes, too many for the browser's socket, .* in /nowhere") as told:
        await WebDriver(Settings()).self_check()
    assert told.value.cure == "Set TMPDIR to a folder whose path has 62 bytes at most."
