"""Captures that are begun, ended and left behind."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time

import pytest

from prober.channels.ivr.packets import capture, pcap
from prober.channels.ivr.packets.capture import Capture
from prober.errors import RobotBroken

pytestmark = pytest.mark.live

PORT = 29998
WANTED = f"udp and port {PORT}"


def send(*payloads: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for payload in payloads:
            sender.sendto(payload, ("127.0.0.1", PORT))


@pytest.mark.parametrize("name", ["tcpdump", "dumpcap"])
async def test_what_passes_is_captured_by_either_program(name, tmp_path, monkeypatch):
    """By its filter, in order, dated by the clock of the machine."""
    monkeypatch.setattr(capture, "_PROGRAMS", tuple(one for one in capture._PROGRAMS if one.name == name))
    running = await Capture.start(WANTED)
    began_s = time.time()
    send(*(b"%d" % number for number in range(20)))
    captured = await asyncio.wait_for(running.end(), 5.0)
    with captured.file as file:
        found = list(pcap.read(file))
    assert [one.payload for one in found if one.target[1] == PORT] == [b"%d" % number for number in range(20)]
    assert began_s - 0.1 < found[0].at_ns / 1e9 < time.time()
    assert captured.dropped == 0


async def test_a_capture_has_no_name_on_the_disk(tmp_path, monkeypatch):
    """Nobody can open it, and nothing of it is left, however the robot ends."""
    monkeypatch.setattr(capture.tempfile, "tempdir", str(tmp_path))
    running = await Capture.start(WANTED)
    send(b"secret")
    assert list(tmp_path.iterdir()) == []
    await running.drop()


async def test_a_capture_ends_with_the_robot():
    """Killed, it leaves nobody to write to: the next packet ends the program."""
    told = (
        "import asyncio\nfrom prober.channels.ivr.packets.capture import Capture\n"
        f"async def go():\n    running = await Capture.start('{WANTED}')\n"
        "    print(running._process.pid, flush=True)\n    await asyncio.sleep(60)\nasyncio.run(go())\n"
    )
    robot = await asyncio.create_subprocess_exec(sys.executable, "-c", told, stdout=asyncio.subprocess.PIPE)
    assert robot.stdout
    pid = int(await robot.stdout.readline())
    watched = os.pidfd_open(pid)
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(watched, gone.set)
    robot.kill()
    await robot.wait()
    send(*[b"x" * 1000] * 20)
    await asyncio.wait_for(gone.wait(), 5.0)
    asyncio.get_running_loop().remove_reader(watched)
    os.close(watched)


async def test_a_clock_that_was_set_keeps_nothing(monkeypatch):
    """It is not known any more which packets hold secrets."""
    running = await Capture.start(WANTED)
    monkeypatch.setattr(running, "_ahead_s", running._ahead_s + 1.0)
    with pytest.raises(RobotBroken, match="clock of this machine was set"):
        await running.end()


async def test_being_held_up_is_no_clock_that_was_set(monkeypatch):
    """A busy machine may stop the robot between its looks at the two clocks."""
    running = await Capture.start(WANTED)
    held_up = iter([1.0])
    monkeypatch.setattr(capture, "monotonic", lambda: time.monotonic() + next(held_up, 0.0))
    (await running.end()).file.close()
    assert next(held_up, None) is None


async def test_a_machine_without_room_for_temporary_files_is_told(monkeypatch, tmp_path):
    """Before anything is captured."""
    monkeypatch.setattr(capture.tempfile, "tempdir", str(tmp_path / "gone"))
    monkeypatch.setattr(capture.asyncio, "create_subprocess_exec", None)
    with pytest.raises(RobotBroken, match="there is no room for the packets: No such file or directory") as told:
        await Capture.start(WANTED)
    assert "TMPDIR" in told.value.cure


async def test_a_machine_without_the_programs_is_told(monkeypatch, tmp_path):
    """With what to install."""
    monkeypatch.setattr(capture, "_PLACES", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RobotBroken, match="there is no tcpdump; there is no dumpcap") as told:
        await Capture.start(WANTED)
    assert "setcap" in told.value.cure
