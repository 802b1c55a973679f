"""One run's SMS exchange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from prober.channels.base import RunContext
from prober.channels.sms.actions import Receipt, Receive, ReceiveNothing, Send, is_address
from prober.channels.sms.arrivals import Arrivals
from prober.channels.sms.awaited import Awaited, Wanted
from prober.channels.sms.debts import Debts
from prober.channels.sms.gateways.base import Accepted, Link, ReceiptState, RefusalKind, Refused, Unanswered
from prober.channels.sms.reassembly import Message
from prober.channels.sms.transcript import Sent, transcript
from prober.channels.sms.unasked import Unasked
from prober.channels.timing import Clock, monotonic
from prober.errors import RobotBroken
from prober.judge.expect import Match, match
from prober.model.run import Evidence, Fact, Observation, Seen
from prober.model.scenario import Action

_SEEN = {
    RefusalKind.THROTTLED: Seen.THROTTLED,
    RefusalKind.BAD_DESTINATION: Seen.DESTINATION_REFUSED,
    RefusalKind.REJECTED: Seen.GATEWAY_REFUSED,
}


class SmsSession:
    """Sends as the line's MSISDN, and tells its replies from everything else that arrives there."""

    def __init__(self, run: RunContext, link: Link, arrivals: Arrivals, *, debts: Debts, awaited: Awaited) -> None:
        self._run = run
        self._link = link
        self._arrivals = arrivals
        self._debts = debts
        self._awaited = awaited
        self._unasked = Unasked(arrivals.inbox, run.stimulus)
        self._clock, self._opened_s = Clock(), monotonic()
        self._sent: list[Sent] = []
        self._submits: dict[str, float] = {}
        self._withheld: set[str] = set()
        self._last_to: str | None = None
        self._accepted: Accepted | None = None
        self._evidence: tuple[Evidence, ...] | None = None

    async def perform(self, action: Action, deadline_s: float) -> Observation:
        """Send, or wait for a receipt or a reply."""
        match action.argument:
            case Send(to=to, text=text):
                return await self._send(to, text, deadline_s)
            case Receipt():
                return await self._receipt(deadline_s)
            case Receive() as receive:
                return await self._receive(receive, deadline_s)
            case ReceiveNothing() as wanted:
                return await self._receive_nothing(wanted, deadline_s)
            case other:
                raise TypeError(f"not an action of the SMS channel: {other!r}")

    async def close(self) -> Sequence[Evidence]:
        """Unbind, and keep the transcript."""
        if self._evidence is None:
            self._evidence = ()
            await self._link.close()
            try:
                await self._debts.close()
                await self._awaited.close()
            finally:
                self._evidence = (await self._keep_transcript(),)
        return self._evidence

    async def _keep_transcript(self) -> Evidence:
        line, box = self._run.line, self._run.evidence
        title = f"SMS exchange of run {self._run.run_id}, line {line.name} ({line.msisdn})"
        text = transcript(title, self._sent, self._arrivals, clock=self._clock, opened_s=self._opened_s)
        return await box.keep("transcript", "sms.txt", self._run.mask(text).encode(), whole_run=True)

    async def _send(self, to: str, text: str, deadline_s: float) -> Observation:
        began_s = monotonic()
        if not is_address(to):
            cure = "Look at what fills it in: 20 characters of ASCII at most, without a space or a line break."
            raise RobotBroken("nothing can be sent to what ‘to’ of sms.send holds", cure=cure)
        self._last_to, self._accepted = to, None
        self._link.check(text)
        pending = await self._debts.of_an_earlier_run(to)
        if pending is not None:
            self._withheld.add(to)
            words = f"number in quarantine for another {pending.still_s} s: run {pending.run_id} timed out"
            return Observation(Seen.NOT_ASKED, actual=words, waited_s=monotonic() - began_s)
        await self._debts.submit(to)
        waited_s = monotonic() - began_s
        seen = await self._submit(to, text, deadline_s)
        return replace(seen, expected="accepted by the gateway", waited_s=waited_s)

    async def _submit(self, to: str, text: str, deadline_s: float) -> Observation:
        """Submit, and write it down before: one that breaks off may have gone out all the same."""
        self._sent.append(Sent(monotonic(), to, text, "broken off: it may have gone out"))
        try:
            answer = await self._link.send(to, text, deadline_s)
            self._run.stimulus.mark(answer.submitted_at_s, "sms.send")
            self._submits[to] = answer.submitted_at_s
            self._sent[-1] = replace(self._sent[-1], at_s=answer.submitted_at_s)
            seen = await self._made_of(answer, to, deadline_s)
        except RobotBroken as broken:
            self._sent[-1] = replace(self._sent[-1], words=f"broken off: {broken.what}")
            raise
        self._sent[-1] = replace(self._sent[-1], words=seen.actual)
        return seen

    async def _made_of(self, answer: Accepted | Refused | Unanswered, to: str, deadline_s: float) -> Observation:
        match answer:
            case Accepted(message_ids=ids):
                self._accepted = answer
                return Observation(
                    Seen.EXPECTED,
                    took_s=answer.at_s - answer.submitted_at_s,
                    actual=f"accepted as {', '.join(ids)}",
                    facts={"message_id": " ".join(ids), "parts": len(ids), "encoding": answer.encoding},
                )
            case Refused():
                await self._debts.answered(to)
                if answer.kind is RefusalKind.OUR_ACCOUNT:
                    raise RobotBroken(answer.words, cure=answer.cure)
                return Observation(
                    _SEEN[answer.kind],
                    took_s=answer.at_s - answer.submitted_at_s,
                    actual=f"refused: {answer.words}",
                    facts={"retryable": answer.retryable},
                )
            case Unanswered():
                await self._debts.overdue(to)
                return Observation(
                    Seen.NOTHING, actual=f"no answer from the gateway in {deadline_s:g} s", doubtful=True
                )

    async def _receipt(self, deadline_s: float) -> Observation:
        expected = "delivered"
        sent = self._accepted
        if sent is None:
            return Observation(Seen.NOT_ASKED, expected=expected, actual="no message was accepted before")
        ids, since_s = sent.message_ids, sent.submitted_at_s
        found = await self._arrivals.until(
            lambda: self._arrivals.verdict(ids, since_s=since_s), sent.submitted_at_s + deadline_s
        )
        if found is None:
            return Observation(Seen.NOTHING, expected=expected, actual=f"no receipt in {deadline_s:g} s", doubtful=True)
        if found.state is ReceiptState.FAILED and self._last_to is not None:
            await self._debts.answered(self._last_to)
        return Observation(
            Seen.EXPECTED if found.state is ReceiptState.DELIVERED else Seen.RECEIPT_FAILED,
            took_s=found.at_s - sent.submitted_at_s,
            expected=expected,
            actual=found.words,
            facts={"state": found.words},
        )

    async def _receive(self, receive: Receive, deadline_s: float) -> Observation:
        service = self._asked(receive.from_)
        sender = receive.from_ or service
        expected = f"a message{f' from {sender}' if sender else ''} with {receive.text}"
        if self._withheld & {sender, service}:
            return Observation(Seen.NOT_ASKED, expected=expected, actual=f"nothing was sent to {sender}")
        stimulus_s = self._run.stimulus.at_s
        since_s = self._submits.get(service, stimulus_s) if service else stimulus_s
        wanted = Wanted(sender, since_s, lambda text: match(receive.text, text))
        if sender not in self._submits:
            await self._awaited.begin(wanted, caused_elsewhere=service is None)
        found = await self._arrivals.until(lambda: self._awaited.take(wanted), stimulus_s + deadline_s)
        stopped_s = monotonic()
        await self._note(service, wanted, in_time=found is not None)
        self._unasked.received(found[0] if found else None)
        others = [message.text for message in self._arrivals.inbox.not_taken(sender, since_s=since_s)]
        seen = self._received(found, stimulus_s, since_s) if found else self._not_received(wanted, others, deadline_s)
        facts = {**seen.facts, **self._beside(wanted, others)}
        return replace(seen, expected=expected, facts=facts, evidence_s=monotonic() - stopped_s)

    def _beside(self, wanted: Wanted, others: list[str]) -> dict[str, Fact]:
        """Return what else came, as facts."""
        duplicates = self._arrivals.inbox.duplicates(wanted.sender, since_s=wanted.since_s)
        facts: dict[str, Fact] = {"passed_over": " | ".join(others)} if others else {}
        return facts | ({"duplicates": duplicates} if duplicates else {})

    async def _receive_nothing(self, wanted: ReceiveNothing, deadline_s: float) -> Observation:
        sender = f" from {wanted.from_}" if wanted.from_ else ""
        text = f" with {wanted.text}" if wanted.text else ""
        expected = f"no further message{sender}{text} in {deadline_s:g} s"
        began_s = monotonic()
        came = await self._arrivals.until(lambda: self._unasked.first(wanted), began_s + deadline_s)
        stopped_s = monotonic()
        await self._debts.note_late()
        if came is None:
            seen = Observation(Seen.EXPECTED, took_s=deadline_s, actual="nothing came")
        else:
            took_s = max(0.0, came.at_s - began_s)
            facts: dict[str, Fact] = {"sender": came.sender, "parts": len(came.parts_at_s)}
            words = self._unasked.words(came)
            seen = Observation(Seen.UNEXPECTED_MESSAGE, took_s=took_s, actual=words, text=came.text, facts=facts)
        return replace(seen, expected=expected, evidence_s=monotonic() - stopped_s)

    async def _note(self, service: str | None, wanted: Wanted, *, in_time: bool) -> None:
        await self._debts.note_late()
        if service is None:
            await (self._awaited.came(wanted) if in_time else self._awaited.missed(wanted))
        else:
            await (self._debts.answered(service) if in_time else self._debts.overdue(service))

    def _not_received(self, wanted: Wanted, others: list[str], deadline_s: float) -> Observation:
        doubtful, earlier = self._awaited.doubtful(wanted), self._awaited.earlier
        if doubtful and earlier:
            owed = f"run {earlier.run_id} is owed for another {earlier.still_s} s"
            words = f"«{doubtful.text}» came, but may be the one that {owed}"
            return Observation(Seen.NOT_ASKED, actual=words)
        if others:
            return Observation(Seen.WRONG_CONTENT, actual="; ".join(f"«{text}»" for text in others))
        incomplete = self._arrivals.inbox.unfinished(wanted.sender)
        if incomplete:
            return Observation(Seen.NOTHING, actual=f"only {incomplete}")
        return Observation(Seen.NOTHING, actual=f"nothing in {deadline_s:g} s", doubtful=True)

    def _asked(self, sender: str | None) -> str | None:
        """Return the number whose reply a message from *sender* would be; None if another channel caused it."""
        last = self._last_to
        if sender is None or last is None or sender in self._submits:
            return sender if sender in self._submits else last
        caused = self._run.stimulus.at_s == self._submits.get(last)
        return last if caused or self._arrivals.inbox.comes_from(sender, last) else None

    def _received(self, found: tuple[Message, Match], stimulus_s: float, since_s: float) -> Observation:
        message, matched = found
        # The reply may be quicker than what the robot did next, on another channel.
        from_s = stimulus_s if message.first_at_s >= stimulus_s else since_s
        parts = len(message.parts_at_s)
        facts: dict[str, Fact] = {"sender": message.sender, "parts": parts}
        if message.order:
            facts["order"] = message.order
        return Observation(
            Seen.EXPECTED,
            took_s=message.at_s - from_s,
            actual=f"«{message.text}»",
            text=message.text,
            groups=matched.groups,
            timings={"first_part_s": message.first_at_s - from_s} if parts > 1 else {},
            facts=facts,
        )
