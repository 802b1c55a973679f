"""No secret leaves the robot, however it is written."""

from __future__ import annotations

import pytest

from prober.loading.masking import Masker


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
