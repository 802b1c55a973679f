"""The web hall on a free port, and browsers without a window."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from prober.demo.customers import Customers
from prober.demo.faults import Faults
from prober.demo.http import HttpDoor
from prober.demo.web.hall import Hall


@pytest.fixture
def hall_texts() -> list[tuple[str, str]]:
    """Whom the hall sent a text, and what."""
    return []


@pytest.fixture
async def hall_client(
    demo_customers: Customers, demo_faults: Faults, hall_texts: list[tuple[str, str]]
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the hall that follows redirects and keeps cookies."""
    hall = Hall(
        demo_customers,
        fault=lambda: demo_faults.active("web"),
        counters=Counter(),
        text=lambda *sent: hall_texts.append(sent),
    )
    demo_faults.watch(hall.watch)
    door = HttpDoor("127.0.0.1", 0, hall.app())
    port = await door.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", follow_redirects=True) as client:
        yield client
    await door.close()


@pytest.fixture
async def hall_customer(hall_client: httpx.AsyncClient) -> httpx.AsyncClient:
    """The client, logged in as customer 1."""
    response = await hall_client.post("/login", data={"msisdn": "13800000001", "password": "246801"})
    assert response.url.path == "/home"
    return hall_client
