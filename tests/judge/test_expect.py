import pytest

from prober.judge.expect import match
from prober.model.scenario import Pattern

CASES = [
    (Pattern("我的余额"), "我 的\n余额：86.50元", True),
    (Pattern("餘額"), "您的余额", True),
    (Pattern("余额"), "您的餘額", True),
    (Pattern("ＡＢＣ"), "abc", True),
    (Pattern("5G流量包（月）"), "办理 5G 流量包(月)", True),
    (Pattern("a.c"), "abc", False),
    (Pattern("余额"), "账单", False),
    (Pattern(r"余额为(?P<b>[\d.,]+元)", regex=True), "您的餘額為８６．５０元", True),
    (Pattern(r"余额（元）：\d+", regex=True), "余额(元):86", True),
    (Pattern(r"[余额]{2}", regex=True), "餘額", True),
    (Pattern(r"^余额$", regex=True), "我的余额", False),
]


@pytest.mark.parametrize(("pattern", "text", "found"), CASES, ids=[f"{p} in {t!r}" for p, t, _ in CASES])
def test_a_text_is_judged_as_a_customer_reads_it(pattern, text, found):
    """Width, spaces, case and traditional forms make no difference; anything else does."""
    assert (match(pattern, text) is not None) is found


def test_named_groups_are_what_was_matched():
    """A named group that took part is a capture, one that did not is none."""
    found = match(Pattern(r"余额为(?P<b>[\d.]+)元(?P<c>角)?", regex=True), "余额为86.50元")
    assert found is not None
    assert found.groups == {"b": "86.50"}
    assert found.text == "余额为86.50元"
