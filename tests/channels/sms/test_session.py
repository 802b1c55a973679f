"""One run's SMS exchange, against an SMS centre that is not of the robot's making."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from statistics import median

import pytest

from prober.channels.base import RunContext, Session
from prober.channels.sms.actions import Receipt, Receive, Send
from prober.channels.sms.driver import SmsDriver
from prober.channels.timing import monotonic
from prober.errors import RobotBroken
from prober.model.run import Observation, Seen
from prober.model.scenario import Action, Pattern
from tests.channels.sms.smsc import (
    BAD_DESTINATION,
    BAD_SOURCE,
    QUEUE_FULL,
    STYLES,
    THROTTLED,
    Bind,
    Smsc,
    Submit,
    accepts_only,
    message,
)

BILL = "尊敬的客户，您的账单如下：" + "基本月租费8.00元，流量费30.00元；" * 8 + "合计86.50元😀。"
Opened = Callable[..., AbstractAsyncContextManager[Session]]


@pytest.fixture
def sms_session(sms_driver: Callable[..., SmsDriver], sms_run: Callable[..., RunContext]) -> Opened:
    """Opens sessions and closes them."""

    @asynccontextmanager
    async def opened(run: RunContext | None = None) -> AsyncIterator[Session]:
        session = await sms_driver().open(run or sms_run())
        try:
            yield session
        finally:
            await session.close()

    return opened


async def send(session: Session, text: str = "CXYE", to: str = "10086", deadline_s: float = 5) -> Observation:
    return await session.perform(Action("sms", "send", Send(to, text)), deadline_s)


async def receipt(session: Session, deadline_s: float = 5) -> Observation:
    return await session.perform(Action("sms", "receipt", Receipt()), deadline_s)


async def receive(session: Session, text: str, deadline_s: float = 5, from_: str | None = None) -> Observation:
    pattern = Pattern(text.strip("/"), regex=text.startswith("/"))
    return await session.perform(Action("sms", "receive", Receive(pattern, from_)), deadline_s)


async def all_heard(session: Session, smsc: Smsc) -> None:
    """Return when all that the centre has to deliver has arrived in the session: an acknowledgement is sent before."""
    await smsc.quiet()
    await session._link.settle()


async def test_a_command_is_accepted_delivered_and_answered(
    sms_session: Opened, sms_run: Callable[..., RunContext], smsc: Smsc
) -> None:
    """The three verbs tell what was sent, what became of it and what came back."""
    run = sms_run()
    async with sms_session(run) as session:
        sent = await send(session)
        assert (sent.seen, sent.facts) == (
            Seen.EXPECTED,
            {"message_id": "00001a2b", "parts": 1, "encoding": "gsm7"},
        )
        assert run.stimulus.by == "sms.send"
        assert (await receipt(session)).facts == {"state": "DELIVRD"}
        reply = await receive(session, r"/余额为(?P<balance>[\d.]+元)/")
    assert (reply.seen, reply.text, reply.groups) == (Seen.EXPECTED, "CXYE: 余额为86.50元", {"balance": "86.50元"})
    assert reply.took_s is not None
    assert 0 < reply.took_s < 5
    assert smsc.bind.address_range == smsc.submits[0].source == "13800000001"
    assert smsc.submits[0].validity == "000000000100000R"


async def test_the_latency_is_that_of_the_centre(sms_session: Opened, smsc: Smsc) -> None:
    """What a reply took is what the centre took for it, within 10 ms in the median."""
    truths_s: list[float] = []

    async def takes_its_time(bind: Bind, submit: Submit) -> None:
        came_s = monotonic()
        bind.accept(submit, "1")
        await asyncio.sleep(0.03)
        truths_s.append(monotonic() - came_s)
        await bind.reply(f"余额 {len(truths_s)}")

    smsc.behave = takes_its_time
    errors_s = []
    async with sms_session() as session:
        for _ in range(9):
            await send(session)
            reply = await receive(session, "余额")
            assert reply.took_s is not None
            errors_s.append(reply.took_s - truths_s[-1])
    assert 0 <= median(errors_s) < 0.01


@pytest.mark.parametrize("style", STYLES)
async def test_a_long_reply_is_put_together_however_it_is_carried(sms_session: Opened, smsc: Smsc, style: str) -> None:
    """A Chinese text of three parts, with an emoji, arrives whole in all four ways SMPP carries one."""

    async def bill(bind: Bind, submit: Submit) -> None:
        bind.accept(submit, "1")
        await bind.reply(BILL, style=style)

    smsc.behave = bill
    async with sms_session() as session:
        await send(session)
        reply = await receive(session, "合计")
    assert reply.text == BILL
    assert reply.facts["parts"] == (1 if style == "payload" else 3)


async def test_parts_may_come_in_any_order(sms_session: Opened, smsc: Smsc) -> None:
    """The last part first and one twice: one text, timed to the part that came last."""

    async def shuffled(bind: Bind, submit: Submit) -> None:
        bind.accept(submit, "1")
        one, two, three = message(BILL, style="udh8", sender="10086", to=bind.address_range, reference=9)
        for body in (three, one, three, two):
            await bind.deliver(body)

    smsc.behave = shuffled
    async with sms_session() as session:
        await send(session)
        reply = await receive(session, "合计")
    assert reply.text == BILL
    assert reply.took_s is not None
    assert reply.timings["first_part_s"] < reply.took_s
    assert reply.facts["order"] == "1 3 2"


async def test_a_long_chinese_command_goes_out_in_parts(sms_session: Opened, smsc: Smsc) -> None:
    """Each part says which it is, and together they are the text."""
    smsc.behave = accepts_only
    async with sms_session() as session:
        sent = await send(session, BILL)
    assert (sent.facts["parts"], sent.facts["encoding"]) == (3, "ucs2")
    assert "".join(submit.text for submit in smsc.submits) == BILL
    assert [submit.octets[3:6] for submit in smsc.submits] == [bytes([1, 3, n]) for n in (1, 2, 3)]


async def test_a_text_the_gateway_would_cut_is_not_sent(sms_session: Opened, smsc: Smsc) -> None:
    """The robot refuses it itself, and nothing is owed."""
    async with sms_session() as session:
        with pytest.raises(RobotBroken, match=r"takes 15 parts.*cut it after 10"):
            await send(session, "余" * 1000)
    assert smsc.submits == []


async def test_the_receipt_may_come_before_the_id_it_speaks_of(sms_session: Opened, smsc: Smsc) -> None:
    """A receipt and a reply that overtake the answer to the submit are kept for those who ask."""

    async def overtaken(bind: Bind, submit: Submit) -> None:
        await bind.reply("余额为86.50元")
        await bind.receipt("00AB", text=False)
        bind.accept(submit, "ab")

    smsc.behave = overtaken
    async with sms_session() as session:
        assert (await send(session)).seen is Seen.EXPECTED
        assert (await receipt(session)).seen is Seen.EXPECTED
        assert (await receive(session, "余额")).seen is Seen.EXPECTED


async def test_every_part_must_be_delivered(sms_session: Opened, smsc: Smsc) -> None:
    """One part undelivered fails the receipt at once, with the network's own words."""
    failed_first = iter((("1", "DELIVRD", "000"), ("2", "UNDELIV", "042"), ("3", "DELIVRD", "000")))

    async def one_lost(bind: Bind, submit: Submit) -> None:
        message_id, state, error = next(failed_first)
        bind.accept(submit, message_id)
        if state == "UNDELIV":
            await bind.receipt(message_id, state, error)

    smsc.behave = one_lost
    async with sms_session() as session:
        await send(session, BILL)
        began_s = monotonic()
        seen = await receipt(session, 30)
    assert (seen.seen, seen.actual) == (Seen.RECEIPT_FAILED, "UNDELIV, error 042")
    assert monotonic() - began_s < 10


@pytest.mark.parametrize(
    ("status", "seen", "retryable"),
    [
        (THROTTLED, Seen.THROTTLED, True),
        (QUEUE_FULL, Seen.THROTTLED, True),
        (BAD_DESTINATION, Seen.DESTINATION_REFUSED, False),
        (0x45, Seen.GATEWAY_REFUSED, False),
    ],
)
async def test_a_refusal_is_told_by_its_kind(
    sms_session: Opened, smsc: Smsc, status: int, seen: Seen, retryable: bool
) -> None:
    """The SMSC's error is the channel's failure, and nothing is waited for after it."""

    async def refuses(bind: Bind, submit: Submit) -> None:
        bind.refuse(submit, status)

    smsc.behave = refuses
    async with sms_session() as session:
        refused = await send(session)
        assert (refused.seen, refused.facts["retryable"]) == (seen, retryable)
        assert (await receipt(session)).seen is Seen.NOT_ASKED


@pytest.mark.parametrize(
    ("status", "what", "cure"),
    [
        (BAD_SOURCE, "Invalid Source Address", "Ask the SMSC's operator to route the line's MSISDN"),
        (0x62, "Invalid message validity period", "Set validity: 0s"),
    ],
)
async def test_a_refusal_of_ourselves_is_the_robots_fault(
    sms_session: Opened, smsc: Smsc, status: int, what: str, cure: str
) -> None:
    """Our own number or settings refused is an error with a cure, not the channel's failure."""

    async def refuses(bind: Bind, submit: Submit) -> None:
        bind.refuse(submit, status)

    smsc.behave = refuses
    async with sms_session() as session:
        with pytest.raises(RobotBroken) as broken:
            await send(session)
    assert what in broken.value.what
    assert broken.value.cure.startswith(cure)


async def test_a_gateway_that_does_not_answer_is_nothing_seen(sms_session: Opened, smsc: Smsc) -> None:
    """A submit without an answer ends with its own clock."""

    async def silent(bind: Bind, submit: Submit) -> None:
        pass

    smsc.behave = silent
    async with sms_session() as session:
        seen = await send(session, deadline_s=0.2)
    assert (seen.seen, seen.actual, seen.took_s) == (Seen.NOTHING, "no answer from the gateway in 0.2 s", None)
    assert seen.doubtful


async def test_other_messages_are_passed_over(sms_session: Opened, smsc: Smsc) -> None:
    """An advertisement from the same number, and the right text from another, do not end the waiting."""

    async def advertises(bind: Bind, submit: Submit) -> None:
        bind.accept(submit, "1")
        await bind.reply("流量特惠，回复1办理")
        await bind.reply("您的余额为1.00元", sender="10010")
        await bind.reply("您的余额为86.50元", sender="+8610086123")

    smsc.behave = advertises
    async with sms_session() as session:
        await send(session)
        reply = await receive(session, "余额")
    assert reply.text == "您的余额为86.50元"
    assert (reply.facts["sender"], reply.facts["passed_over"]) == ("+8610086123", "流量特惠，回复1办理")


async def test_only_another_text_is_wrong_content(sms_session: Opened, smsc: Smsc) -> None:
    """When time is over the wrong text is told, not silence."""
    async with sms_session() as session:
        await send(session)
        seen = await receive(session, "账单", deadline_s=0.4)
    assert (seen.seen, seen.actual) == (Seen.WRONG_CONTENT, "«CXYE: 余额为86.50元»")


async def test_an_incomplete_message_is_told(sms_session: Opened, smsc: Smsc) -> None:
    """Two parts of three are nothing received, and the words say how far it came."""

    async def tears(bind: Bind, submit: Submit) -> None:
        bind.accept(submit, "1")
        for body in message(BILL, style="udh16", sender="10086", to=bind.address_range, reference=300)[:2]:
            await bind.deliver(body)

    smsc.behave = tears
    async with sms_session() as session:
        await send(session)
        seen = await receive(session, "合计", deadline_s=0.4)
    assert (seen.seen, seen.actual) == (Seen.NOTHING, "only 2 of 3 parts from 10086")


async def test_a_duplicate_is_no_second_reply(sms_session: Opened, smsc: Smsc) -> None:
    """What the network delivers twice is received once."""

    async def stutters(bind: Bind, submit: Submit) -> None:
        bind.accept(submit, "1")
        await bind.reply("余额为86.50元")
        await bind.reply("余额为86.50元")

    smsc.behave = stutters
    async with sms_session() as session:
        await send(session)
        await all_heard(session, smsc)
        first = await receive(session, "余额")
        assert (first.seen, first.facts["duplicates"]) == (Seen.EXPECTED, 1)
        assert (await receive(session, "余额", deadline_s=0.4)).seen is Seen.NOTHING


async def test_the_same_answer_to_a_second_command_is_no_duplicate(sms_session: Opened) -> None:
    """A submit opens a new window: the same words may rightly come again."""
    async with sms_session() as session:
        for _ in range(3):
            await send(session)
            assert (await receive(session, "余额")).seen is Seen.EXPECTED


async def test_a_reply_may_be_quicker_than_what_the_robot_does_next(
    sms_session: Opened, sms_run: Callable[..., RunContext], smsc: Smsc
) -> None:
    """A step on another channel between command and reply does not make the reply too early."""
    run = sms_run()
    async with sms_session(run) as session:
        await send(session)
        await receipt(session)
        first = await receive(session, "余额")
        await send(session)
        await receipt(session)
        await smsc.quiet()
        run.stimulus.mark(monotonic(), "web.click")
        second = await receive(session, "余额")
    assert (first.seen, second.seen) == (Seen.EXPECTED, Seen.EXPECTED)
    assert second.took_s is not None
    assert second.took_s > 0


async def test_a_code_that_another_channel_asked_for_is_received(
    sms_session: Opened, sms_run: Callable[..., RunContext], smsc: Smsc
) -> None:
    """Without a message of our own the reply is measured from whatever caused it, and may come from anyone."""
    run = sms_run()
    async with sms_session(run) as session:
        await smsc.bind.reply("验证码000000，请勿泄露", sender="106598")
        run.stimulus.mark(monotonic(), "web.click")
        await smsc.bind.reply("验证码135790，请勿泄露", sender="106598")
        seen = await receive(session, r"/验证码(?P<code>\d{6})/")
    assert seen.groups == {"code": "135790"}


async def test_a_link_that_ends_is_the_robots_fault_at_once(sms_session: Opened, smsc: Smsc) -> None:
    """Nobody waits out a time-out on a connection that is gone."""

    async def hangs_up(bind: Bind, submit: Submit) -> None:
        bind.accept(submit, "1")
        await bind.writer.drain()
        bind.writer.close()

    smsc.behave = hangs_up
    async with sms_session() as session:
        await send(session)
        began_s = monotonic()
        with pytest.raises(RobotBroken, match="is gone: it closed the connection"):
            await receive(session, "余额", deadline_s=60)
        assert monotonic() - began_s < 10


async def test_the_transcript_tells_the_exchange_without_secrets(
    sms_session: Opened, sms_run: Callable[..., RunContext], smsc: Smsc, tmp_path: Path
) -> None:
    """It has every message with its time, number and fate, the password masked; closing twice is safe."""

    async def echoes(bind: Bind, submit: Submit) -> None:
        bind.accept(submit, "1")
        await bind.receipt("1")
        await bind.reply(f"收到{submit.text}" + "，" * 70)

    smsc.behave = echoes
    async with sms_session(sms_run()) as session:
        await send(session, "MM246801")
        await receive(session, "收到")
        evidence = await session.close()
        assert await session.close() == evidence
    (kept,) = evidence
    text = (tmp_path / kept.path).read_text(encoding="utf-8")
    assert "246801" not in text
    assert "13800000001" not in text
    for words in (
        "line demo-1 (138••••0001)\nopened ",
        "-> 10086  [accepted as 1]\n   MM•••",
        "<- receipt of 1: DELIVRD",
        "Z; seconds count from there\n",
        "<- 10086 in 2 parts: +0.",
        "[taken as the reply]\n   收到MM•••",
    ):
        assert words in text
