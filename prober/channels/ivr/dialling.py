"""Begins calls: `dial`."""

from __future__ import annotations

from dataclasses import replace

from prober.channels.ivr import answer
from prober.channels.ivr.actions import Dial, Reached
from prober.channels.ivr.call import Call
from prober.channels.ivr.commands import EndCall, PlaceCall
from prober.channels.ivr.messages import CallEnded, SipMessage
from prober.channels.ivr.missing import tone_name
from prober.channels.ivr.sip_trace import CHALLENGES, q850_cause, ring_time, session_request_delay
from prober.channels.ivr.telephone import Telephone
from prober.channels.timing import monotonic
from prober.errors import RobotBroken
from prober.model.run import Fact, Observation, Seen

CANCEL_S = 1.0
"""How long the answer to our CANCEL is waited for."""
DESCRIBED_S = 1.0
"""How long it may take until it is known whether what the answer says of the sound can be used."""


async def dial(phone: Telephone, asked: Dial, deadline_s: float) -> Observation:
    """Call, and return how the far end answered: as expected, otherwise, or not at all."""
    if phone.call is not None and phone.call.up:
        raise RobotBroken("ivr.dial was asked for while a call is up", cure="Put ivr.hang_up before it.")
    call = phone.begin(asked.number)
    phone.line.send(PlaceCall(asked.number, phone.headers))
    early = asked.until is Reached.EARLY

    def reached() -> SipMessage | CallEnded | None:
        return call.trace.answered or call.ended or (call.trace.early if early and call.media else None)

    until_s = monotonic() + deadline_s
    await phone.line.until(reached, until_s)
    if early and call.trace.answered is None and call.ended is None and call.trace.early is not None:
        call.early = True
        return _reached(phone, call, asked, call.trace.early)
    if call.trace.answered is not None:
        await phone.line.until(lambda: call.media or call.ended, monotonic() + DESCRIBED_S)
        answered = _reached(phone, call, asked, call.trace.answered)
        return _useless(call, answered) if call.ended and not call.trace.hung_up else answered
    if call.ended is not None:
        return _refused(phone, call, asked, call.ended)
    return await _given_up(phone, call, asked, deadline_s, until_s)


def _reached(phone: Telephone, call: Call, asked: Dial, answered: SipMessage) -> Observation:
    invited = call.trace.invited
    assert invited is not None  # noqa: S101  # an answer follows an INVITE
    phone.run.stimulus.mark(answered.at_s, "ivr.dial")
    phone.answered_after_s = float("-inf")
    return Observation(
        seen=Seen.EXPECTED if asked.expect == 200 else Seen.WRONG_ANSWER,
        took_s=answered.at_s - invited.at_s,
        expected=_wanted(asked),
        actual=f"{answered.code} {answered.reason}",
        timings=_timings(call),
        facts=_facts(call, answered),
    )


def _useless(call: Call, answered: Observation) -> Observation:
    """Return an answer whose description of the sound is missing, or is none that was offered: our side ends that."""
    assert call.ended is not None  # noqa: S101  # the caller has looked
    actual = f"{answered.actual}, and no sound can follow from it ({call.ended.reason}); the robot hung up"
    return replace(answered, seen=Seen.WRONG_ANSWER, took_s=None, actual=actual)


def _refused(phone: Telephone, call: Call, asked: Dial, ended: CallEnded) -> Observation:
    invited, refused = call.trace.invited, call.trace.refused
    if refused is None or invited is None:
        raise RobotBroken(
            f"the call to {asked.number} never reached the SIP server {phone.server}: {ended.code} {ended.reason}",
            cure="Check channels.ivr (server, transport) in config.yaml, and that the server is reachable from here.",
        )
    if refused.code in CHALLENGES and refused.code != asked.expect:
        raise RobotBroken(
            f"the SIP server {phone.server} does not take us for the line's customer: {refused.code} {refused.reason}",
            cure="Check sip.user and sip.password of the line in config.yaml, and whether the account is in order.",
        )
    phone.run.stimulus.mark(refused.at_s, "ivr.dial")
    said, heard = f"{refused.code} {refused.reason}, said by {_who(refused)}", _announced(call)
    otherwise = Seen.REFUSED if asked.expect == 200 else Seen.WRONG_ANSWER
    return Observation(
        seen=Seen.EXPECTED if refused.code == asked.expect else otherwise,
        took_s=refused.at_s - invited.at_s,
        expected=_wanted(asked),
        actual="; before that: ".join(filter(None, (said, heard))),
        timings=_timings(call),
        facts={**_facts(call, refused), **_refusal(refused), "announcement": heard or None},
    )


def _refusal(refused: SipMessage) -> dict[str, Fact]:
    cause, text = q850_cause(refused)
    return {
        "rejected_by": _who(refused),
        "retry_after": refused.header("Retry-After"),
        "q850_cause": cause,
        "reason": text or refused.header("Reason"),
        "moved_to": refused.header("Contact") if (refused.code or 0) < 400 else None,
    }


def _announced(call: Call) -> str:
    """Return what was heard before a refusal: operators say there why a call cannot be put through."""
    said = [f"prompt {one.prompt}" for one in answer.occurrences(call) if not one.withdrawn]
    said += [tone_name(one.tone) for one in answer.tones(call)]
    sounding_s = sum(end_s - start_s for start_s, end_s in call.sounds(monotonic()))
    unknown = f"{sounding_s:.1f} s of sound that is no prompt of the library" if sounding_s > 0 else ""
    return "; ".join(said) or unknown


async def _given_up(phone: Telephone, call: Call, asked: Dial, deadline_s: float, until_s: float) -> Observation:
    """
    Cancel. Whatever the cancelled call then ends with (487) is our own doing.

    Raises:
        RobotBroken: An answer had come before that.
    """
    cancelled_s = monotonic()
    phone.line.send(EndCall())
    last = next(reversed(list(call.trace.answers("INVITE"))), None)
    if last is not None:
        await phone.line.until(lambda: call.trace.refused or call.trace.answered, monotonic() + CANCEL_S)
    cancel = next(call.trace.requests("CANCEL", sent=True), None)
    phone.run.stimulus.mark(cancel.at_s if cancel else cancelled_s, "ivr.dial")
    if (unread := _unread(call, until_s)) is not None:
        what = f"{unread.code} {unread.reason} had come in time, and was read too late"
        raise RobotBroken(what, cure="The machine is overloaded: run less on it.")
    late, heard = call.trace.answered, _announced(call)
    later = f", having heard {heard}" if heard else ""
    later += f", and {late.code} {late.reason} came {late.at_s - cancelled_s:.2f} s later" if late else ""
    if last is None:
        return Observation(
            seen=Seen.NO_ANSWER,
            expected=_wanted(asked),
            actual=f"nothing came back from the SIP server {phone.server} within {deadline_s:g} s, not even 100 Trying",
            facts={"cancelled_by": "robot"},
            doubtful=True,
        )
    return Observation(
        seen=Seen.NO_ANSWER,
        expected=_wanted(asked),
        actual=f"no answer within {deadline_s:g} s (last heard: {last.code} {last.reason}); the robot cancelled{later}",
        timings=_timings(call),
        facts={**_facts(call, last), "cancelled_by": "robot", "announcement": heard or None},
    )


def _unread(call: Call, until_s: float) -> SipMessage | None:
    """Return the answer that had come before the limit, by its stamp, if there is one."""
    answers = (call.trace.answered, call.trace.refused)
    return next((one for one in answers if one and one.at_s <= until_s), None)


def _wanted(asked: Dial) -> str:
    if asked.until is Reached.EARLY:
        return f"sound from {asked.number}, before its answer or with it"
    return f"{asked.number} answers" if asked.expect == 200 else f"{asked.number} is refused with {asked.expect}"


def _timings(call: Call) -> dict[str, float]:
    figures = {"srd_s": session_request_delay(call.trace), "ring_s": ring_time(call.trace)}
    return {name: figure for name, figure in figures.items() if figure is not None}


def _facts(call: Call, answer: SipMessage) -> dict[str, Fact]:
    return {
        "sip_code": answer.code,
        "sip_reason": answer.reason,
        "call_id": answer.header("Call-ID"),
        "codec": call.media.codec if call.media else None,
    }


def _who(answer: SipMessage) -> str:
    return answer.header("Server") or answer.header("User-Agent") or answer.peer.rpartition(" ")[2]
