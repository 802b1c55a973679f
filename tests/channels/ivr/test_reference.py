"""The self-check calls itself as a run calls, says precisely what does not work, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import forkserver
from pathlib import Path

import numpy as np
import pytest

from prober.channels.ivr import reference
from prober.channels.ivr.config import Settings
from prober.channels.ivr.driver import IvrDriver
from prober.channels.timing import monotonic
from prober.errors import RobotBroken

pytestmark = pytest.mark.live

LONGEST_S = 9.0


def settings(**more: object) -> Settings:
    return Settings.model_validate({"server": "127.0.0.1:5060", "prompts": "nowhere", **more})


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No line process outlives its check."""
    before = _line_processes()
    yield
    assert _line_processes() <= before


def _line_processes() -> set[str]:
    pid = forkserver._forkserver._forkserver_pid
    return {child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()}


@pytest.mark.parametrize("more", [{}, {"transport": "tcp", "codecs": ["PCMU"], "rtp_ports": "23450-23457"}])
async def test_passes(table, more):
    """A sound robot hears itself, whatever server, transport, codec and ports it is set up for."""
    began_s = monotonic()
    driver = IvrDriver(settings(**more), table)
    words = await driver.self_check()
    assert monotonic() - began_s < LONGEST_S
    told, _, after = words.rpartition(", and recognised the reference prompt ")
    assert told == "called itself at 127.0.0.1, pressed 1"
    heard, _, way = after.partition("; ")
    assert 0 <= float(heard.removesuffix(" s after the key")) < 0.5
    assert way == "this machine has a way to 127.0.0.1, from 127.0.0.1"


NO_NETWORK = """
import asyncio, fcntl, socket, struct
from prober.channels.ivr import engine
from prober.channels.ivr.config import Settings
from prober.channels.ivr.driver import IvrDriver
from prober.errors import RobotBroken
from prober.model.prompt import PromptTable
from pathlib import Path

SIOCSIFFLAGS, IFF_UP = 0x8914, 1  # in a new network the loopback is down
fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
engine.start_forkserver()
for host in ("192.0.2.1", "127.0.0.1"):
    settings = Settings.model_validate({"server": f"{host}:5060", "prompts": "nowhere"})
    try:
        print(asyncio.run(IvrDriver(settings, PromptTable(Path(), {}, {}, "")).self_check()))
    except RobotBroken as broken:
        print(f"broken: {broken}")
"""


async def test_no_network():
    """Where only loopback is left, calling works there, and the server is still out of this machine's reach."""
    own_network = ("unshare", "-n" if os.geteuid() == 0 else "-rn")
    process = await asyncio.create_subprocess_exec(*own_network, sys.executable, "-c", NO_NETWORK, stdout=PIPE)
    out, _ = await process.communicate()
    far, near = out.decode().splitlines()
    assert far.startswith("broken: this machine has no route to 192.0.2.1")
    assert "recognised the reference prompt" in near


async def test_side_by_side():
    """Two checks at once do not disturb each other."""
    first, second = await asyncio.gather(*(reference.self_check(settings()) for _ in range(2)))
    assert "recognised" in first
    assert "recognised" in second


@pytest.mark.parametrize(
    ("lost", "what"),
    [
        ({"lose_sent": 100}, "hearing: no RTP packet came in from the line process that was called"),
        ({"lose_received": 100}, "hearing: the key never came to the line process that was called: no RTP leaves"),
    ],
)
async def test_lost_packets(lost, what):
    """A call whose packets are lost in one direction fails, and is told which one."""
    began_s = monotonic()
    with pytest.raises(RobotBroken) as caught:
        await reference.self_check(settings(), **lost)
    assert caught.value.what == f"a call to itself on loopback does not work either: {what}"
    assert "127.0.0.1" in caught.value.cure
    assert monotonic() - began_s < LONGEST_S


async def test_another_prompt(monkeypatch):
    """What comes and is not the reference prompt is not taken for it."""
    rising = np.sin(2 * np.pi * np.cumsum(np.linspace(300, 3000, 11000)) / 8000) * 16000
    monkeypatch.setattr(reference._SelfCheck, "start", _playing(rising.astype(np.int16).tobytes()))
    with pytest.raises(RobotBroken, match="hearing: the reference prompt was played, and not recognised; heard: "):
        await reference.self_check(settings())


def _playing(prompt: bytes):
    start = reference._SelfCheck.start

    async def starting(self, **lost):
        self._prompt = prompt
        await start(self, **lost)

    return starting


async def test_no_process():
    """A line process that cannot be had is what is told."""
    with _no_more_files(), pytest.raises(RobotBroken) as caught:
        await reference.self_check(settings())
    assert "starting the line process that is called: no line process could be started" in caught.value.what
    assert "open files" in caught.value.cure


@contextmanager
def _no_more_files() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def test_no_ports():
    """RTP ports that others hold are found, for the check uses those of the settings."""
    with ExitStack() as stack:
        for port in range(23460, 23468):
            one = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            one.bind(("127.0.0.1", port))
        with pytest.raises(RobotBroken, match=r"calling: .*Address already in use"):
            await reference.self_check(settings(rtp_ports="23460-23467"))


@pytest.mark.parametrize("after_s", [0.0, 0.01, 0.1, 0.5, 1.0])
async def test_broken_off(after_s):
    """A check that is broken off, at whatever moment, ends its processes before it ends."""
    checking = asyncio.create_task(reference.self_check(settings()))
    await asyncio.sleep(after_s)
    checking.cancel()
    with suppress(asyncio.CancelledError):
        await checking
