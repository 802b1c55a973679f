"""One-time codes of an authenticator."""

from __future__ import annotations

import pytest

from prober.errors import RobotBroken
from prober.loading import totp
from prober.loading.totp import one_time_code


@pytest.mark.parametrize("key", ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "gezd gnbv-gy3t qojq gezd gnbv gy3t qojq"])
def test_codes_are_those_of_the_standard(monkeypatch, key):
    """RFC 6238, appendix B, SHA-1: 94287082 at 59 s, of which sites show the last six digits."""

    class At59(totp.pyotp.TOTP):
        def now(self):
            return self.at(59)

    monkeypatch.setattr(totp.pyotp, "TOTP", At59)
    assert one_time_code(key) == "287082"


def test_what_is_no_key_says_which_is_wanted():
    """Not the code itself, nor a link."""
    with pytest.raises(RobotBroken, match="no key for one-time codes") as told:
        one_time_code("otpauth://totp/x")
    assert "QR code" in told.value.cure
