"""Regular expressions are told in words where there are any."""

from __future__ import annotations

import pytest

from prober.reports.patterns import friendly


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (r"sms.receive /余额为(?P<sms_balance>[\d.,]+元)/", "sms.receive 余额为‹sms_balance›"),
        (r"/共\d+条/: nothing came", "共…条: nothing came"),
        (r"web.see /成功(取消|退订)/", "web.see 成功（取消/退订）"),
        (r"web.see /(?P<price>[\d.]+元)\/月/", "web.see ‹price›/月"),
        (r"/^您好.*[。.]$/", "您好…"),
        (r"/3\.00元.*?(\d+)/", "3.00元…"),
    ],
)
def test_what_can_be_said_is_said(written: str, told: str) -> None:
    """Groups are their names, what may be anything is an ellipsis, escapes are what they stand for."""
    assert friendly(written) == told


@pytest.mark.parametrize(
    "written", ["web.open /login", "web.open /a/b/", "/a(?=b)c/", "/(?i)abc/", "/(a/", "看 2026/11/21", "", "/", "//"]
)
def test_what_is_no_expression_or_has_no_words_stays(written: str) -> None:
    """Paths, dates and what is too clever for words are shown as they were written."""
    assert friendly(written) == written
