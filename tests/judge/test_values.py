import pytest

from prober.judge.numerals import to_number
from prober.judge.values import capture, read, words
from prober.model.value import Capture, ValueType


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("您的账户余额为八十六元五角", 8650),
        ("余额为86.50元。", 8650),
        ("我的余额：86.50元", 8650),
        ("¥1,203.40", 120340),
        ("￥１，２０３．４０", 120340),
        ("一千二百零三元四角", 120340),
        ("八角", 80),
        ("零元八角", 80),
        ("一百元零五分", 10005),
        ("三十元整", 3000),
        ("二十元零二分", 2002),
        ("两百元", 20000),
        ("一百五十块", 15000),
        ("八十六点五元", 8650),
        ("86元5角", 8650),
        ("一万元", 1000000),
        ("零元", 0),
        ("86.50", 8650),
        ("-86.5", -8650),
        ("余额：-3.20元", -320),
        ("¥-3.20", -320),
        ("十分感谢，本月消费5元", 500),
        ("1.5万元", 1_500_000),
        ("负八十六元五角", -8650),
        ("100-200元", 20000),
    ],
)
def test_money_is_read_in_fen(text, fen):
    """Amounts are read the same however they are spoken or written."""
    assert read(text, ValueType.MONEY) == fen


@pytest.mark.parametrize("text", ["", "没有金额", "万元", "请稍等五分钟", "86.505元", "元", "…。", "1.2.3", "十分感谢"])
def test_what_is_no_amount_is_never_one(text):
    """What cannot be read as money is None, never 0."""
    assert read(text, ValueType.MONEY) is None


@pytest.mark.parametrize(
    ("spoken", "number"),
    [("一千二百零三", 1203), ("二〇二六", 2026), ("一百五", 150), ("十", 10), ("二十", 20), ("一万零一", 10001),
     ("三亿两千万", 320_000_000), ("一千零五十", 1050), ("1,203", 1203), ("一万五", 15000),
     ("一万亿", 10**12), ("十二万三千", 123_000)],
)  # fmt: skip
def test_spoken_numbers_are_read(spoken, number):
    """Numbers are read as people speak them."""
    assert to_number(spoken) == number


@pytest.mark.parametrize("text", ["", "点", "百事", "一点", "abc", ","])
def test_what_is_no_number_is_none(text):
    """A text that is no number is None."""
    assert to_number(text) is None


def test_digits_and_dates():
    """The first digits and the first full date are found, wherever they stand."""
    assert read("您的验证码是 482913，请勿告诉他人", ValueType.DIGITS) == "482913"
    assert read("验证码幺二三四", ValueType.DIGITS) == "1234"
    assert read("有效期至2026年1月5日", ValueType.DATE) == "2026-01-05"
    assert read("有效期至2026年13月5日", ValueType.DATE) is None


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("有效期至二零二六年十二月三十一日。", "2026-12-31"),
        ("二〇二六年一月五号到期", "2026-01-05"),
        ("二零二六年2月28日", "2026-02-28"),
        ("二零二六年二月三十日", None),
        ("二零二六年千月五日", None),
        ("二六年一月五日", None),
    ],
)
def test_spoken_dates_are_read(said, day):
    """As an IVR joins them from pieces; a day that there is not is none."""
    assert read(said, ValueType.DATE) == day


def test_a_capture_keeps_the_text_and_the_value():
    """A capture keeps what was said beside what it means."""
    captured = capture(Capture("b", ValueType.MONEY), "您的余额为八十六元五角，谢谢")
    assert (captured.text, captured.value) == ("八十六元五角", 8650)
    assert words(captured.value, captured.type) == "86.50元"
