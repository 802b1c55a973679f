"""Long messages are put together from their parts."""

from __future__ import annotations

from itertools import permutations

import pytest

from prober.channels.sms.encoding import UCS2
from prober.channels.sms.gateways.base import Concat, Part
from prober.channels.sms.reassembly import Reassembler


def part(text: str, seq: int, *, total: int = 3, reference: int = 7, at_s: float = 0.0, sender: str = "10086") -> Part:
    return Part(sender, "13800000001", text.encode("utf-16-be"), UCS2, at_s, Concat(reference, total, seq))


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_parts_come_in_any_order(order: tuple[int, ...]) -> None:
    """The text is that of the numbers, the times that of the arrivals."""
    parts = Reassembler()
    made = [parts.add(part("一二三"[seq - 1], seq, at_s=float(at))) for at, seq in enumerate(order, 10)]
    assert made[:2] == [None, None]
    assert made[2] is not None
    assert made[2].text == "一二三"
    assert (made[2].first_at_s, made[2].at_s) == (10, 12)
    assert parts.unfinished() == []


def test_a_character_may_lie_across_two_parts() -> None:
    """Octets are joined before they are read."""
    whole = "一😀".encode("utf-16-be")
    parts = Reassembler()
    for seq, octets in enumerate((whole[:4], whole[4:]), 1):
        made = parts.add(Part("10086", "1", octets, UCS2, 0, Concat(1, 2, seq)))
    assert made is not None
    assert made.text == "一😀"


def test_senders_and_references_are_kept_apart() -> None:
    """Two long messages may come at once."""
    parts = Reassembler()
    for other in (part("x", 1, total=2, sender="10010"), part("y", 1, total=2, reference=8), part("z", 1, total=2)):
        assert parts.add(other) is None
    made = parts.add(part("!", 2, total=2))
    assert made is not None
    assert made.text == "z!"
    assert sorted(parts.unfinished()) == [("10010", 1, 2), ("10086", 1, 2)]


def test_what_was_left_over_does_not_get_into_a_new_message() -> None:
    """A part that comes again replaces the first, and one that waited too long is given up."""
    parts = Reassembler(patience_s=60)
    parts.add(part("old", 1, total=2, at_s=0))
    parts.add(part("new", 1, total=2, at_s=10))
    made = parts.add(part("!", 2, total=2, at_s=11))
    assert made is not None
    assert made.text == "new!"
    parts.add(part("old", 1, total=2, at_s=20))
    assert parts.add(part("late", 2, total=2, at_s=90)) is None


@pytest.mark.parametrize("concat", [Concat(1, 1, 1), Concat(1, 0, 0), Concat(1, 2, 3), None])
def test_a_header_that_cannot_be_true_makes_a_message_of_its_own(concat: Concat | None) -> None:
    """Nothing waits for parts that there cannot be."""
    made = Reassembler().add(Part("10086", "1", b"\0A", UCS2, 1.5, concat))
    assert made is not None
    assert (made.text, made.parts_at_s) == ("A", (1.5,))


def test_parts_that_come_twice_leave_nothing_behind() -> None:
    """A part repeated after its message was whole is no new message, and does not get into the next one."""
    parts = Reassembler()
    made = [parts.add(part("一二三"[seq - 1], seq, at_s=1)) for seq in (1, 1, 2, 2, 3, 3)]
    assert [one.text for one in made if one] == ["一二三"]
    assert parts.unfinished() == []
    made = [parts.add(part("甲乙丙"[seq - 1], seq, at_s=60)) for seq in (1, 2, 3)]
    assert [one.text for one in made if one] == ["甲乙丙"]
