"""Where the far end sends a call that is up: on hold and back, to another place of its sound, to another number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from prober.channels.ivr.actions import Transferred
from prober.channels.ivr.addressing import bare_uri
from prober.channels.ivr.messages import SipMessage
from prober.channels.ivr.sip_trace import SipTrace, is_answer
from prober.channels.ivr.telephone import Telephone
from prober.model.run import Fact, Observation, Seen

_ADDRESS = re.compile(r"^c=IN IP[46] (\S+)", re.MULTILINE)
_AUDIO = re.compile(r"^m=audio (\d+)", re.MULTILINE)
_DIRECTION = re.compile(r"^a=(sendrecv|sendonly|recvonly|inactive)\b", re.MULTILINE)


class Kind(StrEnum):
    """What the far end did with the call."""

    HELD = "the far end put the call on hold"
    RESUMED = "the far end took the call back"
    MOVED = "the far end moved its sound"
    REFERRED = "the far end sent the call on"
    UNTAKEN = "the far end sent the call on, and nobody has taken it"
    DECLINED = "the far end wanted the call sent to another server"


TRANSFERS = (Kind.MOVED, Kind.REFERRED)


@dataclass(frozen=True)
class Move:
    """One of them, when it was done, *by* which request, and where to."""

    at_s: float
    kind: Kind
    by: str
    target: str = ""

    def __str__(self) -> str:
        return f"{self.kind} to {self.target}" if self.kind in TRANSFERS else self.kind.value


@dataclass(frozen=True)
class _Described:
    """What a description says of the far end's sound."""

    address: str
    holds: bool


def _described(message: SipMessage) -> _Described | None:
    """Return what *message* describes; the address before the sound is the whole session's.  Source: RFC 4566, 3264."""
    before, _, sound = message.text.partition("m=audio")
    audio = _AUDIO.search(f"m=audio{sound}")
    address = _ADDRESS.search(sound) or _ADDRESS.search(before)
    if audio is None or address is None:
        return None
    direction = _DIRECTION.search(sound) or _DIRECTION.search(before)
    silent = address[1] == "0.0.0.0" or audio[1] == "0"  # noqa: S104  # the hold of RFC 2543
    holds = silent or (direction is not None and direction[1] in ("sendonly", "inactive"))
    return _Described(f"{address[1]}:{audio[1]}", holds)


def moves(trace: SipTrace) -> list[Move]:
    """Return what the far end did with the call so far, in order."""
    legs = dict.fromkeys(one.call_id for one in trace.requests("INVITE", sent=True))
    found = [*_referred(trace), *(move for leg in legs for move in _moved(trace, leg))]
    return sorted(found, key=lambda one: one.at_s)


def _moved(trace: SipTrace, leg: str) -> Iterator[Move]:
    """Yield what the far end of one leg did with its sound; answers to our own INVITE only say where it is."""
    talking, held = "", False
    for message, done_s, by in _descriptions(trace, leg):
        told = _described(message)
        if told is None:
            continue
        if told.holds and not held:
            yield Move(done_s, Kind.HELD, by)
        elif not told.holds and by and talking and told.address != talking:
            yield Move(done_s, Kind.MOVED, by, told.address)
        elif not told.holds and held:
            yield Move(done_s, Kind.RESUMED, by)
        held = told.holds
        talking = talking if held else told.address


def _descriptions(trace: SipTrace, leg: str) -> Iterator[tuple[SipMessage, float, str]]:
    """Yield the far end's descriptions of a leg's sound, when each began to hold, and by which request."""
    for one in trace.messages:
        if one.sent or one.call_id != leg:
            continue
        if one.code is not None and one.method == "INVITE" and one.code < 300:
            yield one, one.at_s, ""
        elif one.method in ("INVITE", "UPDATE") and one.code is None:
            agreed = next((said for said in trace.messages if _agrees(said, one)), None)
            if agreed is not None:
                yield one, agreed.at_s, "re-INVITE" if one.method == "INVITE" else one.method
        elif one.method == "ACK":  # of an INVITE that described nothing: the offer was ours
            yield one, one.at_s, "re-INVITE"


def _agrees(answer: SipMessage, request: SipMessage) -> bool:
    return answer.sent and 200 <= (answer.code or 0) < 300 and is_answer(answer, request)


def _referred(trace: SipTrace) -> Iterator[Move]:
    """Yield where the far end sent the call: when it was taken there, or that it was not sent."""
    requests = {(one.call_id, one.header("CSeq")): one for one in reversed(list(trace.requests("REFER", sent=False)))}
    until_s = float("inf")
    for request in requests.values():  # the last one first
        where = bare_uri(request.header("Refer-To") or "")
        ours = (one for one in trace.messages if one.sent and is_answer(one, request))
        if any((one.code or 0) >= 300 for one in ours):
            yield Move(request.at_s, Kind.DECLINED, "REFER", where)
            continue
        sent = {one.call_id for one in trace.requests("INVITE", sent=True) if request.at_s < one.at_s < until_s}
        taken = (one for one in trace.answers("INVITE") if one.call_id in sent and 200 <= (one.code or 0) < 300)
        leg = next(taken, None)
        if leg is None:
            yield Move(request.at_s, Kind.UNTAKEN, "REFER", where)
        else:
            yield Move(leg.at_s, Kind.REFERRED, "REFER", where)
        until_s = request.at_s


def held_s(trace: SipTrace, until_s: float) -> float:
    """Return how long the call was on hold until then."""
    total_s, since_s = 0.0, None
    for one in moves(trace):
        if one.kind is Kind.HELD:
            since_s = one.at_s
        elif since_s is not None and one.kind in (Kind.RESUMED, *TRANSFERS):
            total_s, since_s = total_s + one.at_s - since_s, None
    return total_s + (max(until_s - since_s, 0.0) if since_s is not None else 0.0)


async def transferred(phone: Telephone, _: Transferred, deadline_s: float) -> Observation:
    """Wait until the far end has sent the call to somebody else."""
    call = phone.current("transferred")
    since_s = phone.run.stimulus.at_s

    def done() -> Move | None:
        return next((one for one in moves(call.trace) if one.kind in TRANSFERS and one.at_s >= since_s), None)

    await phone.line.until(lambda: done() or call.ended, since_s + deadline_s)
    expected, found = "the call is transferred", done()
    ends_s = found.at_s if found else since_s + deadline_s
    facts: dict[str, Fact] = {"held_s": round(held_s(call.trace, ends_s), 3)}
    if found is not None:
        facts |= {"target": found.target, "by": found.by}
        took_s = found.at_s - since_s
        return Observation(Seen.EXPECTED, took_s=took_s, expected=expected, actual=str(found), facts=facts)
    last = next(reversed(moves(call.trace)), None)
    beside = f"; {last}{f' ({last.target})' if last.target else ''}" if last else ""
    if call.ended is not None:
        return Observation(Seen.HUNG_UP, expected=expected, actual=f"the call ended{beside}", facts=facts)
    actual = f"no transfer within {deadline_s:g} s{beside}"
    return Observation(Seen.NOTHING, expected=expected, actual=actual, facts=facts, doubtful=last is None)
