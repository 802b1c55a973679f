"""How amounts are spoken."""

from __future__ import annotations

import pytest

from prober.demo.ivr import money
from prober.demo.recordings import Recordings

DIGITS = "零一二三四五六七八九"
UNITS = {
    "十": "ten",
    "百": "hundred",
    "千": "thousand",
    "万": "ten_thousand",
    "元": "yuan",
    "角": "jiao",
    "分": "fen",
    "整": "whole",
    "负": "minus",
}


def names(text: str) -> list[str]:
    """Return the pieces of a written amount."""
    return [f"d{DIGITS.index(character)}" if character in DIGITS else UNITS[character] for character in text]


@pytest.mark.parametrize(
    ("fen", "spoken"),
    [
        (0, "零元整"),
        (5, "五分"),
        (80, "八角"),
        (83, "八角三分"),
        (100, "一元整"),
        (1000, "十元整"),
        (1234, "十二元三角四分"),
        (2002, "二十元零二分"),
        (3000, "三十元整"),
        (8650, "八十六元五角"),
        (10005, "一百元零五分"),
        (11000, "一百一十元整"),
        (25010, "二百五十元一角"),
        (100_100, "一千零一元整"),
        (100_101, "一千零一元零一分"),
        (120_340, "一千二百零三元四角"),
        (1_000_000, "一万元整"),
        (1_008_600, "一万零八十六元整"),
        (1_200_000, "一万二千元整"),
        (10_010_000, "十万零一百元整"),
        (100_000_001, "一百万元零一分"),
        (2_000_000_000, "二千万元整"),
        (-530, "负五元三角"),
    ],
)
def test_spoken(fen, spoken):
    """An amount is spoken as an operator speaks it."""
    assert money.pieces(fen) == names(spoken)


def test_too_much():
    """An amount that the pieces cannot say is refused, not misread."""
    with pytest.raises(ValueError, match="100000000 is more"):
        money.pieces(10_000_000_000)


def test_recorded(ivr_recordings: Recordings):
    """Every piece that an amount can need is recorded."""
    needed = {f"d{digit}" for digit in range(10)} | set(UNITS.values())
    assert needed <= set(ivr_recordings.pieces)
