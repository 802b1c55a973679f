"""The packets of a call as they are kept: its own, all of them, readable by others, and nothing of a secret."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
from collections import Counter
from itertools import pairwise

import pytest

from prober.channels.ivr.actions import Dial, HangUp, Hear, KeyMode, Press, Until
from prober.channels.ivr.packets import capture, pcap
from prober.channels.ivr.packets.streams import is_rtp
from prober.model.line import Line
from tests.channels.ivr.conftest import CUSTOMER, SECRET

pytestmark = pytest.mark.live

OTHER = Line("demo-2", "13800000002")


def datagrams(robot, name: str = "call.pcap") -> list[pcap.Datagram]:
    return list(pcap.read(io.BytesIO(robot.run.evidence.path(name).read_bytes())))


def sip(kept: list[pcap.Datagram]) -> list[str]:
    return [one.payload.decode() for one in kept if b"SIP/2.0" in one.payload]


def sound(kept: list[pcap.Datagram]) -> list[pcap.Datagram]:
    return [one for one in kept if is_rtp(one.payload)]


def header(text: str, name: str) -> str:
    return next(line for line in text.split("\r\n") if line.startswith(f"{name}:"))


async def output(*command: str) -> str:
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=quiet)
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said.decode()


async def test_each_of_two_calls_at_once_has_its_own_packets(far_end, call_from):
    """One line process makes both, at the same time to the same server: each file holds one call, and all of it."""
    peer = await far_end(answer=["welcome"])
    opened = call_from(peer.server, pcap=True)
    robots = [await opened(CUSTOMER), await opened(OTHER)]
    assert len({robot.session.pid for robot in robots}) == 1

    async def call(robot) -> int:
        await robot.do("dial", Dial("10086"))
        await robot.do("hear", Hear("welcome", until=Until.STARTED))
        await robot.do("press", Press("7"))
        seen = await robot.do("hang_up", HangUp())
        await robot.session.close()
        return seen.facts["rtp_received"]

    counts = await asyncio.gather(*map(call, robots))
    places = []
    for robot, received in zip(robots, counts, strict=True):
        kept = datagrams(robot)
        messages = json.loads(robot.run.evidence.path("ladder.json").read_text())
        assert len(sip(kept)) == sum("text" in one and "peer" in one for one in messages)
        assert len({header(text, "Call-ID") for text in sip(kept)}) == 1
        ours = int(next(text for text in sip(kept) if text.startswith("INVITE")).split("m=audio ")[1].split()[0])
        came = [one for one in sound(kept) if one.target[1] == ours]
        assert len(came) == pytest.approx(received, abs=3)
        assert any(one.payload[1] & 0x7F >= 96 for one in sound(kept) if one.source[1] == ours)
        assert [one.at_ns for one in kept] == sorted(one.at_ns for one in kept)
        assert "packets:" not in robot.run.evidence.path("ladder.txt").read_text()
        places.append({one.source for one in sound(kept)})
    assert not places[0] & places[1]


async def test_wireshark_reads_it(far_end, call_as):
    """As SIP, and as RTP once the SDP said where; every length and checksum is right."""
    robot = await call_as((await far_end(answer=["welcome"])).server, pcap=True)
    await robot.do("dial", Dial("10086"))
    await robot.do("hear", Hear("welcome", until=Until.STARTED))
    await robot.session.close()
    path = str(robot.run.evidence.path("call.pcap"))
    checked = ["-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    command = ["tshark", "-r", path, *checked, "-T", "fields", "-e", "_ws.col.Protocol", "-e", "udp.checksum.status"]
    told = (await output(*command)).splitlines()
    protocols = Counter(line.partition("\t")[0] for line in told)
    assert protocols["RTP"] > 10
    assert protocols["SIP/SDP"] >= 2
    assert {line.partition("\t")[2] for line in told} == {"1"}
    assert len((await output("tcpdump", "-n", "-r", path)).splitlines()) >= len(told)


@pytest.mark.parametrize("mode", list(KeyMode))
async def test_a_secret_is_in_no_packet(far_end, call_as, mode):
    """Neither its keys nor how many they were: silence stands in their stead, packet for packet, on both sides."""
    peer = await far_end(answer=["main_menu"])
    robot = await call_as(peer.server, pcap=True)
    await robot.do("dial", Dial("10086"))
    await robot.do("hear", Hear("main_menu", until=Until.STARTED))
    await robot.do("press", Press("7", mode=mode))
    call = robot.session._phone.call
    await robot.do("press", Press(SECRET, mode=mode, hold=0.08, gap=0.08))
    (secret,) = call.secret_s
    await robot.session.close()
    kept = datagrams(robot)
    texts = sip(kept)
    assert [text for text in texts if SECRET in text] == []
    signals = [text.partition("Signal=")[2][:3].strip() for text in texts if "Signal=" in text]
    assert signals == (["7"] + ["•••"] * len(SECRET) if mode is KeyMode.INFO else [])
    began_at_ns = call.clock.at(secret[0]).timestamp() * 1e9
    ended_at_ns = call.clock.at(secret[1] + 0.4).timestamp() * 1e9
    meanwhile = [one.payload for one in sound(kept) if began_at_ns <= one.at_ns <= ended_at_ns]
    assert len(meanwhile) > 30
    assert {payload[12:] for payload in meanwhile} == {b"\xd5" * 160}
    assert {payload[1] for payload in meanwhile} == {8}
    ours = [one.payload for one in sound(kept) if one.payload[8:12] == call_source(kept)]
    numbers = [int.from_bytes(payload[2:4], "big") for payload in ours]
    assert [b - a for a, b in pairwise(numbers)] == [1] * (len(numbers) - 1)
    events = {payload[12] for payload in ours if payload[1] & 0x7F >= 96}
    assert events == ({7} if mode in (KeyMode.RFC4733, KeyMode.AUTO) else set())


def call_source(kept: list[pcap.Datagram]) -> bytes:
    """Return the SSRC of our own stream."""
    port = int(next(text for text in sip(kept) if text.startswith("INVITE")).split("m=audio ")[1].split()[0])
    return next(one.payload[8:12] for one in sound(kept) if one.source[1] == port)


async def test_a_second_call_has_packets_of_its_own(far_end, call_as):
    """They are captured and kept apart from the first call's."""
    robot = await call_as((await far_end(answer=["welcome"])).server, pcap=True)
    for _ in range(2):
        await robot.do("dial", Dial("10086"))
        await robot.do("hear", Hear("welcome", until=Until.STARTED))
        await robot.do("hang_up", HangUp())
    await robot.session.close()
    first, second = ({header(text, "Call-ID") for text in sip(datagrams(robot, f"call{n}.pcap"))} for n in ("", "-2"))
    assert len(first) == len(second) == 1
    assert first != second


async def test_where_capturing_is_not_allowed_the_run_goes_on(far_end, call_as, tmp_path, monkeypatch):
    """The ladder says why there are no packets, and what to do; the rest of the evidence is there."""
    for name in ("tcpdump", "dumpcap"):
        script = tmp_path / name
        real = shutil.which(name)
        script.write_text(f'#!/bin/sh\nexec setpriv --reuid=65534 --clear-groups --bounding-set=-all {real} "$@"\n')
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    robot = await call_as((await far_end(answer=["welcome"])).server, pcap=True)
    await robot.do("dial", Dial("10086"))
    await robot.session.close()
    kept = [one.kind for one in robot.run.evidence.of_run]
    assert kept == ["recording", "rtp", "ladder", "messages"]
    ladder = robot.run.evidence.path("ladder.txt").read_text()
    assert "packets: none are kept: packets cannot be captured on this machine (tcpdump: " in ladder
    assert "permi" in ladder
    assert capture.CURE in ladder
