"""The SIP messages of one call: what they say, how long they took, and how they look to a person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from prober.channels.ivr.messages import SipMessage
from prober.channels.timing import Clock

_LOGGED = re.compile(
    r"(?P<way>[TR]X) \d+ bytes .*? (?:to|from) (?P<peer>\S+ \S+):\n(?P<text>.*)\n--end msg--", re.DOTALL
)
_Q850 = re.compile(r'Q\.850\s*;\s*cause\s*=\s*(\d+)(?:.*?text\s*=\s*"([^"]*)")?', re.IGNORECASE)
CHALLENGES = (401, 407)


def read_logged(at_s: float, logged: str) -> SipMessage | None:
    """Return the SIP message that a line of pjsip's log shows; None for any other line."""
    found = _LOGGED.search(logged)
    if found is None:
        return None
    return SipMessage(at_s, found["way"] == "TX", found["peer"], readable(found["text"]))


def readable(text: str) -> str:
    """Return *text* as pjsip passed it on; what is not UTF-8, as SIP is to be, is Chinese equipment's GB 18030."""
    content = text.encode("utf-8", "surrogateescape")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("gb18030", "replace")


@dataclass
class SipTrace:
    """One call's messages, in order."""

    messages: list[SipMessage] = field(default_factory=list)

    def requests(self, method: str, *, sent: bool) -> Iterator[SipMessage]:
        """Yield the requests of that method, retransmissions among them."""
        return (one for one in self.messages if one.sent is sent and one.code is None and one.method == method)

    def answers(self, method: str) -> Iterator[SipMessage]:
        """Yield what came back to our requests of that method."""
        return (one for one in self.messages if not one.sent and one.code is not None and one.method == method)

    @property
    def invited(self) -> SipMessage | None:
        """The first INVITE."""
        return next(self.requests("INVITE", sent=True), None)

    @property
    def answered(self) -> SipMessage | None:
        """The first 2xx to an INVITE."""
        return next((one for one in self.answers("INVITE") if 200 <= (one.code or 0) < 300), None)

    @property
    def leg(self) -> str | None:
        """The Call-ID the call goes on under: that of the last INVITE of ours that was answered, else of the first."""
        taken = [one for one in self.answers("INVITE") if 200 <= (one.code or 0) < 300]
        last = taken[-1] if taken else self.invited
        return last.header("Call-ID") if last is not None else None

    @property
    def takes_events(self) -> bool:
        """Whether the far end's last description of the sound has keys as RTP events in it."""
        described = [one.text for one in self.answers("INVITE") if "m=audio" in one.text]
        return bool(described) and "telephone-event" in described[-1].lower()

    @property
    def early(self) -> SipMessage | None:
        """The first provisional answer that sound comes with."""
        return next((one for one in self.answers("INVITE") if (one.code or 0) < 200 and "m=audio" in one.text), None)

    @property
    def refused(self) -> SipMessage | None:
        """The 3xx to 6xx to the last INVITE of the first leg: a challenge that we have answered is none."""
        last = None
        for one in self.requests("INVITE", sent=True):
            last = one if last is None or one.header("Call-ID") == last.header("Call-ID") else last
        said = (one for one in self.answers("INVITE") if (one.code or 0) >= 300)
        return next((one for one in said if last is not None and is_answer(one, last)), None)

    @property
    def ringing(self) -> SipMessage | None:
        """The first 180 or 183."""
        return next((one for one in self.answers("INVITE") if one.code in (180, 183)), None)

    @property
    def bye(self) -> SipMessage | None:
        """Our BYE, on the leg the call went on with."""
        return next((one for one in self.requests("BYE", sent=True) if one.header("Call-ID") == self.leg), None)

    @property
    def hung_up(self) -> SipMessage | None:
        """What the far end ended the call with: its BYE, or its refusal of a call that we had not cancelled."""
        bye = next((one for one in self.requests("BYE", sent=False) if one.header("Call-ID") == self.leg), None)
        if bye is not None or self.answered is not None or next(self.requests("CANCEL", sent=True), None) is not None:
            return bye
        return self.refused


def ends_call(message: SipMessage) -> bool:
    """Whether nothing more is to come of the call after *message*."""
    if message.code is None:
        return message.method == "BYE" and not message.sent
    refused = message.code >= 300 and message.code not in CHALLENGES
    return not message.sent and (message.method == "BYE" or (message.method == "INVITE" and refused))


def session_request_delay(trace: SipTrace) -> float | None:
    """
    Return the time from the INVITE to the first answer that is neither 100 nor a challenge.

    Unit: seconds, monotonic. None if nothing came.  Source: RFC 6076 4.3.1.
    """
    told = (one for one in trace.answers("INVITE") if one.code not in (100, *CHALLENGES))
    return _between(trace.invited, next(told, None))


def ring_time(trace: SipTrace) -> float | None:
    """Return the time from the first 180 or 183 to the 2xx; None unless both came."""
    return _between(trace.ringing, trace.answered)


def session_disconnect_delay(trace: SipTrace) -> float | None:
    """Return the time from our BYE to its 2xx; None unless both passed.  Source: RFC 6076 4.4."""
    agreed = (one for one in trace.answers("BYE") if 200 <= (one.code or 0) < 300)
    bye = trace.bye
    return _between(bye, next((one for one in agreed if bye is not None and is_answer(one, bye)), None))


def q850_cause(message: SipMessage) -> tuple[int | None, str]:
    """Return the Q.850 cause and its text from a Reason header; (None, "") if there is none."""
    found = _Q850.search(message.header("Reason") or "")
    return (int(found[1]), found[2] or "") if found else (None, "")


def said_why(ending: SipMessage) -> str:
    """Return what the far end gives as the reason for *ending* the call; empty if it gives none."""
    refusal = f"{ending.code} {ending.reason}" if ending.code is not None else ""
    return "; ".join(filter(None, (refusal, ending.header("Reason"))))


def is_answer(answer: SipMessage, request: SipMessage) -> bool:
    """Whether it answers that request."""
    return all(answer.header(name) == request.header(name) for name in ("Call-ID", "CSeq"))


def _between(start: SipMessage | None, end: SipMessage | None) -> float | None:
    return None if start is None or end is None else end.at_s - start.at_s


@dataclass(frozen=True)
class Note:
    """Something that happened beside the SIP messages: a key, a prompt."""

    at_s: float
    text: str


def ladder(entries: Sequence[SipMessage | Note], clock: Clock, trace: SipTrace) -> str:
    """
    Return what passed between robot and server, for a person to read.

    The instant of the first entry, then a line for each: seconds since it, arrow, first line; then how long it took.
    """
    ordered = sorted(entries, key=lambda one: one.at_s)
    if not ordered:
        return ""
    began_s = ordered[0].at_s
    rungs = "".join(f"{one.at_s - began_s:9.4f} s  {_rung(one)}\n" for one in ordered)
    return f"{_instant(clock, began_s)} (UTC) is second 0\n\n{rungs}\n{_durations(trace)}"


def ladder_json(entries: Sequence[SipMessage | Note], clock: Clock) -> str:
    """Return the same with whole messages, as JSON: `at` is the instant, `after_s` counts from the first entry."""
    ordered = sorted(entries, key=lambda one: one.at_s)
    told = []
    for one in ordered:
        fields = asdict(one)
        after_s = round(fields.pop("at_s") - ordered[0].at_s, 6)
        told.append({"at": _instant(clock, one.at_s), "after_s": after_s, **fields})
    return json.dumps(told, ensure_ascii=False, indent=1)


def _instant(clock: Clock, at_s: float) -> str:
    return clock.at(at_s).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _durations(trace: SipTrace) -> str:
    bye = next((one for one in trace.messages if one.method == "BYE" and one.code is None), None)
    figures = {
        "INVITE → first answer but 100 and challenges (SRD)": session_request_delay(trace),
        "first 180 or 183 → 2xx": ring_time(trace),
        "INVITE → 2xx": _between(trace.invited, trace.answered),
        "2xx → BYE": _between(trace.answered, bye),
        "our BYE → its 2xx (SDD)": session_disconnect_delay(trace),
    }
    return "".join(f"{figure:9.4f} s  {what}\n" for what, figure in figures.items() if figure is not None)


def _rung(entry: SipMessage | Note) -> str:
    if isinstance(entry, Note):
        return f"robot ·  {entry.text}"
    return f"robot {'→' if entry.sent else '←'} {entry.peer.rpartition(' ')[2]}  {entry.first_line}"
