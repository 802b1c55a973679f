"""Private numbers are masked whoever they belong to; what merely has as many digits stays."""

from __future__ import annotations

import pytest

from prober.loading.masking import Masker

MASK = Masker([])


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("主叫13800000001。", "主叫138••••0001。"),
        ("sip:+8613800000001@10.0.0.5", "sip:+86138••••0001@10.0.0.5"),
        ("008613800000001", "0086138••••0001"),
        ("+86 138 0000 0001", "+86 138••••0001"),
        ("86-138-0000-0001;", "86-138••••0001;"),
        ("tel%3A13800000001&x", "tel%3A138••••0001&x"),
        (r"{'a': '您好\n13800000001\u673a13800000001'}", r"{'a': '您好\n138••••0001\u673a138••••0001'}"),
        ("call_13800000001.wav", "call_138••••0001.wav"),
        ("１３８００００００００１", "１３８００００００００１"),
        ("１３８０００００００１", "１３８••••０００１"),
        ("身份证11010519491231002X", "身份证••••002X"),
        ("11010519491231002x,", "••••002x,"),
        ("110105 19491231 002X", "••••002X"),
        ("id=440524188001010014&", "id=••••0014&"),
        ("卡号6222021234567890128", "卡号••••0128"),
        ("4111 1111 1111 1111", "••••1111"),
        ("4111-1111-1111-1111。", "••••1111。"),
    ],
)
def test_private_numbers_are_masked(text: str, masked: str) -> None:
    """Of a telephone number the first three and last four digits remain, of a card the last four; twice is once."""
    assert (MASK(text), MASK(masked), MASK.hides(text)) == (masked, masked, text != masked)
    assert not MASK.secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "6222021234567890123",
        "4111 1111 1111 1112",
        "110105194912310021",
        "110105194913310028",
        "11010519491231002XY",
        "12800000001",
        "138000000012",
        "1380000000",
        "13800000001a",
        "a13800000001",
        "¥13800000001.50",
        "0.13800000001",
        "1732225200000",
        "1732225200000000",
        "1732225200123456789",
        "20261121213300123",
        "2026-11-21T21:33:00.138000000012Z",
        "Call-ID: 1c138f0000000113800000001f@127.0.0.1",
        "branch=z9hG4bKPj13800000001",
        "550e8400-4291-4114-4716-446655440000",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
        "10086 1008611 12345678",
        "余额86.50元，流量1203.40MB，截至11月21日21时33分",
    ],
)
def test_what_is_no_private_number_stays(text: str) -> None:
    """A wrong check digit, a digit more or less, an amount, a time, a hash, an identifier."""
    assert (MASK(text), MASK.hides(text)) == (text, False)
