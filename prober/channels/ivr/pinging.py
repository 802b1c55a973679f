"""Asks whether the SIP server is there: `ping`."""

from __future__ import annotations

from prober.channels.ivr.actions import Ping
from prober.channels.ivr.commands import Ask
from prober.channels.ivr.sip_trace import SipTrace
from prober.channels.ivr.telephone import Telephone
from prober.channels.timing import monotonic
from prober.model.run import Observation, Seen

UNABLE = range(500, 700)


async def ping(phone: Telephone, asked: Ping, deadline_s: float) -> Observation:
    """Return how long the server took to answer our OPTIONS; one that cannot serve now (5xx, 6xx) has refused."""
    server = phone.server
    before = len(phone.outside)
    phone.line.send(Ask(asked.number))

    def trace() -> SipTrace:
        return SipTrace(phone.outside[before:])

    await phone.line.until(lambda: next(trace().answers("OPTIONS"), None), monotonic() + deadline_s)
    sent = next(trace().requests("OPTIONS", sent=True), None)
    answer = next(trace().answers("OPTIONS"), None)
    expected = f"{server} answers"
    if sent is None or answer is None:
        actual = f"nothing came back within {deadline_s:g} s"
        return Observation(Seen.NO_ANSWER, expected=expected, actual=actual, doubtful=True)
    refused = (answer.code or 0) in UNABLE
    return Observation(
        seen=Seen.REFUSED if refused else Seen.EXPECTED,
        took_s=answer.at_s - sent.at_s,
        expected=expected,
        actual=f"{answer.code} {answer.reason}",
        facts={"sip_code": answer.code, "sip_reason": answer.reason, "call_id": sent.header("Call-ID")},
    )
