"""Which message is the reply, decided without a network."""

from __future__ import annotations

import pytest

from prober.channels.sms.encoding import UCS2
from prober.channels.sms.gateways.base import Concat, Part
from prober.channels.sms.inbox import Fate, Inbox, same_number


def part(text: str, at_s: float, sender: str = "10086", concat: Concat | None = None) -> Part:
    return Part(sender, "13800000001", text.encode("utf-16-be"), UCS2, at_s, concat)


def inbox() -> Inbox:
    return Inbox({})


def taken(box: Inbox, wanted: str, since_s: float = 0, service: str | None = "10086") -> str | None:
    found = box.take(service, since_s=since_s, fits=lambda text: True if wanted in text else None)
    return found[0].text if found else None


@pytest.mark.parametrize("sender", ["10086", "10086123", "+8610086", "8610086", "008610086"])
def test_the_service_number_is_known_however_it_is_written(sender: str) -> None:
    """With or without the country code, with or without an extension."""
    assert same_number(sender, "10086")
    assert same_number(sender, "+8610086")


@pytest.mark.parametrize("sender", ["10010", "110086", "1008", "", "86"])
def test_another_number_is_another_number(sender: str) -> None:
    """The prefix must be whole, and at the beginning."""
    assert not same_number(sender, "10086")


def test_a_service_may_answer_from_other_numbers() -> None:
    """Those of the settings, and then no longer its own unless it is among them."""
    box = Inbox({"10086": ("1065",)})
    box.put(part("余额 1", 1, "106598"))
    box.put(part("余额 2", 2, "10086"))
    assert taken(box, "余额") == "余额 1"
    assert taken(box, "余额") is None


def test_the_window_opens_at_the_submit_for_every_part() -> None:
    """A message that began before it is no answer, though it ended after it."""
    box = inbox()
    box.put(part("余额 1", 9.9))
    box.put(part("余额", 9.9, concat=Concat(1, 2, 1)))
    box.put(part(" 2", 10.1, concat=Concat(1, 2, 2)))
    assert taken(box, "余额", since_s=10) is None
    box.put(part("余额 3", 10.0))
    assert taken(box, "余额", since_s=10) == "余额 3"


def test_what_was_passed_over_may_be_asked_for_later() -> None:
    """Two answers to one command may be awaited in either order, and each is taken once."""
    box = inbox()
    box.put(part("甲", 1))
    box.put(part("乙", 2))
    assert [taken(box, "乙"), taken(box, "甲"), taken(box, "甲")] == ["乙", "甲", None]


def test_a_number_that_owes_gives_its_next_message_to_the_earlier_command() -> None:
    """Whatever that message says; the one after it counts again. Others are not touched."""
    box = inbox()
    box.owe("10086")
    box.put(part("余额 0", 1, "10010"))
    box.put(part("余额 1", 2))
    box.put(part("余额 2", 3))
    assert [service for service, _ in box.late] == ["10086"]
    assert taken(box, "余额") == "余额 2"
    assert list(box.fates.values()) == [Fate.UNREAD, Fate.LATE, Fate.TAKEN]


def test_what_comes_twice_counts_once_until_the_next_submit() -> None:
    """The same text from the same sender is one message, whatever its reference; after a submit it may be two."""
    box = inbox()
    for reference in (1, 1, 2):
        for seq in (1, 2):
            box.put(part("长", 1, concat=Concat(reference, 2, seq)))
    box.open_window(2)
    box.put(part("短", 3))
    box.put(part("短", 4))
    box.open_window(5)
    box.put(part("短", 6))
    assert list(box.fates.values()) == [
        Fate.UNREAD,
        Fate.DUPLICATE,
        Fate.DUPLICATE,
        Fate.UNREAD,
        Fate.DUPLICATE,
        Fate.UNREAD,
    ]
