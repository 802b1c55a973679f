"""A peer that is not ours: smpplib in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import smpplib.client
import smpplib.consts
import smpplib.exceptions
import smpplib.gsm

from prober.demo.customers import Customers
from prober.demo.faults import Faults
from prober.demo.sms.door import SmsDoor

PATIENCE_S = 10.0


class Peer:
    """A bound smpplib client. What arrives is put into *arrived*, answers to submits into *answered*."""

    def __init__(self, port: int) -> None:
        self.arrived: asyncio.Queue[Any] = asyncio.Queue()
        self.answered: asyncio.Queue[Any] = asyncio.Queue()
        self.client = smpplib.client.Client("127.0.0.1", port, timeout=PATIENCE_S, allow_unknown_opt_params=True)
        self._loop = asyncio.get_running_loop()
        self._thread: threading.Thread | None = None

    async def bind(self, kind: str = "transceiver", **fields: Any) -> None:
        """Connect, bind as *kind* and listen."""
        fields = {"system_id": "robot", "password": "secret", **fields}
        await asyncio.to_thread(self.client.connect)
        self.client._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.to_thread(getattr(self.client, f"bind_{kind}"), **fields)
        self.client.set_message_received_handler(lambda pdu: self._put(self.arrived, pdu))
        self.client.set_message_sent_handler(lambda pdu: self._put(self.answered, pdu))
        self.client.set_error_pdu_handler(lambda pdu: None)  # an error answer would end listen()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    async def send(self, text: str, *, encoding: int = smpplib.consts.SMPP_ENCODING_DEFAULT, **fields: Any) -> None:
        """Submit *text* to 10086 from customer 1, in as many parts as it takes."""
        parts, coding, esm_class = smpplib.gsm.make_parts(text, encoding)
        for part in parts:
            await self.submit(short_message=part, data_coding=coding, esm_class=esm_class, **fields)

    async def submit(self, **fields: Any) -> None:
        """Submit one PDU."""
        fields = {"source_addr": "13800000001", "destination_addr": "10086", **fields}
        await asyncio.to_thread(self.client.send_message, **fields)

    async def answer(self) -> Any:
        """Return the next answer to a submit."""
        return await asyncio.wait_for(self.answered.get(), PATIENCE_S)

    async def next(self) -> Any:
        """Return the next deliver_sm."""
        return await asyncio.wait_for(self.arrived.get(), PATIENCE_S)

    async def text(self) -> str:
        """Return the next whole message's text."""
        first = await self.next()
        if not first.esm_class & smpplib.consts.SMPP_GSMFEAT_UDHI:
            return str(first.short_message.decode("utf-16-be"))
        parts = {first.short_message[5]: first}
        while len(parts) < first.short_message[4]:
            part = await self.next()
            parts[part.short_message[5]] = part
        return b"".join(parts[n].short_message[6:] for n in sorted(parts)).decode("utf-16-be")

    async def close(self) -> None:
        """Unbind and hang up."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        client = self.client
        if self._thread is not None and self._thread.is_alive():
            client.send_pdu(smpplib.smpp.make_pdu("unbind", client=client))
            self._thread.join(PATIENCE_S)
        if client._socket is not None:
            client.disconnect()

    def _listen(self) -> None:
        with contextlib.suppress(smpplib.exceptions.ConnectionError):
            self.client.listen()

    def _put(self, queue: asyncio.Queue[Any], pdu: Any) -> None:
        self._loop.call_soon_threadsafe(queue.put_nowait, pdu)


@dataclass
class Hall:
    """An open SMS door."""

    door: SmsDoor
    port: int
    counters: Counter[str]


@pytest.fixture
async def sms_hall(demo_customers: Customers, demo_faults: Faults) -> AsyncIterator[Hall]:
    """The SMS door on a free port."""
    counters: Counter[str] = Counter()
    door = SmsDoor("127.0.0.1", 0, customers=demo_customers, fault=lambda: demo_faults.active("sms"), counters=counters)
    yield Hall(door, await door.start(), counters)
    await door.close()


@pytest.fixture
async def sms_peer(sms_hall: Hall) -> AsyncIterator[Callable[..., Awaitable[Peer]]]:
    """Binds peers: `await sms_peer("receiver", address_range="13800000001")`."""
    peers: list[Peer] = []

    async def bind(kind: str = "transceiver", **fields: Any) -> Peer:
        peer = Peer(sms_hall.port)
        peers.append(peer)
        await peer.bind(kind, **fields)
        return peer

    yield bind
    for peer in peers:
        await peer.close()
