"""What 10086 answers to each command."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from prober.demo.customers import Customers
from prober.demo.sms.conversation import CONFIRM_WITHIN_S, HELP, Conversation

ME = "13800000001"


class Clock:
    """A monotonic clock that goes when it is told to."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def conversation(demo_customers: Customers, clock: Clock) -> Conversation:
    return Conversation(demo_customers, now=lambda: datetime(2026, 11, 21, 21, 33, tzinfo=UTC), monotonic=clock)


@pytest.mark.parametrize("text", ["CXYE", "cxye", " ＣＸ ＹＥ\n"])
def test_a_command_may_be_written_loosely(conversation, text) -> None:
    """Case, width and spaces make no difference."""
    assert conversation.answer(ME, text) == "尊敬的客户，截至11月21日21时33分，您的账户余额为86.50元。"


@pytest.mark.parametrize("number", range(1, 9))
def test_every_bill_takes_three_messages(conversation, number) -> None:
    """The bill is longer than two messages and no longer than three, for every customer."""
    assert 134 < len(conversation.answer(f"1380000000{number}", "CXZD")) <= 201


def test_an_order_is_confirmed_first(conversation, demo_customers) -> None:
    """KT5G only asks; Y orders; QX5G and Y take it back."""
    assert "回复Y确认" in conversation.answer(ME, "KT5G")
    assert "5GLL30" not in _codes(demo_customers)
    assert "已成功办理5G 流量包" in conversation.answer(ME, "y")
    assert "5GLL30" in _codes(demo_customers)
    assert "已开通" in conversation.answer(ME, "KT5G")
    assert "回复Y确认" in conversation.answer(ME, "QX5G")
    assert "已成功退订5G 流量包" in conversation.answer(ME, "Y")
    assert "5GLL30" not in _codes(demo_customers)
    assert "尚未开通" in conversation.answer(ME, "QX5G")


def test_a_yes_counts_once_and_for_its_own_customer(conversation, demo_customers) -> None:
    """A Y without a question of one's own does nothing."""
    conversation.answer(ME, "KT5G")
    assert "没有待确认" in conversation.answer("13800000002", "Y")
    conversation.answer(ME, "Y")
    assert "没有待确认" in conversation.answer(ME, "Y")


def test_a_late_yes_is_none(conversation, clock, demo_customers) -> None:
    """A question is forgotten after five minutes."""
    conversation.answer(ME, "KT5G")
    clock.now_s = CONFIRM_WITHIN_S + 1
    assert "没有待确认" in conversation.answer(ME, "Y")
    assert "5GLL30" not in _codes(demo_customers)


def test_anything_else_gets_help(conversation) -> None:
    """What is no command is answered with the commands."""
    assert conversation.answer(ME, "你好") == HELP


def _codes(customers: Customers) -> set[str]:
    return {package.code for package in customers.active(ME)}
