"""How long, how often and for whom a one-time code is good."""

from __future__ import annotations

from prober.demo.web.codes import TRIES, VALID_S, Codes

ONE, OTHER = "13800000001", "13800000002"


def test_a_code_is_good_for_its_customer_once() -> None:
    """Neither for another, nor a second time, nor once another was drawn."""
    codes = Codes()
    first = codes.draw(ONE)
    assert not codes.take(OTHER, first)
    assert codes.take(ONE, first)
    assert not codes.take(ONE, first)
    second, third = codes.draw(ONE), codes.draw(ONE)
    assert [codes.take(ONE, second), codes.take(ONE, third)] == [second == third, second != third]


def test_a_code_is_void_after_five_minutes_and_after_three_wrong_ones() -> None:
    """Whoever guesses gets no further."""
    now_s = [0.0]
    codes = Codes(lambda: now_s[0])
    code = codes.draw(ONE)
    for _ in range(TRIES):
        assert not codes.take(ONE, "")
    assert not codes.take(ONE, code)
    code = codes.draw(ONE)
    now_s[0] = VALID_S + 1
    assert not codes.take(ONE, code)
