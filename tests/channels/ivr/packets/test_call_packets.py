"""Which of the captured packets are a call's."""

from __future__ import annotations

import struct
from dataclasses import replace

from prober.channels.ivr.call import Call
from prober.channels.ivr.messages import SipMessage
from prober.channels.ivr.packets.call_packets import of_call
from prober.channels.ivr.packets.pcap import Datagram
from prober.loading.masking import Masker

OURS, THEIRS = bytes((10, 0, 0, 7)), bytes((10, 0, 0, 5))
AHEAD_S = 1_700_000_000.0
INVITE = (
    "INVITE sip:10086@10.0.0.5 SIP/2.0\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\n\r\n"
    "v=0\r\nc=IN IP4 10.0.0.7\r\nm=audio 20000 RTP/AVP 8\r\na=rtcp:20011 IN IP4 10.0.0.7\r\n"
)
RTP = struct.pack("!BBHII", 0x80, 8, 1, 160, 7) + b"\x55" * 160


def passed(at_s: float, payload: bytes, source=(OURS, 20000), target=(THEIRS, 9000), interface: int = 1) -> Datagram:
    return Datagram(round((AHEAD_S + at_s) * 1e9), source, target, payload, b"\x45" + bytes(19), interface)


def kept(*captured: Datagram, secrets: tuple[str, ...] = ()) -> list[Datagram]:
    call = Call("10086")
    call.take(SipMessage(10.0, True, "UDP 10.0.0.5:5060", INVITE))
    call.take(SipMessage(20.0, False, "UDP 10.0.0.5:5060", "BYE sip:x SIP/2.0\r\nCall-ID: one\r\nCSeq: 2 BYE\r\n\r\n"))
    return list(of_call(call, captured, Masker(secrets), ahead_s=AHEAD_S).datagrams)


def test_sound_is_known_by_where_we_take_it_and_when():
    """In both directions, with its reports; not another call's, not what came to the same port before or after."""
    ours = passed(11, RTP)
    theirs = passed(11, RTP, (THEIRS, 9000), (OURS, 20000))
    report = passed(11, struct.pack("!BBHI", 0x80, 201, 1, 7), target=(OURS, 20011))
    strange = [
        passed(11, RTP, (OURS, 20002), (THEIRS, 9000)),
        passed(11, RTP, (THEIRS, 20000), (OURS, 20002)),
        passed(9, RTP),
        passed(21.5, RTP),
        passed(11, b"\r\n\r\n"),
    ]
    assert kept(ours, *strange, theirs, report) == [ours, theirs, report]


def test_messages_are_known_by_their_call_and_masked():
    """Whatever port they came from; a longer text than before is no hindrance."""
    ours = passed(10, INVITE.replace("10086", "p4ssword").encode(), (OURS, 41234), (THEIRS, 5060))
    other = passed(10, INVITE.replace("ID: one", "ID: two").encode(), (OURS, 41234), (THEIRS, 5060))
    (found,) = kept(ours, other, secrets=("p4ssword",))
    assert found.payload.decode() == INVITE.replace("10086", "•••")


def test_what_passes_two_interfaces_is_one_datagram():
    """As through a bond; what comes twice on one interface came twice."""
    first = passed(11, RTP)
    again = replace(first, interface=2, at_ns=first.at_ns + 1000)
    twice = replace(first, at_ns=first.at_ns + 2000)
    assert kept(first, again) == [first]
    assert kept(first, twice) == [first, twice]
