"""Begins and ends calls: `dial`, `hang_up`, `hung_up`."""

from __future__ import annotations

from prober.channels.ivr.actions import Dial
from prober.channels.ivr.call import Call
from prober.channels.ivr.messages import CallEnded, EndCall, PlaceCall, SipMessage
from prober.channels.ivr.sip_trace import q850_cause, ring_time, session_disconnect_delay, session_request_delay
from prober.channels.ivr.telephone import Telephone, facts_of
from prober.channels.timing import monotonic
from prober.errors import RobotBroken
from prober.model.run import Fact, Observation, Seen

CANCEL_S = 1.0
"""How long the answer to our CANCEL is waited for."""


async def dial(phone: Telephone, asked: Dial, deadline_s: float) -> Observation:
    """Call, and return how the far end answered: as expected, otherwise, or not at all."""
    if phone.call is not None and phone.call.up:
        raise RobotBroken("ivr.dial was asked for while a call is up", cure="Put ivr.hang_up before it.")
    call = phone.begin(asked.number)
    phone.line.send(PlaceCall(asked.number))
    await phone.line.until(lambda: call.trace.answered or call.ended, monotonic() + deadline_s)
    if call.trace.answered is not None:
        return _answered(phone, call, asked)
    if call.ended is not None:
        return _refused(phone, call, asked, call.ended)
    return await _given_up(phone, call, asked, deadline_s)


def _answered(phone: Telephone, call: Call, asked: Dial) -> Observation:
    invited, answered = call.trace.invited, call.trace.answered
    assert invited is not None  # noqa: S101  # an answer follows an INVITE
    assert answered is not None  # noqa: S101  # the caller has looked
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


def _refused(phone: Telephone, call: Call, asked: Dial, ended: CallEnded) -> Observation:
    invited, refused = call.trace.invited, call.trace.refused
    if refused is None or invited is None:
        raise RobotBroken(
            f"the call to {asked.number} never reached the SIP server {phone.server}: {ended.code} {ended.reason}",
            cure="Check channels.ivr (server, transport) in config.yaml, and that the server is reachable from here.",
        )
    phone.run.stimulus.mark(refused.at_s, "ivr.dial")
    otherwise = Seen.REFUSED if asked.expect == 200 else Seen.WRONG_ANSWER
    return Observation(
        seen=Seen.EXPECTED if refused.code == asked.expect else otherwise,
        took_s=refused.at_s - invited.at_s,
        expected=_wanted(asked),
        actual=f"{refused.code} {refused.reason}, said by {_who(refused)}",
        timings=_timings(call),
        facts={**_facts(call, refused), "rejected_by": _who(refused), "retry_after": refused.header("Retry-After")},
    )


async def _given_up(phone: Telephone, call: Call, asked: Dial, deadline_s: float) -> Observation:
    """Cancel. Whatever the cancelled call then ends with (487) is our own doing."""
    cancelled_s = monotonic()
    phone.line.send(EndCall())
    last = next(reversed(list(call.trace.answers("INVITE"))), None)
    if last is not None:
        await phone.line.until(lambda: call.trace.refused, monotonic() + CANCEL_S)
    cancel = next(call.trace.requests("CANCEL", sent=True), None)
    phone.run.stimulus.mark(cancel.at_s if cancel else cancelled_s, "ivr.dial")
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
        actual=f"no answer within {deadline_s:g} s (last heard: {last.code} {last.reason}); the robot cancelled",
        timings=_timings(call),
        facts={**_facts(call, last), "cancelled_by": "robot"},
    )


async def hang_up(phone: Telephone, deadline_s: float) -> Observation:
    """End the call, and return how long the far end took to agree."""
    call, expected = phone.call, "200 to our BYE"
    if call is None or call.trace.answered is None:
        return Observation(seen=Seen.NOT_ASKED, expected=expected, actual="there was no call to end")
    if call.ended is not None:
        facts = {**facts_of(await phone.figures(call)), **_end_facts(call)}
        return Observation(Seen.EXPECTED, expected=expected, actual="the call was over already", facts=facts)
    phone.line.send(EndCall())
    await phone.line.until(lambda: session_disconnect_delay(call.trace), monotonic() + deadline_s)
    took_s = session_disconnect_delay(call.trace)
    bye = next(call.trace.requests("BYE", sent=True), None)
    if bye is not None:
        phone.run.stimulus.mark(bye.at_s, "ivr.hang_up")
    facts = {**facts_of(await phone.figures(call)), **_end_facts(call)}
    if took_s is None and call.trace.hung_up is not None:
        return Observation(Seen.EXPECTED, expected=expected, actual="both ends hung up at once", facts=facts)
    return Observation(
        seen=Seen.NOTHING if took_s is None else Seen.EXPECTED,
        took_s=took_s,
        expected=expected,
        actual=f"our BYE was not answered within {deadline_s:g} s" if took_s is None else "200",
        facts=facts,
        doubtful=took_s is None,
    )


async def hung_up(phone: Telephone, deadline_s: float) -> Observation:
    """Wait for the far end to end the call."""
    call = phone.current("hung_up")
    since_s = phone.run.stimulus.at_s
    await phone.line.until(lambda: call.ended, since_s + deadline_s)
    expected = "the far end hangs up"
    bye = call.trace.hung_up
    if bye is None:
        went_on = call.ended is None
        actual = f"the call went on for {deadline_s:g} s" if went_on else "the robot had hung up"
        return Observation(Seen.NOTHING, expected=expected, actual=actual, doubtful=went_on)
    facts = {**facts_of(await phone.figures(call)), **_end_facts(call)}
    return Observation(
        seen=Seen.EXPECTED,
        took_s=max(bye.at_s - since_s, 0.0),
        expected=expected,
        actual=f"the far end hung up ({bye.header('Reason') or 'no reason given'})",
        facts=facts,
    )


def _end_facts(call: Call) -> dict[str, Fact]:
    bye = call.trace.hung_up
    if bye is None:
        return {"ended_by": "robot", "q850_cause": None}
    cause, text = q850_cause(bye)
    return {"ended_by": "far end", "q850_cause": cause, "reason": text or bye.header("Reason")}


def _wanted(asked: Dial) -> str:
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
