"""Whether a text tells all that it is to tell."""

from __future__ import annotations

import pytest

from prober.judge.telling import Untold, sentences, untold

REFERENCE = "5G流量包每月10元，含30GB。订购后立即生效！如需退订，请发送QXLLB到10086。"


@pytest.mark.parametrize(
    "text",
    [
        REFERENCE,
        "导航 首页\n５Ｇ流量包每月 10 元，\n含30GB。\n\n广告\n如需退订，请发送qxllb到10086。 订购后立即生效！",
        "5G流量包每月10元，含30GB;訂購後立即生效;如需退訂，請發送QXLLB到10086",
    ],
    ids=["itself", "among others, in another order and width", "traditional"],
)
def test_all_of_it_is_told(text):
    """Width, spaces, case, traditional forms and order make no difference; nor does what else there is."""
    assert untold(REFERENCE, text) == []


def test_what_is_not_told_comes_with_what_stands_in_its_place():
    """A wrong price is shown beside the right one; what has nothing like it stands alone."""
    text = "5G流量包每月20元，含30GB。订购后立即生效！"
    assert untold(REFERENCE, text) == [
        Untold("5G流量包每月10元，含30GB", "5G流量包每月20元，含30GB"),
        Untold("如需退订，请发送QXLLB到10086"),
    ]


def test_a_text_falls_into_sentences():
    """Chinese and English ends; a point within a number ends nothing."""
    assert sentences("每月10.50元。No limit. “Yes”!\n好") == ["每月10.50元", "No limit", "Yes", "好"]
    assert sentences(" 。\n") == []
