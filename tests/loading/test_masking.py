"""No secret leaves the robot, however it is written."""

from __future__ import annotations

import base64
import json
import time
from urllib.parse import quote

import pytest

from prober.loading.masking import MASK, Masker


@pytest.mark.parametrize(
    ("secret", "text", "masked"),
    [
        ("246801", "密码246801。", "密码•••。"),
        ("p@ss/1", "http://h/?pw=p%40ss%2F1&x=1", "http://h/?pw=•••&x=1"),
        ("p@ss/1", "http://h/?pw=p%40ss%2f1", "http://h/?pw=•••"),
        ("p@ss/1", "http://h/p%40ss/1/x", "http://h/•••/x"),
        ("a b&c", "pw=a+b%26c", "pw=•••"),
        ("a b&c", "pw=a%20b%26c", "pw=•••"),
        ("密码一", "pw=%E5%AF%86%E7%A0%81%E4%B8%80", "pw=•••"),
        ("密码一", r'{"pw": "\u5bc6\u7801\u4e00"}', '{"pw": "•••"}'),
        ('a"b\\c', r'{"pw": "a\"b\\c"}', '{"pw": "•••"}'),
        ("密\n码", '{"pw": "密\\n码"}', '{"pw": "•••"}'),
        ("a<b'c", "<b>a&lt;b&#x27;c</b>", "<b>•••</b>"),
        ("a<b'c", "<b>a&lt;b'c</b>", "<b>•••</b>"),
        ("246801", "Bearer MjQ2ODAx", "Bearer •••"),
        ("secret", "c2VjcmV0", "•••"),
        ("pass", "cGFzcw== cGFzcw", "•••== •••"),
        ("??>>~~", "Pz8-Pn5- Pz8+Pn5+", "••• •••"),
        ("12", "PIN 12, 2012-12-12, 第12项", "PIN •••, 2012-•••-•••, 第12项"),
    ],
)
def test_every_way_a_secret_is_written_is_masked(secret: str, text: str, masked: str) -> None:
    """URLs, JSON, HTML and base64 write it otherwise; one of one or two characters is masked where it stands alone."""
    assert Masker([secret, ""])(text) == masked


def test_the_longest_secret_goes_first() -> None:
    """None shows through as a part of another, nor does a short one take a piece out of a long one."""
    assert Masker(["1234", "12345678", "1"])("12345678 1234 1") == "••• ••• •••"


HARD = "p&ss wörd/密码+1"


@pytest.mark.parametrize("secret", ["246801", "2468", "hunter2", HARD])
@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-be", "utf-16-le", "gb18030"])
def test_base64_and_hexadecimal_hide_nothing(secret: str, before: str, encoding: str) -> None:
    """Whatever stands before a secret shifts its base64; a decoder of what is left finds no piece of it."""
    encoded = (before + secret + "z").encode(encoding)
    for written in (base64.b64encode(encoded).decode(), base64.urlsafe_b64encode(encoded).decode()):
        left = Masker([secret])(f'"{written}"')
        assert "•••" in left
        pieces = [part for part in left.strip('"').split("•••") if part]
        assert all(len(part) < len(written) / 2 + 6 and secret[1:-1] not in part for part in pieces)
    for hexadecimal in (encoded.hex(), encoded.hex().upper(), encoded.hex(" "), encoded.hex(":").upper()):
        assert "•••" in Masker([secret])(hexadecimal)


@pytest.mark.parametrize(
    "written",
    [
        quote(quote(HARD)),
        quote(json.dumps({"pw": HARD})),
        quote(HARD, encoding="gb18030").lower(),
        json.dumps(json.dumps({"pw": HARD})),
        json.dumps({"pw": HARD}).replace("/", "\\/"),
        json.dumps({"pw": HARD}).replace("&", "\\u0026"),
        repr({"pw": HARD}),
        repr(HARD.encode()),
        "p&amp;ss w&#246;rd/&#23494;&#30721;+1",
        "p&amp;ss w&#xF6;rd/&#x5BC6;&#x7801;+1",
        "p%26ss%20w%F6rd/%u5BC6%u7801+1",
        "ｐ＆ｓｓ\u3000ｗöｒｄ／密码＋１",
        base64.b64encode(f"pw={quote(HARD)}&x=1".encode()).decode(),
    ],
)
def test_a_secret_with_signs_is_found_in_every_language(written: str) -> None:
    """Encoded twice, in the old Chinese encoding, as entities, wide characters, or as Python shows it."""
    assert "•••" in Masker([HARD])(written)


@pytest.mark.parametrize(
    "written",
    [
        "２４６８０１",
        "2 4 6 8 0 1",
        "2-4-6-8-0-1",
        "二四六八〇幺",
        "%32%34%36%38%30%31",
        "&#50;&#52;&#54;&#56;&#48;&#49;",
    ],
)
def test_digits_are_found_wide_spaced_and_spoken(written: str) -> None:
    """As a person or a recogniser writes them."""
    assert Masker(["246801"])(f"键 {written}。") == "键 •••。"


def test_a_secret_is_told_from_what_looks_private() -> None:
    """Keys that carry a secret are muted; a telephone number that is dialled is not."""
    mask = Masker(["246801"])
    assert [mask.secret(text) for text in ("246801#", "2 4 6 8 0 1", "13800000001", "10086")] == [
        True,
        True,
        False,
        False,
    ]
    assert [mask.hides(text) for text in ("246801#", "138••••0001 •••", "13800000001")] == [True, False, True]


def test_a_number_that_touches_a_secret_vanishes_whole() -> None:
    """Its last four digits may be the secret."""
    assert Masker(["0001"])("13800000001, 0001") == "•••, •••"


@pytest.mark.parametrize(
    "unit",
    [
        '{"a": "password=1&x", "b": [13800000001, 6222021234567890128]}\n',
        "MjQ2ODAx",
        "密码为",
        "246801 ",
        "1 ",
        'cookie="',
        "\\",
    ],
)
def test_the_time_grows_with_the_length_alone(unit: str) -> None:
    """Ten times the text takes about ten times as long: a HAR has megabytes."""

    def cost_s(text: str) -> float:
        best = []
        for _ in range(3):
            began_s = time.process_time()
            mask(text)
            best.append(time.process_time() - began_s)
        return min(best)

    mask = Masker(["246801", HARD])
    short, long = unit * (10_000 // len(unit)), unit * (100_000 // len(unit))
    assert cost_s(long) < 30 * cost_s(short) + 0.05
    assert cost_s(long) < 2.0


def test_a_reference_stays_readable_where_a_password_is_its_word() -> None:
    """A step's name says which secret it uses; the word is masked everywhere else."""
    assert (
        Masker(["secret"])("fill ${secret.pin} with secret ${other.secret}")
        == "fill ${secret.pin} with ••• ${other.•••}"
    )


def test_the_name_of_a_step_keeps_the_fields_it_names():
    """A label that a step speaks of is no field with a value; a secret in the name is taken out all the same."""
    mask = Masker(["246801"])
    assert mask.name("web.fill 手机号, 服务密码: nothing came") == "web.fill 手机号, 服务密码: nothing came"
    assert mask.name("web.see 246801 of 13800000001") == "web.see ••• of 138••••0001"


@pytest.mark.parametrize(
    "said",
    [
        "{}为：882301，",
        "{}是：882301",
        "{}是: 882301",
        "{}为“882301”。",
        "{} 882301",
        "{}（882301）",
        "{}：882301",
        "{}为882301",
    ],
)
@pytest.mark.parametrize("name", ["您的验证码", "服务密码"])
def test_a_code_in_a_sentence_is_masked_however_it_is_said(name, said):
    """One-time codes come in many sentences; what merely speaks of a password stays."""
    assert "882301" not in Masker([])(said.format(name))
    for harmless in ("服务密码为 6 位数字", "忘记密码 登录", "密码错误"):
        assert Masker([])(harmless) == harmless


@pytest.mark.parametrize(
    "text", ['"password": ["hunter2"]', "authorization=Bearer hunter2", f'"cookie": "{"hunter2" * 2000}"']
)
def test_a_value_is_masked_to_its_end(text):
    """Neither a list, a kind of token nor great length lets a part of it through."""
    assert "hunter2" not in Masker([])(text)


@pytest.mark.parametrize(
    "told",
    [
        "验证码882301(5分钟内有效)",
        "验证码：882301（5分钟内有效）",
        "您的验证码为882301,请勿告知他人",
        "OTP: 882301.",
        "随机码８８２３０１。",
        "882301是您的验证码",
        "尊敬的客户，882301（动态码），5分钟内有效",
        "882301 is your OTP",
    ],
)
def test_a_code_is_learnt_from_beside_its_name(told: str) -> None:
    """Whatever name it is captured by, and whatever stands behind it."""
    mask = Masker(())
    mask.learn("reply", "882301", told)
    assert mask("typed 882301") == f"typed {MASK}"


@pytest.mark.parametrize(
    "told",
    [
        "余额为86.50元，验证码为882301",
        "验证码为8823010",
        "余额86.50是您的余额。验证码另发",
        "验证码为882301，余额为86.50元",
    ],
)
def test_what_merely_stands_near_a_code_is_not_learnt(told: str) -> None:
    """A balance in the same message stays readable, and a part of a longer number is no code."""
    mask = Masker(())
    for value in ("86.50", "823010", "82301"):
        mask.learn("reply", value, told)
    assert mask("typed 86.50, 823010, 82301") == "typed 86.50, 823010, 82301"
