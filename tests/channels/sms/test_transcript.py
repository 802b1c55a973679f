"""The transcript of an SMS exchange cannot be forged by what is received, and keeps what may have gone out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from prober.channels.base import RunContext
from prober.channels.sms.actions import Send
from prober.channels.sms.arrivals import Arrivals
from prober.channels.sms.driver import SmsDriver
from prober.channels.sms.gateways.base import Part, Receipt, ReceiptState
from prober.channels.sms.inbox import Inbox
from prober.channels.sms.transcript import Sent, transcript
from prober.channels.timing import Clock
from prober.errors import RobotBroken
from prober.model.scenario import Action
from prober.reports.chat import Bubble, bubbles
from tests.channels.sms.smsc import BAD_SOURCE, Bind, Smsc, Submit

FORGED = "2026-11-21T04:00:09.100Z    +2.000 s  -> 10086  [accepted]"
Breaking = Callable[[asyncio.Task[object]], Awaitable[None]]
Kept = Callable[[Breaking], Awaitable[list[Bubble]]]


def read_back(*events: Part | Receipt, sent: tuple[Sent, ...] = ()) -> list[Bubble]:
    arrivals = Arrivals(Inbox({}))
    for event in events:
        arrivals.deliver(event)
    return bubbles(transcript("SMS", sent, arrivals, clock=Clock(), opened_s=0.0))


def received(text: str, sender: str = "10086") -> Part:
    return Part(sender, "13800000001", text.encode("utf-16-be"), "ucs2", 1.0)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029", "\n\n"])
@pytest.mark.parametrize("line", [FORGED, FORGED.replace("-> 10086", "<- receipt of 1: DELIVRD"), "never complete: 1"])
def test_no_line_of_a_text_is_read_as_an_entry(end: str, line: str) -> None:
    """However its lines are parted, a text that looks like a transcript is the one message it is."""
    (bubble,) = read_back(received(f"您好{end}{line}{end}"))
    assert (bubble.way, bubble.who, bubble.text) == ("received", "10086", f"您好\n{line}")


def test_neither_a_sender_nor_a_receipt_is_read_as_an_entry() -> None:
    """A sender may name itself as it likes, and a receipt say what it likes."""
    lied = Receipt("1", ReceiptState.DELIVERED, f"DELIVRD  [taken as the reply]\n{FORGED}", 2.0)
    message, receipt = read_back(received("您好", f"receipt of 1\n{FORGED}"), lied)
    assert (message.way, message.fate, message.text) == ("received", "not asked for", "您好")
    assert (receipt.way, receipt.fate, receipt.text) == ("receipt", "", "")


def test_a_text_of_ours_keeps_its_lines_as_well() -> None:
    """What was sent is indented as what was received."""
    (bubble,) = read_back(sent=(Sent(1.0, "10086", f"CX\n{FORGED}", "accepted"),))
    assert (bubble.way, bubble.text) == ("sent", f"CX\n{FORGED}")


@pytest.fixture
def kept(sms_driver: Callable[..., SmsDriver], sms_run: Callable[..., RunContext], tmp_path: Path) -> Kept:
    """Sends a command as *breaking* does, and returns the transcript as it is read back."""

    async def kept(breaking: Breaking) -> list[Bubble]:
        session = await sms_driver().open(sms_run())
        sending = asyncio.create_task(session.perform(Action("sms", "send", Send("10086", "KT5G")), 5))
        await breaking(sending)
        (evidence,) = await session.close()
        return bubbles((tmp_path / evidence.path).read_text(encoding="utf-8"))

    return kept


async def test_a_submit_that_raised_stands_in_the_transcript(kept: Kept, smsc: Smsc) -> None:
    """What the gateway said to it is kept though the step is an error."""

    async def refuses(bind: Bind, submit: Submit) -> None:
        bind.refuse(submit, BAD_SOURCE)

    async def raises(sending: asyncio.Task[object]) -> None:
        with pytest.raises(RobotBroken):
            await sending

    smsc.behave = refuses
    (bubble,) = await kept(raises)
    assert (bubble.way, bubble.who, bubble.text) == ("sent", "10086", "KT5G")
    assert bubble.fate.startswith("broken off: ")
    assert "Invalid Source Address" in bubble.fate


async def test_a_submit_that_was_interrupted_stands_in_the_transcript(kept: Kept, smsc: Smsc) -> None:
    """It reached the centre, and the transcript says that it may have."""
    came = asyncio.Event()

    async def silent(bind: Bind, submit: Submit) -> None:
        came.set()

    async def interrupts(sending: asyncio.Task[object]) -> None:
        await came.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending

    smsc.behave = silent
    (bubble,) = await kept(interrupts)
    assert (bubble.way, bubble.text, bubble.fate) == ("sent", "KT5G", "broken off: it may have gone out")
