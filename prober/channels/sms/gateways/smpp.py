"""A gateway over SMPP 3.4: the loop's side of a bind."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from prober.channels.sms.config import SmppSettings
from prober.channels.sms.encoding import encode
from prober.channels.sms.gateways.base import Accepted, Deliver, Lost, Refused, Unanswered
from prober.channels.sms.gateways.smpp_pdu import with_header
from prober.channels.sms.gateways.smpp_wire import Answer, Bound, Heard, Wire
from prober.channels.sms.gateways.smpp_words import Peer
from prober.channels.timing import monotonic
from prober.errors import RobotBroken

_GOODBYE_S = 2.0


class SmppGateway:
    """Opens binds of one account, each for one MSISDN's messages."""

    def __init__(self, name: str, settings: SmppSettings) -> None:
        self._settings = settings
        self._peer = Peer(name, settings.host, settings.port)

    async def open(self, msisdn: str, deliver: Deliver | None) -> SmppLink:
        """Bind with the MSISDN as the range of addresses whose messages are ours; only to send, as transmitter."""
        link = SmppLink(self._settings, self._peer, msisdn, deliver)
        try:
            await link.bind()
        except BaseException:
            await link.close()
            raise
        return link


class SmppLink:
    """One bind."""

    def __init__(self, settings: SmppSettings, peer: Peer, msisdn: str, deliver: Deliver | None) -> None:
        self._settings = settings
        self._peer = peer
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._bound: asyncio.Future[RobotBroken | None] = self._loop.create_future()
        self._answers: dict[int, asyncio.Future[Answer | None]] = {}
        self._lost: Lost | None = None
        self._left = False
        self._reference = 0
        self._wire = Wire(settings, peer, msisdn, self._heard, receives=deliver is not None)

    async def bind(self) -> None:
        """Bind; what arrives is delivered from now on."""
        self._wire.start()
        broken = await self._bound
        if broken is not None:
            raise broken

    def check(self, text: str) -> None:
        """Make sure that *text* does not take more parts than the SMSC takes."""
        parts = len(encode(text).parts)
        if parts > self._settings.max_parts:
            raise self._peer.too_long(parts, self._settings.max_parts)

    async def send(self, to: str, text: str, deadline_s: float) -> Accepted | Refused | Unanswered:
        """Submit *text*, in parts if it is long, and return what the SMSC said."""
        encoded = encode(text)
        self._reference = self._reference % 255 + 1
        parts = with_header(encoded.parts, self._reference)
        pdus = [self._wire.submit_sm(to, part, encoded.coding, has_header=len(parts) > 1) for part in parts]
        submitted_at_s, answers = await self._ask(pdus, deadline_s)
        refused = next((answer for answer in answers or () if answer.status), None)
        if refused is not None:
            return self._peer.refusal(refused.status, refused.words, submitted_at_s, refused.at_s)
        if answers is None:
            return Unanswered(submitted_at_s)
        return Accepted(
            message_ids=tuple(answer.message_id for answer in answers),
            submitted_at_s=submitted_at_s,
            at_s=max(answer.at_s for answer in answers),
            encoding=encoded.coding,
        )

    async def settle(self) -> None:
        """Return when the SMSC has answered an enquire_link: what it held for us was sent before."""
        _, answers = await self._ask([self._wire.pdu("enquire_link")], self._settings.connect_timeout)
        if answers is None:
            raise self._peer.silent(self._settings.connect_timeout)

    async def close(self) -> None:
        """Unbind, and end the thread."""
        if not self._left:
            self._left = True
            if self._lost is None and self._bound.done():
                with suppress(RobotBroken):
                    await asyncio.to_thread(self._wire.put, [self._wire.pdu("unbind")])
                    await asyncio.to_thread(self._wire.join, _GOODBYE_S)
            self._wire.hang_up()
        await asyncio.to_thread(self._wire.join, _GOODBYE_S)

    async def _ask(self, pdus: Sequence[Any], deadline_s: float) -> tuple[float, list[Answer] | None]:
        """Send *pdus*; return when the first went out, and the answers, None unless all came by the deadline."""
        self._raise_if_lost()
        waiting = {pdu.sequence: self._loop.create_future() for pdu in pdus}
        self._answers.update(waiting)
        try:
            sent_at_s = await asyncio.to_thread(self._wire.put, pdus)
            await asyncio.wait(waiting.values(), timeout=max(0.0, sent_at_s + deadline_s - monotonic()))
        finally:
            for sequence in waiting:
                self._answers.pop(sequence, None)
        answers = [future.result() for future in waiting.values() if future.done()]
        if None in answers:
            self._raise_if_lost()
        return sent_at_s, answers if len(answers) == len(waiting) else None

    def _raise_if_lost(self) -> None:
        if self._lost is not None:
            raise self._peer.gone(self._lost)

    def _heard(self, heard: Heard) -> None:
        # Called in the wire's thread. A loop that is closed has nobody left to tell.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._hear, heard)

    def _hear(self, heard: Heard) -> None:
        match heard:
            case Bound(broken):
                if not self._bound.done():
                    self._bound.set_result(broken)
            case Answer(sequence=sequence):
                answer = self._answers.get(sequence)
                if answer is not None and not answer.done():
                    answer.set_result(heard)
            case Lost():
                self._end(heard)
            case _ if self._deliver is not None:
                self._deliver(heard)

    def _end(self, lost: Lost) -> None:
        self._lost = lost
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result(None)
        if not self._left and self._deliver is not None:
            self._deliver(lost)
