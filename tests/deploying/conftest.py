"""The archive, made once as a person makes it, and what is installed from it without a network."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
_LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh22x", b"lo", 1))
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""In a new network the loopback is down."""

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of this checkout for this Python."""
    target = tmp_path_factory.mktemp("archive") / "prober.tar.gz"
    command = [sys.executable, "-m", "scripts.bundling", "-o", str(target)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="session")
def unpacked(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one folder in the archive."""
    folder = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["tar", "-xzf", archive, "-C", folder], check=True)
    (root,) = folder.iterdir()
    return root


@pytest.fixture(scope="session")
def without_network() -> Command:
    """Runs a command on a network of its own that has loopback and nothing else."""

    def run(*command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        own = ["unshare", "-n" if os.geteuid() == 0 else "-rn", sys.executable, "-c", _LOOPBACK_UP]
        environment = {name: said for name, said in os.environ.items() if not name.startswith(("PIP_", "PROBER"))}
        return subprocess.run(
            [*own, *command], env=environment | more, capture_output=True, text=True, timeout=280, check=False
        )

    return run


@pytest.fixture(scope="session")
def installed(unpacked: Path, without_network: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the installer put it, without any network."""
    folder = tmp_path_factory.mktemp("opt")
    done = without_network(unpacked / "install.sh", folder, PYTHON=sys.executable, PROBER_LINK=str(folder / "prober"))
    assert done.returncode == 0, done.stderr
    assert "prober doctor --offline" in done.stdout.replace(f"{folder}/prober ", "prober ")
    return folder
