"""What the bench of truth holds the robot against: the wire, as it is written down."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

import pytest

from scripts.benches.calling.far_end import TICK_S, payloads
from scripts.benches.calling.robot import PROMPTS
from scripts.benches.calling.wire import Call, Capture, at_once, calls, packets

PROMPT = [bytes([number]) * 160 for number in range(10)]
INDEX = {payload: number for number, payload in enumerate(PROMPT)}
ANSWERED_S = 0.7
AUDIBLE = 3


def call(*lost: int) -> Call:
    """A call whose first key is answered after 0.7 s, so that packet 3 of the prompt is due then."""
    began_s = 100 + ANSWERED_S - AUDIBLE * TICK_S
    sound = [(99.0, PROMPT[5])]
    sound += [(began_s + n * TICK_S, payload) for n, payload in enumerate(PROMPT) if n not in lost]
    return Call([(100.0, "1"), (102.0, "2")], sound)


@pytest.mark.parametrize("lost", [(), (3,), (2, 3, 4)])
def test_a_prompt_became_audible_when_its_packet_came_or_was_due(lost: tuple[int, ...]) -> None:
    """A lost packet is dated by the next one that came; what was played before the key is no answer."""
    assert call(*lost).answered_s(0, INDEX, AUDIBLE) == pytest.approx(ANSWERED_S)


def test_what_did_not_come_is_not_dated() -> None:
    """A prompt behind the next key does not answer the one before."""
    assert call(*range(10)).answered_s(0, INDEX, AUDIBLE) is None
    assert call().answered_s(1, INDEX, AUDIBLE) is None


def test_calls_at_once_are_those_with_sound_and_no_bye() -> None:
    """At the instant that is asked for."""
    over, going_on = call(), call()
    over.ended_s = 101.0
    assert [at_once([over, going_on], at_s) for at_s in (98.0, 100.0, 101.5)] == [0, 2, 1]


@pytest.mark.live
def test_the_kernel_dates_what_passes(tmp_path: Path) -> None:
    """Packets of a call as they pass the loopback interface: its keys once each, its sound, its end."""
    robot, far_end = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    with robot, far_end, Capture(tmp_path / "wire.pcap") as wire:
        for one in (robot, far_end):
            one.bind(("127.0.0.1", 0))
        port = robot.getsockname()[1]
        robot.sendto(
            f"INVITE sip:1 SIP/2.0\r\nCall-ID: x\r\n\r\nm=audio {port} RTP/AVP 8\r\n".encode(), far_end.getsockname()
        )
        for key, sequence in ((1, 1), (1, 2), (5, 3)):
            event = struct.pack("!BBHIIBBH", 0x80, 101, sequence, 160 * key, 7, key, 10, 160)
            robot.sendto(event, far_end.getsockname())
        far_end.sendto(struct.pack("!BBHII", 0x80, 8, 1, 160, 9) + PROMPT[4], ("127.0.0.1", port))
        robot.sendto(b"BYE sip:1 SIP/2.0\r\nCall-ID: x\r\n\r\n", far_end.getsockname())
    found = calls(wire.path)["x"]
    assert [key for _, key in found.keys] == ["1", "5"]
    assert [payload for _, payload in found.sound] == [PROMPT[4]]
    assert found.keys[0][0] <= found.keys[1][0] <= found.sound[0][0] <= found.ended_s
    assert wire.dropped == 0


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """Not read as if it were one."""
    (tmp_path / "x.pcap").write_bytes(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    with pytest.raises(ValueError, match="no nanoseconds"):
        list(packets(tmp_path / "x.pcap"))


def test_every_prompt_is_cut_into_packets_of_20_ms() -> None:
    """As they are sent, the last one filled up."""
    parts = payloads(PROMPTS / "welcome.wav")
    assert {len(part) for part in parts} == {160}
