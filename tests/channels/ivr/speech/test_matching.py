"""What was recognised against what was to be said."""

from __future__ import annotations

import re

import pytest

from prober.channels.ivr.speech.matching import likeness, search


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("余额.*元", "您的账户余额为28.50元。"),
        ("余额.*元", "您當前的帳戶餘額為二十八塊五"),
        ("余额为28.50元", "余额为二十八块五"),
        ("余额为二十八元五角", "余额为28.5元"),
        (r"余额为\d+\.\d{2}元", "余额为二十八块五"),
        (r"余额为\d+(\.\d)?元", "余额为28元"),
        ("流量包，每月30元", "流量包每月三十元"),
        ("余额", "鱼鹅"),
        ("您当前的账户余额", "您当前的帐户语额"),
        ("流量", "牛亮"),
        ("主菜单", "组蔡丹"),
        ("声音", "深音"),
        ("余额(?#of the account)为28元", "余额为二十八元"),
        ("(您的)?余额(?(1)为|是)28元", "您的余额为28元"),
        ("账户余额", "帐户余儿"),
        ("(办理|开通)成功", "搬里成功"),
        ("[余话]额", "鱼额"),
        ("余额，?为", "余额为"),
        ("银行", "银航"),
        ("一号线", "1号线"),
        ("请按[一-九]", "请按3"),
        ("[\u4e00-\u9fff]{2}余额", "您的鱼额"),
        (r"your\s+balance", "Your balance"),
        ("Your balance, please", "your BALANCE please"),
        (r"请按\*号键", "请按号键"),
    ],
)
def test_what_sounds_the_same_is_the_same(expression, text):
    """Forms of numbers, scripts, width, case, punctuation, homophones, and sounds that many do not tell apart."""
    assert search(expression, [text]) is not None


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("余额.*元", "感谢您的来电，再见。"),
        ("余额为28.50元", "余额为28.60元"),
        ("余额为28元", "余额为128元"),
        ("余额为三十元", "余额为十三元"),
        ("请按一", "请按议"),
        ("请按四", "请按十"),
        ("余额$", "余额不足"),
        ("^流量", "您的流量"),
        ("查询", "查收"),
        ("[^余]额", "余额"),
        ("(?!.*不足)余额.*", "余额不足"),
        (r"\d{4}", "余额为28元"),
        ("balance", "ballads"),
    ],
)
def test_other_words_and_numbers_are_other_ones(expression, text):
    """A number is only itself, whatever it sounds like; expressions keep their meaning."""
    assert search(expression, [text]) is None


def test_a_match_tells_where_it_begins_and_its_groups():
    """In which of the texts; a group has the words as they were recognised, but for numbers in digits."""
    found = search("(?P<what>余额)为(?P<amount>.+元)", ["请稍候。", "您的鱼额为", "二十八块五。谢谢"])
    assert found is not None
    assert (found.text, found.groups) == (1, {"what": "鱼额", "amount": "28.5元"})


def test_a_group_that_took_no_part_is_left_out():
    """As for texts of other channels."""
    found = search("余额(?P<a>为)?(?P<b>是)?", ["余额是"])
    assert found is not None
    assert found.groups == {"b": "是"}


@pytest.mark.parametrize("expression", ["余额(", "*元", "[余额", "余额{2,1}", "(?P<1>元)"])
def test_what_is_no_expression_is_an_error(expression):
    """And no other one than `re` raises."""
    with pytest.raises(re.error):
        search(expression, ["余额"])


def test_likeness_is_by_syllable():
    """Homophones cost nothing, what stands around it neither, each other syllable its share; numbers are read out."""
    assert likeness("您当前的账户余额为", "请稍候。您当前的帐户鱼额位，二十元") == 1.0
    assert likeness("请按1", "请按议") == 1.0
    assert likeness("感谢您的来电，再见。", "感谢您的来变再见") == pytest.approx(7 / 8)
    assert likeness("感谢您的来电，再见。", "流量套餐") == 0.0
    assert likeness("，。", "余额") == 0.0
