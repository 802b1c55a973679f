"""Which of the packets that were captured are a call's, and what of them may be kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address

from prober.channels.ivr.call import Call
from prober.channels.ivr.marking import secret_s
from prober.channels.ivr.messages import SipMessage
from prober.channels.ivr.packets.pcap import Datagram, Place
from prober.channels.ivr.packets.streams import Streams, is_rtcp, is_rtp
from prober.channels.ivr.sip_trace import readable
from prober.loading.masking import Masker

BEHIND_S = 1.0
"""How long after the last SIP message of a call its sound may still come."""
TWICE_NS = 50_000_000
"""A datagram that passes a second interface of this machine does so at once."""
_SIP = re.compile(rb"(?:SIP/2\.0 \d{3}|[A-Z]+ \S+ SIP/2\.0\r?$)", re.MULTILINE)
_ADDRESS = re.compile(r"^c=IN IP[46] ([0-9A-Fa-f.:]+)", re.MULTILINE)
_AUDIO = re.compile(r"^m=audio (\d+)", re.MULTILINE)
_REPORTS = re.compile(r"^a=rtcp:(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class CallPackets:
    """A call's datagrams as they may be kept, and how many of them are SIP."""

    datagrams: tuple[Datagram, ...]
    messages: int


def of_call(call: Call, captured: Iterable[Datagram], mask: Masker, *, ahead_s: float) -> CallPackets:
    """
    Return the packets of *call*: its SIP messages masked as on the ladder, its sound silent where nobody may hear it.

    *ahead_s* is how far the wall clock, which the packets are dated by, is ahead of the monotonic one.
    """
    cut = _Cut(call, mask, ahead_s)
    kept = [one for one in map(cut.kept, _once(captured)) if one is not None]
    return CallPackets(tuple(kept), cut.messages)


class _Cut:
    """One call's packets told from all others."""

    def __init__(self, call: Call, mask: Masker, ahead_s: float) -> None:
        self._call, self._mask, self._ahead_s = call, mask, ahead_s
        self._ids = {one.call_id for one in call.trace.messages} - {""}
        self._places = set(_places(call.trace.messages))
        times = [one.at_s for one in call.trace.messages]
        self._from_s, self._until_s = min(times, default=0.0), max(times, default=0.0) + BEHIND_S
        self._secret_s = secret_s(call)
        self._streams = Streams()
        self.messages = 0

    def kept(self, one: Datagram) -> Datagram | None:
        """Return a datagram as it may be kept; None if it is not this call's."""
        if _SIP.match(one.payload):
            return self._message(one)
        at_s = one.at_ns / 1e9 - self._ahead_s
        ours = one.source in self._places or one.target in self._places
        if not ours or not self._from_s <= at_s <= self._until_s:
            return None
        payload = self._sound(one.payload, at_s)
        return None if payload is None else replace(one, payload=payload)

    def _message(self, one: Datagram) -> Datagram | None:
        text = readable(one.payload.decode("utf-8", "surrogateescape"))
        message = SipMessage(one.at_ns / 1e9 - self._ahead_s, sent=False, peer="", text=text)
        if message.call_id not in self._ids:
            return None
        self.messages += 1
        return replace(one, payload=self._mask(self._call.shown(message).text).encode())

    def _sound(self, payload: bytes, at_s: float) -> bytes | None:
        secret = any(start_s <= at_s <= end_s for start_s, end_s in self._secret_s)
        if is_rtcp(payload):
            return self._streams.report(payload) if self._secret_s else payload
        if not is_rtp(payload):
            return None
        return self._streams.silenced(payload) if secret else self._streams.clear(payload)


def _once(captured: Iterable[Datagram]) -> Iterator[Datagram]:
    """Yield each datagram once: on the way through a bond or bridge it passes several interfaces of this machine."""
    last: dict[tuple[Place, Place], Datagram] = {}
    for one in captured:
        twin = last.get((one.source, one.target))
        same = twin is not None and (twin.header, twin.payload) == (one.header, one.payload)
        if twin is None or not same or twin.interface == one.interface or one.at_ns - twin.at_ns > TWICE_NS:
            last[one.source, one.target] = one
            yield one


def _places(messages: Sequence[SipMessage]) -> Iterator[Place]:
    """Yield where our descriptions of the sound say that we take it, and its reports."""
    for one in messages:
        address, port = _ADDRESS.search(one.text), _AUDIO.search(one.text)
        if not one.sent or address is None or port is None:
            continue
        reports = _REPORTS.search(one.text)
        packed = ip_address(address[1]).packed
        yield packed, int(port[1])
        yield packed, int(reports[1]) if reports else int(port[1]) + 1
