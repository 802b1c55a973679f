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
    return SipMessage(at_s, found["way"] == "TX", found["peer"], found["text"])


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
    def refused(self) -> SipMessage | None:
        """The last 3xx to 6xx to an INVITE."""
        return next((one for one in reversed(list(self.answers("INVITE"))) if (one.code or 0) >= 300), None)

    @property
    def ringing(self) -> SipMessage | None:
        """The first 180 or 183."""
        return next((one for one in self.answers("INVITE") if one.code in (180, 183)), None)

    @property
    def hung_up(self) -> SipMessage | None:
        """The far end's BYE."""
        return next(self.requests("BYE", sent=False), None)


def ends_call(message: SipMessage) -> bool:
    """Whether nothing more is to come of the call after *message*."""
    if message.code is None:
        return message.method == "BYE" and not message.sent
    return not message.sent and (message.method == "BYE" or (message.method == "INVITE" and message.code >= 300))


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
    answer = next((one for one in trace.answers("BYE") if 200 <= (one.code or 0) < 300), None)
    return _between(next(trace.requests("BYE", sent=True), None), answer)


def q850_cause(message: SipMessage) -> tuple[int | None, str]:
    """Return the Q.850 cause and its text from a Reason header; (None, "") if there is none."""
    found = _Q850.search(message.header("Reason") or "")
    return (int(found[1]), found[2] or "") if found else (None, "")


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
