"""Peers to call: SIPp, and a far end of our own that says when it truly did what."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from prober.channels.base import RunContext
from prober.channels.evidence import EvidenceBox
from prober.channels.ivr import engine
from prober.channels.ivr.config import Settings
from prober.channels.ivr.driver import IvrDriver
from prober.channels.ivr.session import IvrSession
from prober.channels.timing import Stimulus
from prober.loading.masking import Masker
from prober.loading.prompts import load_prompts
from prober.model.line import Line
from prober.model.prompt import PromptTable
from prober.model.run import Observation
from prober.model.scenario import Action

PROMPTS = Path(__file__).parents[3] / "scenarios" / "prompts"
HERE = Path(__file__).parent
SECRET = "246801"


@pytest.fixture(scope="session", autouse=True)
def forkserver() -> None:
    engine.start_forkserver()


@pytest.fixture(scope="session")
def table() -> PromptTable:
    """The demo operator's prompt library."""
    return load_prompts(PROMPTS)


@dataclass
class Robot:
    """One session, and the run it belongs to."""

    session: IvrSession
    run: RunContext

    async def do(self, verb: str, argument: Any, within_s: float = 5.0, **more: Any) -> Observation:
        return await self.session.perform(Action("ivr", verb, argument, **more), within_s)


@pytest.fixture
async def call_as(table: PromptTable, tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Robot]]]:
    """Open a session that calls a server; `call_as("127.0.0.1:5060")`."""
    drivers: list[IvrDriver] = []

    async def open_session(server: str, **settings: Any) -> Robot:
        known = Settings.model_validate({"server": server, "prompts": str(PROMPTS), **settings})
        driver = IvrDriver(known, table)
        drivers.append(driver)
        box = EvidenceBox(tmp_path, f"run-{len(drivers)}")
        line = Line("demo-1", "13800000001")
        run = RunContext(f"run-{len(drivers)}", line, Stimulus(), box, Masker([SECRET]))
        return Robot(await driver.open(run), run)

    yield open_session
    for driver in drivers:
        await driver.close()


@dataclass
class Peer:
    """A running peer and what it told."""

    server: str
    process: asyncio.subprocess.Process
    told: list[dict[str, Any]] = field(default_factory=list)

    async def read(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            self.told.append(json.loads(line))

    def instants(self, what: str, **more: Any) -> list[float]:
        wanted = {"what": what, **more}
        return [one["at_s"] for one in self.told if wanted.items() <= one.items()]


@pytest.fixture
async def far_end() -> AsyncIterator[Callable[..., Awaitable[Peer]]]:
    """Start the far end of `far_end.py` with a plan."""
    running: list[tuple[Peer, asyncio.Task[None]]] = []

    async def start(**plan: Any) -> Peer:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(HERE / "far_end.py"), str(PROMPTS), json.dumps(plan), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout
        listening = json.loads(await process.stdout.readline())
        peer = Peer(f"127.0.0.1:{listening['port']}", process)
        running.append((peer, asyncio.create_task(peer.read())))
        return peer

    yield start
    for peer, reading in running:
        peer.process.kill()
        await peer.process.wait()
        await reading


@pytest.fixture
async def sipp(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Start SIPp with a scenario of `sipp/`; return its address. `@NAME@` in the scenario is replaced."""
    running: list[asyncio.subprocess.Process] = []

    async def start(name: str, **values: str) -> str:
        text = (HERE / "sipp" / f"{name}.xml").read_text(encoding="utf-8")
        for key, value in values.items():
            text = text.replace(f"@{key}@", value)
        scenario = tmp_path / f"{name}.xml"
        scenario.write_text(text, encoding="utf-8")
        port, media_port = _free_port(), _free_port()
        command = f"sipp -sf {scenario} -i 127.0.0.1 -p {port} -mp {media_port} -m 1 -nostdin"
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*command.split(), stdout=quiet, stderr=quiet, cwd=tmp_path)
        running.append(process)
        while _is_free(port):  # SIPp does not tell when it listens
            assert process.returncode is None, "SIPp ended at once"
            await asyncio.sleep(0.01)
        return f"127.0.0.1:{port}"

    yield start
    for process in running:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1]) // 2 * 2


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@pytest.fixture(scope="session")
def welcome_raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The welcome prompt's A-law samples without a header, as SIPp plays them."""
    content = (PROMPTS / "welcome.wav").read_bytes()
    start = content.index(b"data") + 8
    path = tmp_path_factory.mktemp("sipp") / "welcome.alaw"
    path.write_bytes(content[start:])
    return path
