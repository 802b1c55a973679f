"""`receive_nothing`, and what is doubtful because nothing came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from prober.channels.base import RunContext, Session
from prober.channels.sms.actions import Receipt, Receive, ReceiveNothing, Send
from prober.channels.sms.driver import SmsDriver
from prober.channels.timing import monotonic
from prober.errors import RobotBroken
from prober.model.run import Observation, Seen
from prober.model.scenario import Action, Pattern
from tests.channels.sms.smsc import Bind, Smsc, Submit, accepts_only

SHORT_S = 0.3
CONFIRM = "请在5分钟内回复Y确认办理。"


@pytest.fixture
def run(sms_run: Callable[..., RunContext]) -> RunContext:
    """The run of the session."""
    return sms_run()


@pytest.fixture
async def session(sms_driver: Callable[..., SmsDriver], run: RunContext) -> AsyncIterator[Session]:
    """An open session."""
    session = await sms_driver().open(run)
    yield session
    await session.close()


async def send(session: Session, text: str = "KT5G", deadline_s: float = 5) -> Observation:
    return await session.perform(Action("sms", "send", Send("10086", text)), deadline_s)


async def receive(session: Session, text: str, deadline_s: float = 5) -> Observation:
    return await session.perform(Action("sms", "receive", Receive(Pattern(text))), deadline_s)


async def nothing(
    session: Session, deadline_s: float = SHORT_S, *, text: str | None = None, from_: str | None = None
) -> Observation:
    wanted = ReceiveNothing(Pattern(text) if text else None, from_)
    return await session.perform(Action("sms", "receive_nothing", wanted), deadline_s)


async def all_heard(session: Session, smsc: Smsc) -> None:
    """Return when all that the centre has to deliver has arrived in the session: an acknowledgement is sent before."""
    await smsc.quiet()
    await session._link.settle()


def answers(*texts: str, apart_s: float = 0.0, sender: str = "10086") -> Callable[[Bind, Submit], object]:
    """A centre that says several things to each command."""

    async def answer(bind: Bind, submit: Submit) -> None:
        bind.accept(submit, "1")
        for text in texts:
            await bind.reply(text, sender=sender)
            await asyncio.sleep(apart_s)

    return answer


async def test_nothing_more_is_what_should_come(session: Session) -> None:
    """It takes the whole wait, and no longer."""
    await send(session)
    await receive(session, "余额")
    began_s = monotonic()
    seen = await nothing(session)
    assert (seen.seen, seen.took_s, seen.actual) == (Seen.EXPECTED, SHORT_S, "nothing came")
    assert seen.expected == "no further message in 0.3 s"
    assert monotonic() - began_s >= SHORT_S


async def test_the_same_reply_again_is_told_with_its_delay(session: Session, smsc: Smsc) -> None:
    """A duplicate ends the wait at once, be it that it came before the wait began."""
    smsc.behave = answers(CONFIRM, CONFIRM, CONFIRM, apart_s=0.1)
    await send(session)
    assert (await receive(session, "回复Y")).seen is Seen.EXPECTED
    seen = await nothing(session, 30)
    assert (seen.seen, seen.text) == (Seen.UNEXPECTED_MESSAGE, CONFIRM)
    assert seen.actual == f"the same message again, 0.1 s after the first: «{CONFIRM}»"

    await send(session)
    assert (await receive(session, "回复Y")).seen is Seen.EXPECTED
    await all_heard(session, smsc)
    assert (await nothing(session, 30)).took_s == 0


async def test_another_message_is_told_with_its_sender(session: Session, smsc: Smsc) -> None:
    """Only what is asked about counts: a sender, a text."""
    smsc.behave = answers("余额为86.50元", "流量特惠，回复1办理")
    await send(session)
    await receive(session, "余额")
    await all_heard(session, smsc)
    assert (await nothing(session, 0.05, text="余额")).seen is Seen.EXPECTED
    assert (await nothing(session, 0.05, from_="10010")).seen is Seen.EXPECTED
    seen = await nothing(session, from_="10086", text="特惠")
    assert seen.seen is Seen.UNEXPECTED_MESSAGE
    assert seen.actual == "another message from 10086: «流量特惠，回复1办理»"
    assert seen.expected == "no further message from 10086 with 特惠 in 0.3 s"


async def test_what_the_last_receive_passed_over_was_asked_for(session: Session, smsc: Smsc) -> None:
    """An advertisement before the reply is no surprise any more."""
    smsc.behave = answers("流量特惠，回复1办理", "余额为86.50元")
    await send(session)
    await receive(session, "余额")
    assert (await nothing(session)).seen is Seen.EXPECTED


async def test_without_a_receive_it_counts_from_the_stimulus(session: Session, run: RunContext, smsc: Smsc) -> None:
    """What came before the click is not of the click."""
    await smsc.bind.reply("您的验证码是1234", sender="106598")
    run.stimulus.mark(monotonic(), "web.click")
    assert (await nothing(session)).seen is Seen.EXPECTED
    await smsc.bind.reply("您的验证码是5678", sender="106598")
    assert (await nothing(session)).actual == "another message from 106598: «您的验证码是5678»"


async def test_a_duplicate_never_passes_as_the_next_answer(session: Session, run: RunContext, smsc: Smsc) -> None:
    """Asked again on another channel, the copy of the first question is not the second one's answer."""
    smsc.behave = answers(CONFIRM, CONFIRM, apart_s=0.05)
    await send(session)
    assert (await receive(session, "回复Y")).seen is Seen.EXPECTED
    run.stimulus.mark(monotonic(), "web.click")
    assert (await receive(session, "回复Y", SHORT_S)).seen is Seen.NOTHING


async def test_a_copy_from_before_a_submit_is_not_its_answer(session: Session, smsc: Smsc) -> None:
    """The second order's question is the one that comes after the second order."""
    smsc.behave = answers(CONFIRM, CONFIRM)
    await send(session)
    await receive(session, "回复Y")
    await all_heard(session, smsc)
    smsc.behave = accepts_only
    await send(session)
    assert (await receive(session, "回复Y", SHORT_S)).seen is Seen.NOTHING


async def test_a_link_that_ends_is_no_silence(session: Session, smsc: Smsc) -> None:
    """Nothing can come any more, so that nothing came tells nothing."""
    smsc.bind.writer.close()
    with pytest.raises(RobotBroken, match="is gone"):
        await nothing(session, 30)


async def test_nothing_at_all_is_doubtful(session: Session, smsc: Smsc) -> None:
    """No receipt and no reply may be the robot's fault; the wrong text is not."""
    smsc.behave = accepts_only
    await send(session)
    receipt = await session.perform(Action("sms", "receipt", Receipt()), 0.1)
    assert (receipt.seen, receipt.doubtful) == (Seen.NOTHING, True)
    assert (await receive(session, "余额", 0.1)).doubtful
    await smsc.bind.reply("系统繁忙")
    wrong = await receive(session, "余额", 1)
    assert (wrong.seen, wrong.doubtful) == (Seen.WRONG_CONTENT, False)
