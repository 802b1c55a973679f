"""What customers do not understand, by the lists that come with the robot."""

from __future__ import annotations

import pytest

from prober.judge.wording import language_of, remarks
from prober.loading.experience import load_experience
from prober.model.wording import Fault, Reading, Told, Wording

OURS = load_experience().wording


def found(text: str, channel: str = "ivr", wording: dict[str, Wording] | None = None) -> list[tuple[Fault, str]]:
    return [(one.fault, one.what) for one in remarks(Told(channel, text, "x"), wording or OURS)]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("您的APN设置成功。", "APN"),
        ("您的ａｐｎ設置成功。", "APN"),
        ("请进行二次确认。", "二次确认"),
        ("Please provision your line.", "provision"),
        ("You can opt-out at any time.", "opt-out"),
    ],
)
def test_words_of_ours_are_found(text: str, word: str) -> None:
    """In any width, case and form."""
    assert found(text) == [(Fault.JARGON, word)]


@pytest.mark.parametrize("text", ["SHAPN是一个名字。", "感谢您的来电，再见。", "It is in a utilised-looking shop.", ""])
def test_a_word_inside_another_is_none(text: str) -> None:
    """A word of letters stands alone."""
    assert found(text) == []


def test_what_customers_say_instead_is_told() -> None:
    """A word of ours is no use without the better one."""
    (remark,) = remarks(Told("sms", "请输入MSISDN。", "reply"), OURS)
    assert (remark.what, remark.instead, remark.told.where) == ("MSISDN", "手机号码", "reply")


def test_a_menu_is_heard_choice_by_choice() -> None:
    """Five choices, 47 characters together, are not too much; six are, in both languages."""
    menu = "余额查询请按1，流量套餐请按2，办理5G流量包请按3，人工服务请按0，重听请按星号键"
    assert found(menu) == []
    assert found(f"{menu}，其他请按9") == [(Fault.CHOICES, "")]
    choices = ", ".join(f"for number {one} press {one}" for one in range(1, 7))
    assert found(f"{choices}.") == [(Fault.CHOICES, "")]


def test_lengths_are_counted_in_what_one_reads() -> None:
    """Characters in Chinese, where a number is one; words in English."""
    rules = {name: Wording(reading={"sms": Reading(sentence=4, whole=8)}) for name in ("zh", "en")}
    assert found("余额为86.50。", "sms", rules) == []
    assert found("余额为86.50元。", "sms", rules) == [(Fault.SENTENCE, "余额为86.50元")]
    assert found("One two three. Four five six. Seven eight nine.", "sms", rules) == [(Fault.WHOLE, "")]
    assert found("余额为86.50元。", "web", rules) == []


def test_a_text_is_chinese_if_any_of_it_is() -> None:
    """Brands and numbers in it are as they are."""
    assert [language_of(text) for text in ("5G流量包", "Your balance", "10086")] == ["zh", "en", "en"]
