"""What passed on the wire, by the kernel's own clock: the loopback interface as tcpdump writes it down."""

from __future__ import annotations

import re
import struct
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from scripts.benches.calling.far_end import ALAW, EVENT, KEYS, TICK_S, header

READY_S = 10.0
FLUSH_S = 1.5
"""The kernel hands packets over by the block, at the latest after a second."""
_MAGIC = 0xA1B23C4D
"""Of a file whose stamps are nanoseconds, in this machine's own order of bytes."""
_ETHERNET, _IP, _UDP, _RTP = 14, 20, 8, 12
_EVENTS = re.compile(r"^a=rtpmap:(\d+) telephone-event/8000", re.MULTILINE)
_INVITE = re.compile(r"INVITE .*?^m=audio (\d+)", re.DOTALL | re.MULTILINE)


class Capture:
    """Writes down the UDP packets of the loopback interface while the context lasts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        command = ["tcpdump", "-i", "lo", "-n", "-s", "0", "-B", "65536", "--time-stamp-precision=nano"]
        self._process = subprocess.Popen(
            [*command, "-w", str(self.path), "udp"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None  # noqa: S101  # it is a pipe
        said = self._process.stderr.readline()
        while said and "listening on" not in said:
            said = self._process.stderr.readline()
        if not said:
            raise RuntimeError("tcpdump may not read the loopback interface: run the bench as root")
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(FLUSH_S)
        self._process.terminate()
        self.said = self._process.communicate(timeout=READY_S)[1]

    @property
    def dropped(self) -> int:
        """How many packets the kernel could not hand over, once it is closed."""
        found = re.search(r"(\d+) packets? dropped by kernel", self.said)
        return int(found[1]) if found else 0


@dataclass(frozen=True)
class Packet:
    """One UDP packet. *at_s* is the kernel's stamp, by the wall clock."""

    at_s: float
    source: int
    target: int
    payload: bytes


def packets(path: Path) -> Iterator[Packet]:
    """
    Yield what a capture holds.

    Raises:
        ValueError: It is of another kind than `Capture` writes.
    """
    with path.open("rb") as file:
        magic, _, _, _, _, _, link = struct.unpack("=IHHiIII", file.read(24))
        if (magic, link) != (_MAGIC, 1):
            raise ValueError(f"{path} holds no nanoseconds of Ethernet packets")
        while len(head := file.read(16)) == 16:
            seconds, nanoseconds, length, _ = struct.unpack("=IIII", head)
            frame = file.read(length)
            if frame[12:14] == b"\x08\x00" and frame[_ETHERNET] == 0x45:
                source, target = struct.unpack_from("!HH", frame, _ETHERNET + _IP)
                yield Packet(seconds + nanoseconds / 1e9, source, target, frame[_ETHERNET + _IP + _UDP :])


@dataclass
class Call:
    """One call on the wire: when each key's first packet passed, and the sound that came back."""

    keys: list[tuple[float, str]] = field(default_factory=list)
    sound: list[tuple[float, bytes]] = field(default_factory=list)
    ended_s: float = float("inf")

    def answered_s(self, key: int, prompt: Mapping[bytes, int], audible: int) -> float | None:
        """
        Return how long after the call's key number *key* its prompt became audible; None if it did not.

        *prompt* tells which packet of it a payload is, *audible* which one is the first that can be heard. Where that
        one was lost, the first one behind it tells when it was due.
        """
        began_s = self.keys[key][0]
        until_s = self.keys[key + 1][0] if key + 1 < len(self.keys) else float("inf")
        for at_s, payload in self.sound:
            index = prompt.get(payload, -1)
            if began_s <= at_s < until_s and index >= audible:
                return at_s - (index - audible) * TICK_S - began_s
        return None


def calls(path: Path) -> dict[str, Call]:
    """Return the calls of a capture by their Call-ID."""
    found: dict[str, Call] = {}
    by_port: dict[int, Call] = {}
    kinds: dict[int, int] = {}
    events: dict[int, int] = defaultdict(lambda: -1)
    for packet in packets(path):
        payload = packet.payload
        if payload.startswith((b"INVITE ", b"BYE ")):
            text = payload.decode(errors="replace")
            call = found.setdefault(header(text, "Call-ID"), Call())
            if offer := _INVITE.match(text):
                port = int(offer[1])
                by_port[port] = call
                kinds[port] = int(keys[1]) if (keys := _EVENTS.search(text)) else EVENT
            else:
                call.ended_s = packet.at_s
        elif len(payload) > _RTP and payload[0] == 0x80:
            kind = payload[1] & 0x7F
            if kind == kinds.get(packet.source):
                stamp = struct.unpack_from("!I", payload, 4)[0]
                if stamp != events[packet.source]:
                    events[packet.source] = stamp
                    by_port[packet.source].keys.append((packet.at_s, KEYS[payload[_RTP]]))
            elif kind == ALAW and packet.target in by_port:
                by_port[packet.target].sound.append((packet.at_s, payload[_RTP:]))
    return found


def at_once(found: Sequence[Call], at_s: float) -> int:
    """Return how many calls were up at an instant."""
    return sum(bool(call.sound) and call.sound[0][0] <= at_s <= call.ended_s for call in found)
