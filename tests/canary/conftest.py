"""A run that is played with all evidence that can be kept, and everything it leaves behind."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.canary import traces
from tests.conftest import Workspace

Meddle = Callable[[subprocess.Popen[str]], str]
"""Does something to a robot under way, and returns what it has read of its stderr."""


@dataclass
class Played:
    """What a run left behind, and what its processes were called with."""

    workspace: Workspace
    temporary: Path
    out: str = ""
    err: str = ""
    commands: set[str] = field(default_factory=set)

    @property
    def folder(self) -> Path:
        """The workspace's folder."""
        return self.workspace.folder

    @property
    def steps(self) -> list[dict]:
        """The steps of the run."""
        return [step for run in json.loads(self.out)["runs"] for step in run["steps"]]

    def again(self, *arguments: str) -> str:
        """Run another command on what was kept; what it says counts too. Return what it says on stdout."""
        done = self.workspace.prober(*arguments)
        assert done.returncode == 0, done.stderr
        self.err += done.stderr + done.stdout
        return done.stdout

    def found(self, secrets: list[str], *, but: tuple[str, ...] = ()) -> list[str]:
        """Return where one of *secrets* is: in any file but those a person wrote, the database, or what was said."""
        return [
            *traces.in_folder(self.folder, secrets, but=but),
            *traces.in_database(self.folder / "results_db" / "prober.sqlite", secrets),
            *traces.in_folder(self.temporary, secrets),
            *traces.in_bytes(self.out.encode(), secrets, "stdout"),
            *traces.in_bytes(self.err.encode(), secrets, "said"),
            *traces.in_bytes("\n".join(self.commands).encode(), secrets, "arguments"),
        ]

    def kept(self) -> set[str]:
        """Return the names of the files of evidence."""
        return {path.name for path in self.folder.joinpath("results_db/evidence").rglob("*.*")}


@pytest.fixture
def play(workspace, operator) -> Iterator[Callable[..., Played]]:
    """Play a scenario in the workspace."""
    # A short path: where it is long, the browser's socket lies elsewhere.
    with tempfile.TemporaryDirectory(prefix="canary-", dir="/tmp") as temporary:

        def played(scenario: str, lines: str, meddle: Meddle | None = None, **environment: str) -> Played:
            path = workspace.write("canary.yaml", scenario)
            every = {"TRACE": "always", "HAR": "always", "SCREENSHOTS": "every_step"}
            workspace.environment |= {f"PROBER__CHANNELS__WEB__{name}": value for name, value in every.items()}
            workspace.environment |= {"PROBER__CHANNELS__IVR__PCAP": "true"}
            workspace.environment |= {"PROBER__LINES": lines, "TMPDIR": temporary, **environment}
            result = Played(workspace, Path(temporary))
            with workspace.start("run", path, "--json", "--html=reports/canary.html") as process:
                watching = threading.Thread(target=_watch, args=(process, result.commands))
                watching.start()
                read = meddle(process) if meddle else ""
                result.out, err = process.communicate(timeout=400)
                result.err = read + err
                watching.join()
            assert result.out, result.err
            return result

        yield played


def processes_of(pid: int) -> dict[int, str]:
    """Return the command lines of a process and all below it, by process id."""
    found, waiting = {}, [pid]
    while waiting:
        one = waiting.pop()
        here = Path(f"/proc/{one}")
        try:
            found[one] = (here / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            for task in (here / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def _watch(process: subprocess.Popen[str], commands: set[str]) -> None:
    """Note the command lines of *process* and its children until it ends."""
    while process.poll() is None:
        commands |= set(processes_of(process.pid).values())
        time.sleep(0.05)
