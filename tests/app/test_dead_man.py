"""The dead man's switch: an outside address hears of the robot while it is well, and of nothing else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from prometheus_client.parser import text_string_to_metric_families

from prober.app.dead_man import DeadMan
from prober.loading.config_service import DeadManSettings
from prober.metrics import Figures


class Outside:
    """An HTTP server that counts calls, and answers with *status*."""

    def __init__(self) -> None:
        self.status, self.paths = 200, []
        self.called = asyncio.Condition()
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        async with self.called:
            self.paths.append(request.split()[1].decode())
            self.called.notify_all()
        writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async def until(self, calls: int) -> None:
        """Wait for so many calls."""
        async with asyncio.timeout(30), self.called:
            await self.called.wait_for(lambda: len(self.paths) >= calls)


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    """Serve on a free port."""
    made = Outside()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/ping/5e54me"
    async with server:
        yield made


@asynccontextmanager
async def switch(url: str, figures: Figures, well, said: list[str]) -> AsyncIterator[None]:
    """Run a dead man's switch."""
    running = asyncio.create_task(
        DeadMan(DeadManSettings(url=url, every="50ms"), figures, able=well, say=said.append).run()
    )
    yield
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def calls(figures: Figures, outcome: str) -> float:
    families = text_string_to_metric_families(figures.exposition()[0].decode())
    samples = [sample for family in families for sample in family.samples]
    return sum(
        one.value for one in samples if one.name == "prober_dead_man_calls_total" and one.labels["outcome"] == outcome
    )


async def test_it_is_called_as_long_as_the_robot_is_well(outside):
    """And not while it is not; again as soon as it is."""
    figures, well, said = Figures(), [True], []
    asked = asyncio.Event()

    def is_well() -> bool:
        asked.set()
        return bool(well)

    async with switch(outside.url, figures, is_well, said):
        await outside.until(2)
        well.clear()
        await asyncio.sleep(0)
        for _ in range(3):
            asked.clear()
            await asyncio.wait_for(asked.wait(), 30)
        before = len(outside.paths)
        for _ in range(3):
            asked.clear()
            await asyncio.wait_for(asked.wait(), 30)
        assert len(outside.paths) == before
        well.append(True)
        await outside.until(before + 1)
    assert set(outside.paths) == {"/ping/5e54me"}
    assert calls(figures, "answered") >= 2
    assert said == []


async def test_calls_that_fail_are_a_figure_and_said_once(outside):
    """The address is a secret, and is not told; that it answers again is."""
    figures, said = Figures(), []
    outside.status = 500
    async with switch(outside.url, figures, lambda: True, said):
        await outside.until(4)
        outside.status = 200
        await outside.until(7)
    assert calls(figures, "failed") >= 3
    assert len(said) == 2
    assert "it answers 500" in said[0]
    assert "again" in said[1]
    assert "5e54me" not in " ".join(said)


async def test_an_address_that_is_not_there_ends_nothing():
    """It goes on calling."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}/5e54me"
    figures, said = Figures(), []
    failed = asyncio.Event()

    class Told(list):
        def append(self, sentence):
            super().append(sentence)
            failed.set()

    said = Told()
    async with switch(url, figures, lambda: True, said):
        await asyncio.wait_for(failed.wait(), 30)
    assert len(said) == 1
    assert "ConnectError" in said[0]
    assert "5e54me" not in said[0]
