"""The packets of one session's calls, from the capture to the file that is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from prober.channels.ivr.call import Call
from prober.channels.ivr.config import SIP_PORT, Settings
from prober.channels.ivr.packets import pcap
from prober.channels.ivr.packets.call_packets import CallPackets, of_call
from prober.channels.ivr.packets.capture import Capture, Captured
from prober.channels.ivr.sip_trace import Note
from prober.channels.timing import monotonic
from prober.errors import RobotBroken
from prober.loading.masking import Masker


class Packets:
    """Captures what passes while a session calls. Where that cannot be, the ladder says why, and the run goes on."""

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted
        self._capture: Capture | None = None
        self._refused: RobotBroken | None = None

    async def begin(self) -> None:
        """Capture from now on, for the call to come."""
        if not self._wanted or self._capture is not None:
            return
        try:
            self._capture, self._refused = await Capture.start(self._wanted), None
        except RobotBroken as refused:
            self._refused = refused

    async def of(self, call: Call, mask: Masker) -> tuple[bytes, Sequence[Note]]:
        """Capture no more; return the packets of *call* as a capture file, empty if there is none, and what to know."""
        capture, self._capture = self._capture, None
        try:
            if self._refused is not None:
                raise self._refused
            if capture is None:
                return b"", ()
            return await asyncio.to_thread(_cut, call, await capture.end(), mask)
        except RobotBroken as broken:
            return b"", (_note(f"none are kept: {broken.what}. {broken.cure}"),)

    async def drop(self) -> None:
        """Capture no more, and keep nothing."""
        capture, self._capture = self._capture, None
        if capture is not None:
            await capture.drop()


def filter_of(settings: Settings, proxy: str) -> str:
    """Return the filter, as tcpdump has it, of the SIP and RTP of a line; empty where no packets are kept."""
    if not settings.pcap:
        return ""
    _, _, port = proxy.rpartition(":")
    ports = {SIP_PORT, settings.port, int(port) if port.isdigit() else SIP_PORT}
    first, last = settings.rtp_ports
    return f"udp and (portrange {first}-{last} or {' or '.join(f'port {one}' for one in sorted(ports))})"


def _cut(call: Call, captured: Captured, mask: Masker) -> tuple[bytes, Sequence[Note]]:
    with captured.file as file:
        try:
            found = of_call(call, pcap.read(file), mask, ahead_s=captured.ahead_s)
        except ValueError as exc:
            return b"", (_note(f"none are kept: what was captured cannot be read: {exc}"),)
    content = pcap.write(found.datagrams) if found.datagrams else b""
    return content, [_note(lack) for lack in _lacks(call, found, captured.dropped)]


def _lacks(call: Call, found: CallPackets, dropped: int) -> Sequence[str]:
    passed = sum(one.peer.startswith("UDP") for one in call.trace.messages)
    lacks = []
    if found.messages < passed:
        lacks.append(f"{passed - found.messages} of {passed} SIP messages are missing: in fragments, or not captured")
    if dropped:
        lacks.append(f"up to {dropped} are missing: this machine was too busy to capture them")
    return lacks


def _note(text: str) -> Note:
    return Note(monotonic(), f"packets: {text}")
