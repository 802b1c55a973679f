"""Texts in the one form they are spoken in."""

from __future__ import annotations

import pytest

from prober.channels.ivr.speech.spoken import figures, letters, to_the_fen
from prober.channels.ivr.understanding import shown
from prober.loading.masking import Masker


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("二十八块五", "28.5元"),
        ("二十八元五角", "28.5元"),
        ("28块5毛钱", "28.5元"),
        ("28.50元", "28.5元"),
        ("¥28.50", "28.5元"),
        ("二十八点五零元", "28.5元"),
        ("二十八元零五分", "28.05元"),
        ("八十六圆整", "86元"),
        ("三毛", "0.3元"),
        ("五角二分", "0.52元"),
        ("1,234.50元", "1234.5元"),
        ("一千零一", "1001"),
        ("一百五", "150"),
        ("一零零八六", "10086"),
        ("幺零零八六", "10086"),
        ("二〇二六年十月一日", "2026年10月1日"),
        ("百分之五十", "50%"),
        ("两个", "2个"),
        ("請按１", "请按1"),
        ("Your Balance", "your balance"),
    ],
)
def test_a_number_has_one_form(written, spoken):
    """However it was written down."""
    assert figures(written) == spoken


@pytest.mark.parametrize(
    ("text", "as_it_was"),
    [("三十分钟", "30分钟"), ("每月30元，5G流量", "每月30元,5g流量"), ("千万别", "千万别"), ("二十八块5个", "28元5个")],
)
def test_what_is_no_amount_is_not_made_one(text, as_it_was):
    """Minutes are no fen, a volume behind a price is no jiao, and a word of numerals stays a word."""
    assert figures(text) == as_it_was


def test_only_what_is_spoken_counts():
    """Neither punctuation nor spaces; decimal points and per cent are."""
    assert letters("您的余额：28.50 元。 剩余 50%！") == "您的余额28.5元剩余50%"


def test_amounts_can_be_had_to_the_fen():
    """As they are mostly written; other numbers stay."""
    assert to_the_fen(letters("二十八块五，三十元，8G，1.5倍")) == "28.50元30.00元8g1.5倍"


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        ("您的密码是二四六八零幺", "您的密码是•••"),
        ("您的密码是246801", "您的密码是•••"),
        ("您的余额为二十八元五角", "您的余额为二十八元五角"),
    ],
)
def test_a_secret_that_is_spoken_is_not_shown(words, seen):
    """Figure by figure or not; what holds none stays as it was said."""
    assert shown(words, Masker(["246801"])) == seen
