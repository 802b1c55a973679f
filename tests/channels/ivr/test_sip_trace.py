"""What a call's SIP messages say."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from prober.channels.ivr.messages import SipMessage
from prober.channels.ivr.sip_trace import (
    Note,
    SipTrace,
    ladder,
    ladder_json,
    q850_cause,
    read_logged,
    ring_time,
    session_disconnect_delay,
    session_request_delay,
)
from prober.channels.timing import Clock

LOGGED = (
    "RX 300 bytes Response msg 486/INVITE/cseq=7 (rdata0x1) from UDP 10.0.0.5:5060:\n"
    "SIP/2.0 486 Busy Here\r\nCSeq: 7 INVITE\r\nServer: pbx\r\n\r\n\n--end msg--"
)


def told(at_s: float, first_line: str, method: str, *more: str, sent: bool = False) -> SipMessage:
    return SipMessage(at_s, sent, "UDP 10.0.0.5:5060", "\r\n".join([first_line, f"CSeq: 1 {method}", *more, "", ""]))


CHALLENGED = SipTrace(
    [
        told(0.0, "INVITE sip:1@a SIP/2.0", "INVITE", sent=True),
        told(0.1, "SIP/2.0 407 Proxy Authentication Required", "INVITE"),
        told(0.2, "INVITE sip:1@a SIP/2.0", "INVITE", sent=True),
        told(0.3, "SIP/2.0 100 Trying", "INVITE"),
        told(0.5, "SIP/2.0 180 Ringing", "INVITE"),
        told(1.5, "SIP/2.0 200 OK", "INVITE"),
        told(3.0, "BYE sip:1@a SIP/2.0", "BYE", sent=True),
        told(3.5, "BYE sip:1@a SIP/2.0", "BYE", sent=True),
        told(3.6, "SIP/2.0 200 OK", "BYE"),
    ]
)


def test_a_logged_message_is_read():
    """Direction, peer, code, reason and headers come out of pjsip's log."""
    message = read_logged(1.0, LOGGED)
    assert message
    assert (message.sent, message.peer, message.code, message.reason) == (False, "UDP 10.0.0.5:5060", 486, "Busy Here")
    assert (message.method, message.header("server"), message.header("Reason")) == ("INVITE", "pbx", None)


def test_other_lines_of_the_log_are_no_messages():
    """What pjsip says of itself is left alone."""
    assert read_logged(1.0, "Call 0: deinitializing media..") is None


def test_the_delays_of_a_challenged_call():
    """The challenge is no answer, 100 is none either, and retransmissions do not count."""
    assert session_request_delay(CHALLENGED) == pytest.approx(0.5)
    assert ring_time(CHALLENGED) == pytest.approx(1.0)
    assert session_disconnect_delay(CHALLENGED) == pytest.approx(0.6)


def test_what_never_came_has_no_delay():
    """An INVITE alone has none of the figures."""
    alone = SipTrace(CHALLENGED.messages[:1])
    assert (session_request_delay(alone), ring_time(alone), session_disconnect_delay(alone)) == (None, None, None)


def test_the_q850_cause_is_read():
    """Cause and text of a Reason header."""
    bye = told(0.0, "BYE sip:1@a SIP/2.0", "BYE", 'Reason: Q.850 ;cause=17 ;text="User busy"')
    assert q850_cause(bye) == (17, "User busy")
    assert q850_cause(CHALLENGED.messages[0]) == (None, "")


def test_the_ladder_is_in_the_order_of_time():
    """Seconds since the first entry, an arrow, the first line; keys stand between."""
    entries = [*CHALLENGED.messages[:2], Note(0.05, "key 1")]
    clock = clock_at("2026-11-22T01:02:03.000004+00:00")
    assert ladder(entries, clock, SipTrace(CHALLENGED.messages[:2])).splitlines() == [
        "2026-11-22T01:02:03.000004Z (UTC) is second 0",
        "",
        "   0.0000 s  robot → 10.0.0.5:5060  INVITE sip:1@a SIP/2.0",
        "   0.0500 s  robot ·  key 1",
        "   0.1000 s  robot ← 10.0.0.5:5060  SIP/2.0 407 Proxy Authentication Required",
        "",
    ]
    told = json.loads(ladder_json(entries, clock))
    assert [one["after_s"] for one in told] == [0.0, 0.05, 0.1]
    assert [one["at"] for one in told][1] == "2026-11-22T01:02:03.050004Z"


def test_the_ladder_ends_with_how_long_it_took():
    """The delays that have names stand below the messages."""
    told = ladder(CHALLENGED.messages, clock_at("2026-11-22T01:02:03+00:00"), CHALLENGED)
    assert told.splitlines()[-5:] == [
        "   0.5000 s  INVITE → first answer but 100 and challenges (SRD)",
        "   1.0000 s  first 180 or 183 → 2xx",
        "   1.5000 s  INVITE → 2xx",
        "   1.5000 s  2xx → BYE",
        "   0.6000 s  our BYE → its 2xx (SDD)",
    ]


def test_nothing_has_no_ladder():
    """A call that never left the robot has nothing to show."""
    assert ladder([], clock_at("2026-11-22T01:02:03+00:00"), SipTrace()) == ""


def clock_at(instant):
    """Return a clock whose monotonic zero is *instant*."""
    began = Clock(lambda: datetime.fromisoformat(instant))
    began._started_s = 0.0
    return began
