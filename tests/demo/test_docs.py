"""docs/demo.md is true."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from prober.demo import first_state
from prober.demo.customers import yuan
from prober.demo.faults import KNOWN, Faults
from prober.demo.operator import Ports
from prober.demo.script import parse, read

PAGE = (Path(__file__).parents[2] / "docs" / "demo.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("customer", first_state.CUSTOMERS)
def test_every_customer_is_in_the_table(customer) -> None:
    """Number, password, balance, brand and province are those of the database."""
    msisdn, password, balance_fen, brand, province = customer
    assert f"| {msisdn} | {password} | {yuan(balance_fen)} | {brand} | {province} |" in PAGE


def test_every_package_and_port_is_named() -> None:
    """What can be ordered or opened is on the page, as it is."""
    for code, name, price_fen, _ in first_state.PACKAGES:
        assert f"`{code}` {name} ({yuan(price_fen)}" in PAGE
    for port in fields(Ports):
        assert f"`--{port.name}-port {port.default}`" in PAGE


def test_the_faults_are_those_there_are() -> None:
    """The table has a row for each fault, in the catalogue's words and with its arguments, and no other."""
    wanted = [
        f"| {door} | `{fault.name}` | {', '.join(f'`{name}={value:g}`' for name, value in fault.defaults.items())} | "
        f"{fault.sentence} |"
        for door, faults in KNOWN.items()
        for fault in faults
    ]
    table = PAGE.split("## Faults")[1].split("\n\n")[1]
    assert table.splitlines()[2:] == wanted


def test_the_examples_can_be_played() -> None:
    """The script on the command line, the control door's curls and the Python lines do what they are there for."""
    (option,) = re.findall(r"--script (\S+)\n```", PAGE)
    assert parse(option).doors == ("web", "sms")
    for document, path in re.findall(r"curl -X PUT -d '(.*)' http://127.0.0.1:8611/(\w+)", PAGE):
        wishes = json.loads(document)
        assert read(wishes) if path == "script" else Faults().change(wishes) is None
    (lines,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(lines, {})  # noqa: S102 - the page's own example
