"""Peers to call: SIPp, and a far end of our own that says when it truly did what."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from prober import runner
from prober.channels.base import RunContext
from prober.channels.evidence import EvidenceBox
from prober.channels.ivr import engine
from prober.channels.ivr.actions import VERBS
from prober.channels.ivr.config import Settings
from prober.channels.ivr.driver import IvrDriver
from prober.channels.ivr.session import IvrSession
from prober.channels.timing import Clock, Stimulus
from prober.loading.masking import Masker
from prober.loading.prompts import load_prompts
from prober.loading.vocabulary import Vocabulary
from prober.model.line import Line
from prober.model.prompt import PromptTable
from prober.model.run import Observation, Run
from prober.model.scenario import Action, Scenario
from scripts.benches.calling import far_end as far_end_program
from tests.channels.ivr import sipp as sipp_moves
from tests.runner.playing import Told

PROMPTS = Path(__file__).parents[3] / "scenarios" / "prompts"
SECRET = "246801"
CUSTOMER = Line("demo-1", "13800000001")


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
async def call_from(
    table: PromptTable, tmp_path: Path
) -> AsyncIterator[Callable[..., Callable[..., Awaitable[Robot]]]]:
    """Make a driver that calls a server: `call_from("127.0.0.1:5060")` opens sessions of it, each for a line."""
    drivers: list[IvrDriver] = []
    runs = count(1)

    def made(server: str, **settings: Any) -> Callable[..., Awaitable[Robot]]:
        known = Settings.model_validate({"server": server, "prompts": str(PROMPTS), **settings})
        driver = IvrDriver(known, table)
        drivers.append(driver)

        async def open_session(line: Line = CUSTOMER) -> Robot:
            name = f"run-{next(runs)}"
            run = RunContext(name, line, Stimulus(), EvidenceBox(tmp_path, name), Masker([SECRET]))
            return Robot(await driver.open(run), run)

        return open_session

    yield made
    for driver in drivers:
        await driver.close()


@pytest.fixture
def call_as(call_from: Callable[..., Callable[..., Awaitable[Robot]]]) -> Callable[..., Awaitable[Robot]]:
    """Open a session that calls a server; `call_as("127.0.0.1:5060")`."""

    async def open_session(server: str, line: Line = CUSTOMER, **settings: Any) -> Robot:
        return await call_from(server, **settings)(line)

    return open_session


@pytest.fixture
async def played(table: PromptTable, tmp_path: Path) -> Callable[..., Awaitable[Run]]:
    """
    Play steps, as a scenario file has them, against a server; return the run when all that was opened is closed again.
    """
    words = Vocabulary(VERBS).knowing(table)

    async def play(
        server: str, *written: Mapping[str, Any], line: Line = CUSTOMER, deadline_s: float = 60.0, **settings: Any
    ) -> Run:
        driver = IvrDriver(Settings.model_validate({"server": server, "prompts": str(PROMPTS), **settings}), table)
        steps = []
        for mapping in written:
            step, mistakes = words.step(mapping)
            assert step is not None, mistakes
            steps.append(step)
        what = Scenario("s", "S", Path("s.yaml"), "0", ("ivr",), tuple(steps), deadline_s=deadline_s)
        clock = Clock()
        run = Run("r1", "s", "S", line.name, clock.now(), clock.now(), "0", "0", "0")
        context = RunContext("r1", line, Stimulus(), EvidenceBox(tmp_path, "r1"), Masker([SECRET]))
        try:
            return await runner.play(what, run, context=context, drivers={"ivr": driver}, clock=clock, sink=Told())
        finally:
            await driver.close()

    return play


@dataclass
class Peer:
    """A running peer and what it told."""

    server: str
    process: asyncio.subprocess.Process
    told: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            self.told.append(json.loads(line))
            self.news.set()

    async def tells(self, what: str, times: int = 1) -> None:
        while len(self.instants(what)) < times:
            self.news.clear()
            await self.news.wait()

    def instants(self, what: str, **more: Any) -> list[float]:
        wanted = {"what": what, **more}
        return [one["at_s"] for one in self.told if wanted.items() <= one.items()]


@pytest.fixture
async def far_end() -> AsyncIterator[Callable[..., Awaitable[Peer]]]:
    """Start the far end of `scripts/benches/calling/far_end.py` with a plan."""
    running: list[tuple[Peer, asyncio.Task[None]]] = []

    async def start(folder: Path = PROMPTS, **plan: Any) -> Peer:
        process = await asyncio.create_subprocess_exec(
            sys.executable, far_end_program.__file__, str(folder), json.dumps(plan), stdout=asyncio.subprocess.PIPE
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


@dataclass
class Sipp:
    """A running SIPp, which takes as many calls as it was started for."""

    server: str
    process: asyncio.subprocess.Process

    async def ended(self) -> int:
        """Return what it ends with: 0 says that everything came as its scenario has it, to the end of the call."""
        return await asyncio.wait_for(self.process.wait(), 10.0)


@pytest.fixture
async def sipp(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Sipp]]]:
    """Start SIPp with the moves of a scenario of `sipp.py`."""
    running: list[asyncio.subprocess.Process] = []

    async def start(*moves: str, transport: str = "udp", calls: int = 1) -> Sipp:
        path = tmp_path / f"sipp-{len(running)}.xml"
        path.write_bytes(sipp_moves.scenario(*moves).encode("utf-8", "surrogateescape"))
        port, media_port = _free_port(), _free_port()
        where = f"-i 127.0.0.1 -p {port} -mp {media_port} -t {transport[0]}1"
        command = f"sipp -sf {path} {where} -m {calls} -nostdin -deadcall_wait 0"
        with path.with_suffix(".log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(*command.split(), stdout=log, stderr=log, cwd=tmp_path)
        running.append(process)
        while _is_free(port, transport):  # SIPp does not tell when it listens
            assert process.returncode is None, path.with_suffix(".log").read_text(errors="replace")
            await asyncio.sleep(0.01)
        return Sipp(f"127.0.0.1:{port}", process)

    yield start
    for process in running:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1]) // 2 * 2


def _is_free(port: int, transport: str) -> bool:
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
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
