"""The web channel under the contract: a tiny site that repeats what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from prober.channels.web.actions import Open, See
from prober.channels.web.config import Settings
from prober.channels.web.driver import WebDriver
from prober.model.scenario import Action, Pattern
from tests.channels.contract import SECRET, Case


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    request = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)
    page = "<!doctype html><html lang=zh><meta charset=utf-8><title>厅</title><p>你说的是".encode() + request[1]
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(page), page)
    )
    await writer.drain()
    writer.close()


@asynccontextmanager
async def contract(folder: Path) -> AsyncIterator[Case]:
    """A page that opens and never shows a balance, and a browser that is not there."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield Case(
        driver=WebDriver(Settings(base_url=base_url)),
        broken=WebDriver(Settings(base_url=base_url, browser=str(folder / "no-browser"))),
        act=Action("web", "open", Open(f"/?password={SECRET}")),
        wait=Action("web", "see", See(Pattern("余额"))),
    )
    server.close()
