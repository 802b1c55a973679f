"""docs/demo.md is true."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from prober.demo import first_state
from prober.demo.customers import yuan
from prober.demo.faults import KNOWN
from prober.demo.operator import Ports

PAGE = (Path(__file__).parents[2] / "docs" / "demo.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("customer", first_state.CUSTOMERS)
def test_every_customer_is_in_the_table(customer) -> None:
    """Number, password, balance, brand and province are those of the database."""
    msisdn, password, balance_fen, brand, province = customer
    assert f"| {msisdn} | {password} | {yuan(balance_fen)} | {brand} | {province} |" in PAGE


def test_every_package_fault_and_port_is_named() -> None:
    """What can be ordered, switched or opened is on the page, as it is."""
    for code, name, price_fen, _ in first_state.PACKAGES:
        assert f"`{code}` {name} ({yuan(price_fen)}" in PAGE
    for door, faults in KNOWN.items():
        for fault in faults:
            assert f"| {door} | `{fault.name}` |" in PAGE
    for port in fields(Ports):
        assert f"`--{port.name}-port {port.default}`" in PAGE
