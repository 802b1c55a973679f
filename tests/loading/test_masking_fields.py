"""The values of masked fields vanish, wherever a name and a value stand together."""

from __future__ import annotations

import time

import pytest

from prober.loading.masking import Masker, MaskingRules
from prober.loading.masking_patterns import own_pattern

MASK = Masker([])


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("phone=1&password=abc&x=1", "phone=1&password=•••&x=1"),
        ("http://h/?access_token=ab%20c", "http://h/?access_token=•••"),
        ("服务密码：kx9，请勿", "服务密码：•••，请勿"),
        ("您的验证码为482913，请", "您的验证码为•••，请"),
        ("%E5%AF%86%E7%A0%81", "%E5%AF%86%E7%A0%81"),
        ('Authorization: Digest username="1", response="ab"\r\nTo: x', "Authorization: •••\r\nTo: x"),
        ("Proxy-Authorization: Basic eHg=\nTo: x", "Proxy-Authorization: •••\nTo: x"),
        ("Set-Cookie: sid=1; Path=/\nX: 1", "Set-Cookie: •••\nX: 1"),
        (r'"Cookie: a=1; b=2\r\nHost: h"', r'"Cookie: •••\r\nHost: h"'),
        ('{"newPassword": "a b", "x": 1}', '{"newPassword": "•••", "x": 1}'),
        (r'{"text": "{\"pwd\":\"a\\\"b\",\"x\":1}"}', r'{"text": "{\"pwd\":\"•••\",\"x\":1}"}'),
        ('{"name": "Cookie", "value": "a=1; b"}', '{"name": "Cookie", "value": "•••"}'),
        ('<input name="password" value="abc">', '<input name="password" value="•••">'),
        ("x-api-key: k1", "x-api-key: •••"),
        ("apikey=k1", "apikey=•••"),
    ],
)
def test_the_value_beside_a_masked_name_vanishes(text: str, masked: str) -> None:
    """In queries, forms, headers, JSON within JSON, HTML and sentences; masked twice is masked once."""
    assert (MASK(text), MASK(masked)) == (masked, masked)


@pytest.mark.parametrize(
    "text",
    [
        "请输入服务密码",
        "服务密码：\n登录",
        '<input type="password" name="x">',
        "shipping=1&spin=2",
        "服务密码: ${secret.service_password}",
        "您的密码为空",
    ],
)
def test_a_name_without_a_value_stays(text: str) -> None:
    """A label, a type, a word that only ends alike, a reference to a secret."""
    assert MASK(text) == text


def test_a_document_is_masked_by_its_keys() -> None:
    """HAR's pairs of name and value too; numbers stay numbers, unless they are a secret or private."""
    har = {
        "headers": [{"name": "Set-Cookie", "value": "sid=1"}, {"name": "Accept", "value": "*/*"}],
        "cookies": [{"name": "sid", "value": "1", "httpOnly": True}],
        "postData": {"params": [{"name": "服务密码", "value": "x"}], "text": "pwd=x&a=1"},
        "numbers": [246801, 2468011, 13800000001, 0.246801, True, None],
        "phone 13800000001": "246801",
        "password": 5,
    }
    assert Masker(["246801"]).document(har) == {
        "headers": [{"name": "Set-Cookie", "value": "•••"}, {"name": "Accept", "value": "*/*"}],
        "cookies": [{"name": "•••", "value": "•••", "httpOnly": True}],
        "postData": {"params": [{"name": "服务密码", "value": "•••"}], "text": "pwd=•••&a=1"},
        "numbers": ["•••", 2468011, "138••••0001", 0.246801, True, None],
        "phone 138••••0001": "•••",
        "password": "•••",
    }


def test_no_fields_mask_no_field() -> None:
    """Whoever takes the names away sees the values."""
    bare = Masker([], MaskingRules(patterns=(), fields=()))
    assert bare("password=x 13800000001") == "password=x 13800000001"
    assert bare.document({"password": "x"}) == {"password": "x"}


def test_a_document_of_many_texts_is_masked_as_each_by_itself() -> None:
    """They are searched together, and no text loses or gains anything by its neighbours."""
    texts = [
        "246801",
        "password=",
        "x",
        'password="',
        "138",
        "00000001",
        "a13800000001",
        "13800000001",
        "^98765$",
        "98765",
    ]
    texts += [f"{one}{number}" for number in range(200) for one in ("div", "token=", "MjQ2ODAx", "246", "801")]
    mask = Masker(["246801"], MaskingRules((own_pattern("^98765$"), *MaskingRules().patterns)))
    assert mask.document(texts) == [mask(text) for text in texts]
    assert mask.document(["a", "b"] * 3) == ["a", "b"] * 3


def test_a_document_of_many_short_texts_costs_little() -> None:
    """A trace has hundred thousands of them."""
    document = [{"tag": "DIV", "class": f"c{number}", "at": number, "text": "您的余额为"} for number in range(50_000)]
    mask = Masker(["246801", "p&ss wörd/密码+1"])
    began_s = time.process_time()
    assert mask.document(document) == document
    assert time.process_time() - began_s < 5
