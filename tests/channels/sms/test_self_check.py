"""The self-check of the SMS channel, against its reference SMSC."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from prober.channels.sms import reference
from prober.channels.sms.driver import SmsDriver
from prober.channels.sms.gateways.smpp import SmppLink
from prober.channels.sms.self_check import self_check
from prober.channels.timing import monotonic
from prober.errors import RobotBroken


async def test_it_passes_where_the_robot_is_well(sms_driver: Callable[..., SmsDriver]) -> None:
    """It says what worked, and is quick."""
    took_s = []
    for _ in range(5):
        began_s = monotonic()
        assert "its receipt and reply in 2 parts came" in await sms_driver().self_check()
        took_s.append(monotonic() - began_s)
    assert median(took_s) < 1


async def test_it_leaves_nothing_open(sms_driver: Callable[..., SmsDriver]) -> None:
    """Neither a socket nor a thread outlives it."""
    await self_check()
    before = _open_files()
    await self_check()
    assert _open_files() == before
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("smpp")] == []


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_a_reply_that_does_not_come_whole_is_the_robots_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference whose last part is lost stands for a robot that loses it."""
    answers = reference._answers
    monkeypatch.setattr(reference, "_answers", lambda *addresses: answers(*addresses)[:-1])
    monkeypatch.setattr("prober.channels.sms.self_check._WAIT_S", 0.2)
    with pytest.raises(RobotBroken, match=r"does not work either: no whole reply came in 0\.2 s"):
        await self_check()


async def test_a_text_that_comes_wrong_is_the_robots_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is decoded must be what was sent."""
    monkeypatch.setattr("prober.channels.sms.self_check.REPLY", "另一个文本")
    with pytest.raises(RobotBroken, match="was sent as «另一个文本»"):
        await self_check()


async def test_a_submit_that_is_not_taken_is_the_robots_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A link over which nothing goes out."""

    async def unanswered(*_: object) -> None:
        return None

    monkeypatch.setattr(SmppLink, "send", unanswered)
    with pytest.raises(RobotBroken, match="the submit was not accepted"):
        await self_check()
