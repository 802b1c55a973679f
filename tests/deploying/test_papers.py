"""The unit and the container file are taken by the programs they are for."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer.main

from prober.cli.exits import Exit
from prober.cli.main import app

PAPERS = Path(__file__).parents[2] / "docs/deploying"
UNIT = (PAPERS / "prober.service").read_text(encoding="utf-8")
CONTAINER = re.sub(
    r"\\\n", " ", re.sub(r"^#.*\n", "", (PAPERS / "Containerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
)
GUIDE = (PAPERS / "guide.md").read_text(encoding="utf-8")


def test_systemd_takes_the_unit(tmp_path):
    """`systemd-analyze verify` finds nothing to say."""
    if shutil.which("systemd-analyze") is None:
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "systemd"], check=True)
    unit = tmp_path / "prober.service"
    unit.write_text(UNIT.replace("/usr/local/bin/prober", "/bin/true"), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_gives_the_robot_time_to_leave():
    """It is asked alone, longer than the 10 s it takes; bad settings are not tried again and again."""
    assert "KillMode=mixed" in UNIT
    assert int(re.search(r"TimeoutStopSec=(\d+)", UNIT)[1]) > 10
    assert f"RestartPreventExitStatus={int(Exit.BAD_INPUT)}\n" in UNIT
    assert "WatchdogSec=" not in re.sub(r"^#.*$", "", UNIT, flags=re.MULTILINE)


def test_the_unit_never_gives_the_robot_up():
    """A database that is away for minutes must not end it for good: starts are not limited."""
    (service,) = re.findall(r"^StartLimitIntervalSec=(.*)$", UNIT.partition("[Service]")[0], re.MULTILINE)
    assert service == "0"
    assert "StartLimitBurst" not in UNIT
    assert "Restart=on-failure" in UNIT


def test_a_folder_outside_the_workspace_is_named_to_the_unit():
    """What the guide lets two robots share is read-only under the unit as it stands, and it says what to do."""
    assert "ProtectSystem=strict" in UNIT
    shared = GUIDE.partition("`evidence.path` is a folder both share")[2]
    assert "ReadWritePaths=" in shared.partition("## ")[0]


def test_the_container_is_nobodys_root():
    """The last stage runs as a user of its own, and copies nothing of the checkout but the archive."""
    instructions = [line.split(maxsplit=1) for line in CONTAINER.splitlines() if line.strip()]
    known = {"ARG", "FROM", "RUN", "COPY", "ENV", "USER", "WORKDIR", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK",
             "ENTRYPOINT", "CMD"}  # fmt: skip
    assert {word for word, _ in instructions if word.isupper()} <= known
    assert [said for word, said in instructions if word == "USER"] == ["10001"]
    assert [said for word, said in instructions if word == "COPY"] == [
        "prober.tar.gz /archive/", "--from=made /opt/prober /opt/prober",
    ]  # fmt: skip


def test_the_containers_packages_are_there():
    """apt knows each of them, and could install them together."""
    lists = re.findall(r"apt-get install -y --no-install-recommends ([^&\n]+)", CONTAINER)
    assert len(lists) == 2
    packages = sorted({name for one in lists for name in one.split()})
    if not _known(packages):
        subprocess.run(["apt-get", "update", "-qq"], check=True)
    assert _known(packages)


def _known(packages: list[str]) -> bool:
    command = ["apt-get", "install", "-s", "-qq", "--no-install-recommends", *packages]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("page", sorted(PAPERS.glob("*.md")), ids=lambda page: page.name)
def test_every_prober_command_of_a_page_is_one(page):
    """Its command groups and options exist."""
    root = typer.main.get_command(app)
    for words in re.findall(r"`?prober ((?:db |)[a-z-]+)(?=[ `])", page.read_text(encoding="utf-8")):
        if (first := words.split()[0]) in root.commands:
            group = root.commands[first]
            assert len(words.split()) == 1 or words.split()[1] in group.commands, words
