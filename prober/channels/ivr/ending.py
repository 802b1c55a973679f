"""Ends calls, or waits for their end: `hang_up`, `hung_up`."""

from __future__ import annotations

from prober.channels.ivr.actions import HangUp, HungUp
from prober.channels.ivr.call import Call
from prober.channels.ivr.commands import EndCall
from prober.channels.ivr.sip_trace import q850_cause, said_why, session_disconnect_delay
from prober.channels.ivr.telephone import Telephone, facts_of
from prober.channels.ivr.transfer import held_s
from prober.channels.timing import monotonic
from prober.model.run import Fact, Observation, Seen


async def hang_up(phone: Telephone, _: HangUp, deadline_s: float) -> Observation:
    """End the call, and return how long the far end took to agree."""
    call, expected = phone.call, "200 to our BYE"
    if call is not None and call.early and call.trace.answered is None:
        return await _leave_early(phone, call, deadline_s)
    if call is None or call.trace.answered is None:
        return Observation(seen=Seen.NOT_ASKED, expected=expected, actual="there was no call to end")
    if call.ended is not None:
        facts = {**facts_of(await phone.figures(call)), **_end_facts(call)}
        return Observation(Seen.EXPECTED, expected=expected, actual="the call was over already", facts=facts)
    phone.line.send(EndCall())
    await phone.line.until(lambda: session_disconnect_delay(call.trace), monotonic() + deadline_s)
    took_s = session_disconnect_delay(call.trace)
    bye = call.trace.bye
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


async def _leave_early(phone: Telephone, call: Call, deadline_s: float) -> Observation:
    """Cancel a call that was not answered, and return how long the far end took to agree."""
    if call.ended is None:
        phone.line.send(EndCall())
        await phone.line.until(lambda: call.trace.refused, monotonic() + deadline_s)
    cancel, agreed = next(call.trace.requests("CANCEL", sent=True), None), call.trace.refused
    took_s = agreed.at_s - cancel.at_s if cancel and agreed else None
    facts = facts_of(await phone.figures(call))
    actual = f"{agreed.code} {agreed.reason}" if agreed else "our CANCEL was not answered"
    seen = Seen.NOTHING if agreed is None else Seen.EXPECTED
    return Observation(seen, took_s=took_s, expected="487 to our CANCEL", actual=actual, facts=facts)


async def hung_up(phone: Telephone, _: HungUp, deadline_s: float) -> Observation:
    """Wait for the far end to end the call."""
    call = phone.current("hung_up")
    since_s = phone.run.stimulus.at_s
    await phone.line.until(lambda: call.ended, since_s + deadline_s)
    expected = "the far end hangs up"
    bye = call.trace.hung_up if call.ended is not None else None
    if bye is None:
        went_on = call.ended is None
        actual = f"the call went on for {deadline_s:g} s" if went_on else "the robot had hung up"
        return Observation(Seen.NOTHING, expected=expected, actual=actual, doubtful=went_on)
    facts = {**facts_of(await phone.figures(call)), **_end_facts(call)}
    return Observation(
        seen=Seen.EXPECTED,
        took_s=max(bye.at_s - since_s, 0.0),
        expected=expected,
        actual=f"the far end hung up ({said_why(bye) or 'no reason given'})",
        facts=facts,
    )


def _end_facts(call: Call) -> dict[str, Fact]:
    bye, ended_s = call.trace.hung_up, call.ended.at_s if call.ended else monotonic()
    facts: dict[str, Fact] = {"held_s": round(held_s(call.trace, ended_s), 3)}
    if bye is None:
        return {**facts, "ended_by": "robot", "q850_cause": None}
    cause, text = q850_cause(bye)
    return {**facts, "ended_by": "far end", "q850_cause": cause, "reason": text or bye.header("Reason")}
