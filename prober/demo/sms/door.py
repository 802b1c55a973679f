"""The SMS door: a centre that listens, takes commands for 10086 and sends back what it answers."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from prober.demo.customers import Customers, national
from prober.demo.faults import Fault
from prober.demo.sms import alphabet, faults, receipts
from prober.demo.sms.conversation import Conversation
from prober.demo.sms.multipart import Assembly, Cutter
from prober.demo.sms.pdu import Bind, Refused, ShortMessage, Status
from prober.demo.sms.routing import Routing
from prober.demo.sms.session import Session

SERVICE_NUMBER = "10086"
CREDENTIALS = {"robot": "secret"}


class SmsDoor:
    """Opens the SMPP port, and answers customers through whichever bind names them."""

    def __init__(
        self, host: str, port: int, *, customers: Customers, fault: Callable[[], Fault | None], counters: Counter[str]
    ) -> None:
        self._host, self._port = host, port
        self._customers = customers
        self._fault = fault
        self._counters = counters
        self._conversation = Conversation(customers)
        self._routing = Routing()
        self._assembly = Assembly()
        self._cutter = Cutter()
        self._message_ids = itertools.count(time.time_ns() // 1_000_000)  # not those of an earlier start
        self._server: asyncio.Server | None = None
        self._sessions: dict[Session, asyncio.Task[None]] = {}
        self._late: set[asyncio.TimerHandle] = set()

    async def start(self) -> int:
        """Open the port and return its number. Raises OSError if it is taken."""
        self._server = await asyncio.start_server(self._serve, self._host, self._port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Hang up on every peer and close the port. Safe to call twice."""
        if self._server is None:
            return
        self._server.close()
        for timer in self._late:
            timer.cancel()
        tasks = list(self._sessions.values())
        for session in list(self._sessions):
            session.close()
        # Python 3.11 reports connections that outlive their loop as broken callbacks.
        await asyncio.gather(*tasks)

    @property
    def stored(self) -> int:
        """Return how many messages wait for a bind."""
        return self._routing.stored

    @property
    def late(self) -> int:
        """Return how many replies are still to come."""
        return len(self._late)

    def reset(self) -> None:
        """Forget stored messages, replies that are still to come, and open questions."""
        for timer in self._late:
            timer.cancel()
        self._late.clear()
        self._routing.forget()
        self._conversation.forget()

    def admit(self, bind: Bind) -> None:
        """Raise Refused if the credentials are wrong, or a fault has it so."""
        faults.admit(self._fault())
        if bind.system_id not in CREDENTIALS:
            raise Refused(Status.RINVSYSID)
        if CREDENTIALS[bind.system_id] != bind.password:
            raise Refused(Status.RINVPASWD)
        self._counters["binds"] += 1

    def bound(self, session: Session) -> None:
        """Let a bind receive."""
        self._routing.attach(session)

    def gone(self, session: Session, unacknowledged: list[ShortMessage]) -> None:
        """Store for the next bind what this one never took."""
        self._routing.detach(session)
        self._routing.give_back(unacknowledged)

    def submit(self, message: ShortMessage, session: Session) -> str:
        """
        Take a message and return its id; the receipt and the reply follow the answer to the submit.

        What becomes of them is decided by the fault that is on now.
        """
        fault = self._fault()
        faults.accept(fault)
        message = replace(message, source=national(message.source))
        if self._customers.find(message.source) is None:
            raise Refused(Status.RINVSRCADR)
        if message.destination != SERVICE_NUMBER:
            return self._passed_on(message)
        octets = self._assembly.add(message)
        text = None if octets is None else alphabet.decode(octets, message.data_coding)
        message_id = f"{next(self._message_ids):x}"
        self._counters["submitted"] += 1
        loop = asyncio.get_running_loop()
        delivered = faults.name_of(fault) != "receipt-failed"
        if receipts.wanted(message, delivered=delivered):
            receipt = receipts.receipt(message, message_id, delivered=delivered)
            loop.call_soon(self._receipt, receipt, session)
        if text is not None and delivered:
            loop.call_soon(self._reply, fault, message.source, text)
        return message_id

    def _passed_on(self, message: ShortMessage) -> str:
        """Deliver what one customer sends another, as it is; of that nobody gets a receipt."""
        recipient = national(message.destination)
        if self._customers.find(recipient) is None:
            raise Refused(Status.RINVDSTADR)
        self._counters["passed_on"] += 1
        message = replace(message, destination=recipient, registered_delivery=0)
        asyncio.get_running_loop().call_soon(self._routing.deliver, message)
        return f"{next(self._message_ids):x}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(reader, writer, self)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        self._sessions[session] = task
        try:
            await session.serve()
        finally:
            del self._sessions[session]

    def _receipt(self, receipt: ShortMessage, session: Session) -> None:
        self._counters["receipts"] += 1
        self._routing.deliver(receipt, to_first=session)

    def _reply(self, fault: Fault | None, msisdn: str, text: str) -> None:
        """Answer a command at once, or, with the fault on, deliver late what was answered at once."""
        reply = faults.BUSY if faults.name_of(fault) == "wrong-text" else self._conversation.answer(msisdn, text)
        self._send(fault, msisdn, reply)

    def tell(self, msisdn: str, text: str) -> None:
        """Send a customer what another door has to say; it goes the way of a reply, with the fault that is on."""
        self._send(self._fault(), msisdn, text)

    def _send(self, fault: Fault | None, msisdn: str, reply: str) -> None:
        parts = faults.arranged(fault, self._cutter.cut(reply, source=SERVICE_NUMBER, destination=msisdn))
        if fault is not None and fault.name == "late-reply":
            self._deliver_late(fault.arguments["seconds"], parts)
        elif parts:
            self._deliver(parts)

    def _deliver_late(self, after_s: float, parts: list[ShortMessage]) -> None:
        def deliver() -> None:
            self._late.discard(timer)
            self._deliver(parts)

        timer = asyncio.get_running_loop().call_later(after_s, deliver)
        self._late.add(timer)

    def _deliver(self, parts: list[ShortMessage]) -> None:
        self._counters["replies"] += 1
        for part in parts:
            self._routing.deliver(part)
