"""One SMPP connection, from the bind to the unbind."""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import Protocol

from prober.demo.sms.pdu import Bind, Command, Pdu, Refused, ShortMessage, Status, Tag, cstring, read_pdu, tlv

SYSTEM_ID = "demo"
_SUBMITS = {Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER}
_RECEIVES = {Command.BIND_RECEIVER, Command.BIND_TRANSCEIVER}
_BINDS = _SUBMITS | _RECEIVES


class Centre(Protocol):
    """The SMS centre as a connection sees it."""

    def admit(self, bind: Bind) -> None:
        """Raise Refused if the credentials are wrong."""
        ...

    def bound(self, session: Session) -> None:
        """Note a bind that receives."""
        ...

    def submit(self, message: ShortMessage, session: Session) -> str:
        """Return the message id, or raise Refused."""
        ...

    def gone(self, session: Session, unacknowledged: list[ShortMessage]) -> None:
        """Note the end of a bind, and what it never took."""
        ...


class Session:
    """Serves one peer until it unbinds, hangs up or talks nonsense."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, centre: Centre) -> None:
        self.address_range = ""
        self._reader = reader
        self._writer = writer
        self._centre = centre
        self._bind: int | None = None
        self._sequences = itertools.count(1)
        self._unacknowledged: dict[int, ShortMessage] = {}

    async def serve(self) -> None:
        """Answer every PDU until the connection ends."""
        try:
            while self._answer(await read_pdu(self._reader)):
                await self._writer.drain()
        except Refused as refused:
            self._write(Pdu(Command.GENERIC_NACK, 0, refused.status))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the peer has gone, as peers do
        finally:
            self._leave()
            self._writer.close()

    def close(self) -> None:
        """Hang up."""
        self._leave()
        self._writer.close()

    def send(self, message: ShortMessage) -> None:
        """Send a deliver_sm; what is not acknowledged before the end goes back to the centre."""
        sequence = next(self._sequences)
        self._unacknowledged[sequence] = message
        self._write(Pdu(Command.DELIVER_SM, sequence, body=message.encode()))

    def _leave(self) -> None:
        self._bind = None
        unacknowledged = list(self._unacknowledged.values())
        self._unacknowledged.clear()
        self._centre.gone(self, unacknowledged)

    def _write(self, pdu: Pdu) -> None:
        if not self._writer.is_closing():
            self._writer.write(pdu.encode())

    def _answer(self, pdu: Pdu) -> bool:
        """Answer one PDU; False ends the connection."""
        if pdu.is_answer:
            self._unacknowledged.pop(pdu.sequence, None)
            return True
        try:
            self._write(self._reply(pdu))
        except Refused as refused:
            self._write(pdu.answer(refused.status))
        return pdu.command != Command.UNBIND

    def _reply(self, pdu: Pdu) -> Pdu:
        if pdu.command in _BINDS:
            return self._bound(pdu)
        if pdu.command == Command.SUBMIT_SM:
            return self._submitted(pdu)
        if pdu.command in {Command.ENQUIRE_LINK, Command.UNBIND}:
            return pdu.answer()
        return Pdu(Command.GENERIC_NACK, pdu.sequence, Status.RINVCMDID)

    def _bound(self, pdu: Pdu) -> Pdu:
        if self._bind is not None:
            raise Refused(Status.RALYBND)
        bind = Bind.decode(pdu.body)
        self._centre.admit(bind)
        try:
            re.compile(bind.address_range)
        except re.error:
            raise Refused(Status.RBINDFAIL) from None
        self._bind, self.address_range = pdu.command, bind.address_range
        if pdu.command in _RECEIVES:
            # After the answer is on its way: a client may take nothing else before it.
            asyncio.get_running_loop().call_soon(self._ready)
        return pdu.answer(body=cstring(SYSTEM_ID) + tlv(Tag.SC_INTERFACE_VERSION, b"\x34"))

    def _ready(self) -> None:
        if self._bind is not None:  # not if it has gone meanwhile
            self._centre.bound(self)

    def _submitted(self, pdu: Pdu) -> Pdu:
        if self._bind not in _SUBMITS:
            raise Refused(Status.RINVBNDSTS)
        message_id = self._centre.submit(ShortMessage.decode(pdu.body), self)
        return pdu.answer(body=cstring(message_id))
