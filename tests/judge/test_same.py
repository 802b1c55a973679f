import pytest

from prober.judge.same import same
from prober.model.run import Seen
from prober.model.value import Captured, ValueType

M, T = ValueType.MONEY, ValueType.TEXT
IVR = Captured("ivr", M, "八十六元五角", 8650)
WEB = Captured("web", M, "86.50元", 8650)
SMS = Captured("sms", T, "86.50元", "86.50元")
WRONG = Captured("web", M, "96.50元", 9650)


def told(*captures, names=("ivr", "web", "sms"), **kwargs):
    kwargs.setdefault("value_type", M)
    return same(names, {captured.name: captured for captured in captures}, **kwargs)


def test_the_same_amount_said_three_ways_is_the_same():
    """Spoken, shown and texted amounts compare by value; a text capture is read as the type."""
    assert told(IVR, WEB, SMS).seen is Seen.EXPECTED


def test_a_wrong_balance_names_all_three_values():
    """The sentence of a failure holds every value, so that one sees who is out of step."""
    seen = told(IVR, WRONG, SMS)
    assert seen.seen is Seen.WRONG_CONTENT
    assert seen.actual == "ivr = 86.50元 («八十六元五角»), web = 96.50元, sms = 86.50元"


def test_what_cannot_be_read_is_never_equal():
    """Two unreadable texts are not the same amount."""
    odd = [Captured(name, T, "系统繁忙", "系统繁忙") for name in ("ivr", "web", "sms")]
    seen = told(*odd)
    assert seen.seen is Seen.WRONG_CONTENT
    assert "cannot be read as money" in seen.actual


def test_a_missing_capture_fails_unless_it_may_be_missing():
    """Two of three are enough only where the scenario says so, and one never is."""
    assert told(IVR, WEB).seen is Seen.WRONG_CONTENT
    assert told(IVR, WEB, ignore_missing=True).seen is Seen.EXPECTED
    assert told(IVR, ignore_missing=True).seen is Seen.WRONG_CONTENT


@pytest.mark.parametrize(("tolerance", "seen"), [(999, Seen.WRONG_CONTENT), (1000, Seen.EXPECTED)])
def test_a_tolerance_is_in_fen(tolerance, seen):
    """A difference of ten yuan passes with a tolerance of 1000 fen, not with 999."""
    assert told(IVR, WRONG, names=("ivr", "web"), tolerance=tolerance).seen is seen


def test_texts_compare_normalised():
    """Texts compare without width and spaces."""
    a, b = Captured("a", T, "5G 流量包", ""), Captured("b", T, "５G流量包", "")
    a, b = (Captured(c.name, T, c.text, c.text) for c in (a, b))
    assert told(a, b, names=("a", "b"), value_type=T).seen is Seen.EXPECTED
