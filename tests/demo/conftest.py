"""What the demo operator's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from prober.demo.customers import Customers
from prober.demo.faults import Faults


@pytest.fixture
def demo_customers(tmp_path: Path) -> Iterator[Customers]:
    """The customers in their first state."""
    customers = Customers(tmp_path / "customers.sqlite")
    yield customers
    customers.close()


@pytest.fixture
def demo_faults() -> Faults:
    """No fault is on."""
    return Faults()
