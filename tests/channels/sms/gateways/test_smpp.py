"""The bind over SMPP 3.4, and everything that can be wrong with it."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import AsyncIterator
from statistics import median

import pytest
from pydantic import ValidationError

from prober.channels.sms.config import SmppSettings
from prober.channels.sms.gateways.base import Accepted, Event, Lost, Part
from prober.channels.sms.gateways.smpp import SmppGateway, SmppLink
from prober.channels.timing import monotonic
from prober.errors import RobotBroken
from tests.channels.sms.smsc import BAD_PASSWORD, Bind, Smsc, Submit, accepts_only, short_message, tlv

MSISDN = "13800000001"


def gateway(port: int, **changes: object) -> SmppGateway:
    fields = {"host": "127.0.0.1", "port": port, "system_id": "robot", "password": "secret", "connect_timeout": "2s"}
    return SmppGateway("demo", SmppSettings.model_validate(fields | changes))


@pytest.fixture
async def smsc() -> AsyncIterator[Smsc]:
    """A centre that accepts every message and answers none."""
    async with Smsc() as smsc:
        smsc.behave = accepts_only
        yield smsc


class Heard:
    """What a link delivered."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()

    async def next(self) -> Event:
        return await asyncio.wait_for(self.events.get(), 10)


async def opened(port: int, **changes: object) -> tuple[SmppLink, Heard]:
    heard = Heard()
    return await gateway(port, **changes).open(MSISDN, heard.events.put_nowait), heard


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("smpp")}


async def test_it_binds_as_the_lines_own_number_and_leaves_politely(smsc: Smsc) -> None:
    """The range of addresses is the MSISDN; after closing, twice, no thread and no socket is left."""
    link, _ = await opened(smsc.port)
    assert (smsc.bind.system_id, smsc.bind.password, smsc.bind.address_range) == ("robot", "secret", MSISDN)
    await link.close()
    await link.close()
    assert threads() == set()
    assert smsc.bind.reader.at_eof()


async def test_a_bind_that_is_refused_says_why(smsc: Smsc) -> None:
    """The SMSC's reason and the keys to look at are in the words."""
    smsc.bind_status = BAD_PASSWORD
    with pytest.raises(RobotBroken) as broken:
        await opened(smsc.port)
    assert f"‘demo’ (127.0.0.1:{smsc.port}) refused the bind for {MSISDN}: Invalid Password (0x0e)" in broken.value.what
    assert "channels.sms.gateways.demo.smpp in config.yaml" in broken.value.cure
    assert threads() == set()


async def test_an_smsc_that_is_not_there_is_not_to_be_reached() -> None:
    """The system's own reason is in the words."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(RobotBroken, match="is not to be reached: Connection refused"):
        await opened(port)


async def test_an_smsc_that_does_not_answer_the_bind_is_not_to_be_reached() -> None:
    """A port that accepts and is silent does not hold the robot."""
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(RobotBroken, match="did not answer the bind"):
        await opened(silent.getsockname()[1], connect_timeout="200ms")


async def test_giving_up_while_binding_leaves_nothing_behind() -> None:
    """A cancelled opening ends its thread."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        opening = asyncio.create_task(opened(silent.getsockname()[1], connect_timeout="30s"))
        connection, _ = await asyncio.to_thread(silent.accept)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        connection.close()
    assert threads() == set()


@pytest.mark.parametrize("field", ["system_id", "password", "system_type"])
def test_what_smpp_would_cut_is_refused_at_load(field: str) -> None:
    """A password of nine characters would be cut to eight on the wire, and refused there."""
    with pytest.raises(ValidationError, match="16 characters are too many: SMPP carries"):
        gateway(1, **{field: "x" * 16})


async def test_a_message_is_accepted_quickly(smsc: Smsc) -> None:
    """The median is far below the 44 ms that Nagle's delay costs."""
    link, _ = await opened(smsc.port)
    took_s = []
    for _ in range(21):
        accepted = await link.send("10086", "CXYE", 5)
        assert isinstance(accepted, Accepted)
        took_s.append(accepted.at_s - accepted.submitted_at_s)
    await link.close()
    assert median(took_s) < 0.02


async def test_messages_sent_at_once_get_their_own_answers(smsc: Smsc) -> None:
    """Fifty sends from two threads' worth of work are neither mixed nor torn."""
    link, heard = await opened(smsc.port)
    inbound = asyncio.gather(*(smsc.bind.deliver(short_message("10086", MSISDN, b"\0A")) for _ in range(50)))
    answers = await asyncio.gather(*(link.send("10086", f"NO {n}", 10) for n in range(50)))
    await inbound
    assert len({answer.message_ids for answer in answers if isinstance(answer, Accepted)}) == 50
    assert sorted(submit.text for submit in smsc.submits) == sorted(f"NO {n}" for n in range(50))
    assert {type(await heard.next()) for _ in range(50)} == {Part}
    await link.close()


async def test_settling_waits_for_what_the_centre_held(smsc: Smsc) -> None:
    """Stored messages have been delivered when it returns."""
    smsc.stored = [short_message("10086", MSISDN, b"\0A"), short_message("10086", MSISDN, b"\0B")]
    link, heard = await opened(smsc.port)
    await link.settle()
    assert heard.events.qsize() == 2
    await link.close()


async def test_a_centre_that_is_bound_but_dead_is_the_robots_fault(smsc: Smsc) -> None:
    """An enquire_link without an answer ends the opening; the link itself notices too, and says so once."""
    smsc.answers_links = False
    link, heard = await opened(smsc.port, connect_timeout="200ms", enquire_link="200ms")
    with pytest.raises(RobotBroken, match="did not answer an enquire_link"):
        await link.settle()
    lost = await heard.next()
    assert isinstance(lost, Lost)
    assert "was silent for 0.4 s" in lost.words
    with pytest.raises(RobotBroken, match="was silent"):
        await link.send("10086", "CXYE", 5)
    await link.close()
    assert heard.events.empty()


async def test_a_send_under_way_ends_with_the_link(smsc: Smsc) -> None:
    """It does not wait for its deadline."""

    async def hangs_up(bind: Bind, submit: Submit) -> None:
        bind.writer.close()

    smsc.behave = hangs_up
    link, _ = await opened(smsc.port)
    began_s = monotonic()
    with pytest.raises(RobotBroken, match="closed the connection"):
        await link.send("10086", "CXYE", 60)
    assert monotonic() - began_s < 10
    await link.close()


@pytest.mark.parametrize(
    "pdu",
    [
        pytest.param(struct.pack(">IIII", 16, 0x0102FF, 0, 5), id="an unknown command"),
        pytest.param(struct.pack(">IIII", 16, 0x80000000, 3, 0), id="a nack of nothing"),
        pytest.param(struct.pack(">IIII", 16, 0x15, 0, 5), id="an enquire_link"),
    ],
)
async def test_strange_pdus_do_not_end_the_link(smsc: Smsc, pdu: bytes) -> None:
    """What need not be understood is passed by."""
    link, _ = await opened(smsc.port)
    smsc.bind.writer.write(pdu)
    await link.settle()
    assert isinstance(await link.send("10086", "CXYE", 5), Accepted)
    await link.close()


async def test_an_optional_parameter_nobody_knows_is_passed_by(smsc: Smsc) -> None:
    """Vendors add their own."""
    link, heard = await opened(smsc.port)
    await smsc.bind.deliver(short_message("10086", MSISDN, b"\0A", extra=tlv(0x1501, b"vendor")))
    part = await heard.next()
    assert isinstance(part, Part)
    assert part.content == b"\0A"
    await link.close()


async def test_a_pdu_that_cannot_be_read_ends_the_link_with_its_reason(smsc: Smsc) -> None:
    """The robot says so rather than waiting for a message it has thrown away."""
    link, heard = await opened(smsc.port)
    smsc.bind.put(0x05, 9, body=b"\0\0")
    lost = await heard.next()
    assert isinstance(lost, Lost)
    assert "cannot be read" in lost.words
    await link.close()
    assert smsc.bind.reader.at_eof()


async def test_an_smsc_that_unbinds_is_gone(smsc: Smsc) -> None:
    """Its farewell is answered, and told."""
    link, heard = await opened(smsc.port)
    smsc.bind.put(0x06, 9)
    lost = await heard.next()
    assert isinstance(lost, Lost)
    assert "ended the bind" in lost.words
    await link.close()


async def test_a_link_that_only_sends_takes_nothing_from_others(smsc: Smsc) -> None:
    """It binds as transmitter, asks for no receipt, and what comes to its number goes elsewhere."""
    link = await gateway(smsc.port).open(MSISDN, None)
    assert smsc.bind.transmits_only
    answer = await link.send("10086", "故障", 5)
    assert isinstance(answer, Accepted)
    assert smsc.submits[-1].registered_delivery == 0
    await link.close()
    assert threads() == set()
