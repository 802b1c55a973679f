"""A door that speaks HTTP."""

from __future__ import annotations

import asyncio
import statistics
import time

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from prober.demo.http import HttpDoor


async def _hello(_request: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


def _door(port: int = 0) -> HttpDoor:
    return HttpDoor("127.0.0.1", port, Starlette(routes=[Route("/", _hello)]))


async def test_an_answer_is_not_held_back() -> None:
    """An answer on a kept connection does not wait 40 ms for the acknowledgement of its first half."""
    door = _door()
    took_s = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{await door.start()}") as client:
        for _ in range(15):
            started_s = time.monotonic()
            await client.get("/")
            took_s.append(time.monotonic() - started_s)
    await door.close()
    assert statistics.median(took_s) < 0.025


async def test_a_taken_port_is_an_os_error() -> None:
    """A second door on the same port says so at its start, and closes as if nothing had been."""
    first = _door()
    port = await first.start()
    second = _door(port)
    with pytest.raises(OSError, match="in use"):
        await second.start()
    await second.close()
    await first.close()


async def test_a_door_closes_before_idle_peers() -> None:
    """A browser that keeps its connection does not keep the door open."""
    door = _door()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{await door.start()}") as client:
        await client.get("/")
        await asyncio.wait_for(door.close(), 1.5)
        await door.close()
        with pytest.raises(httpx.TransportError):
            await client.get("/")
