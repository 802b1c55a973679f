"""`channels.sms` in config.yaml, as it is typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from prober.channels.sms.config import Settings
from prober.errors import BadInput
from prober.loading.config import load_config

BIND = {"host": "127.0.0.1", "system_id": "robot", "password": "0123"}


def settings(smpp: dict[str, Any] | None = None, **changes: Any) -> Settings:
    return Settings.model_validate({"gateways": {"demo": {"smpp": BIND | (smpp or {})}}} | changes)


def test_everything_but_the_account_has_a_default() -> None:
    """The quarantine is the one whose length was found by simulation."""
    made = settings()
    assert made.quarantine == 150
    smpp = made.gateways["demo"].smpp
    assert smpp is not None
    assert (smpp.port, smpp.password) == (2775, "0123")


def test_texts_are_read_as_they_were_typed() -> None:
    """As the loader gives them: every scalar a text."""
    made = settings(
        {"port": "2776", "source_ton": "1", "enquire_link": "30s"},
        quarantine="5m",
        senders={"10086": ["10086", "1065"]},
    )
    smpp = made.gateways["demo"].smpp
    assert smpp is not None
    assert (smpp.port, smpp.source_ton, smpp.enquire_link) == (2776, 1, 30)
    assert (made.quarantine, made.senders) == (300, {"10086": ("10086", "1065")})


@pytest.mark.parametrize(
    "smpp",
    [
        {"port": "0"},
        {"port": "x"},
        {"source_ton": "7"},
        {"enquire_link": "0s"},
        {"max_parts": "256"},
        {"colour": "red"},
    ],
)
def test_what_cannot_be_is_refused(smpp: dict[str, Any]) -> None:
    """A port out of range, a wait of nothing, a key nobody knows."""
    with pytest.raises(ValidationError):
        settings(smpp)


@pytest.mark.parametrize("kinds", ["{}", "{smpp: }"])
def test_a_gateway_of_no_kind_is_bad_input(tmp_path: Path, kinds: str) -> None:
    """It is told where it stands, with the kinds there are, before anything is played."""
    text = f"lines: [{{name: a, msisdn: 10086}}]\nchannels:\n  sms:\n    gateways:\n      demo: {kinds}\n"
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as bad:
        load_config(tmp_path / "config.yaml", {"sms": Settings})
    (problem,) = bad.value.problems
    assert (problem.line, problem.column) == (5, 13)
    assert problem.message == "a gateway is of exactly one kind, and 0 are given here"
    assert problem.hint == "kinds: smpp"


def test_a_password_is_not_shown() -> None:
    """Not where settings are printed."""
    assert "0123" not in repr(settings())
