"""The page on loopback that a browser in good health opens, reads and clicks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from prober.channels.timing import Stimulus, monotonic
from prober.channels.web import conditions, inputs
from prober.channels.web.actions import Click, Open, See
from prober.channels.web.moment import Moment
from prober.channels.web.opening import open_page
from prober.channels.web.window import Window
from prober.errors import RobotBroken
from prober.model.run import Observation, Seen
from prober.model.scenario import Pattern

_STEP_S = 2.0
"""Each takes 0.1 to 0.3 s where the machine is not overloaded."""
_PROXY_S = 2.0
_SHOWN, _BUTTON, _EFFECT = "参考页已打开", "点这里", "已点到"
_PAGE = (
    f"<!doctype html><html lang=zh><meta charset=utf-8><title>参考页</title><p>{_SHOWN}</p><p id=effect></p>"
    f"<button onclick=\"document.getElementById('effect').textContent = '{_EFFECT}'\">{_BUTTON}</button></html>"
).encode()
_CURE = "Look at the load and memory of this machine, and at channels.web in config.yaml (browser, args)."


@asynccontextmanager
async def reference_page() -> AsyncIterator[str]:
    """Give the address of the reference page, on a free port of 127.0.0.1; nothing is left of it afterwards."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(_PAGE), _PAGE)
        )
        await writer.drain()
    writer.close()


async def visit(window: Window, url: str) -> float:
    """
    Open the reference page, read it, click, and see what the click does; return how long that took, in seconds.

    Raises:
        RobotBroken: One of them does not work.
    """
    stimulus, began_s = Stimulus(), monotonic()

    def moment() -> Moment:
        now_s = monotonic()
        return Moment("web.self_check", now_s, now_s + _STEP_S, stimulus, stimulus.at_s)

    _worked("open a page", await open_page(window, Open(url), moment(), ""))
    _worked("see the text of a page", await conditions.see(window, See(Pattern(_SHOWN)), moment()))
    _worked("click on a page", await inputs.do(window, Click(_BUTTON), moment()))
    _worked("have a page's script run", await conditions.see(window, See(Pattern(_EFFECT)), moment()))
    return monotonic() - began_s


def _worked(what: str, seen: Observation) -> None:
    if seen.seen is not Seen.EXPECTED:
        raise RobotBroken(f"the browser does not even {what} on this very machine ({seen.actual})", cure=_CURE)


async def proxy_answers(proxy: str) -> None:
    """
    Return once a connection to *proxy* was made; pages of this machine go by it, so that they would not tell.

    Raises:
        RobotBroken: It does not answer.
    """
    where = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
    try:
        async with asyncio.timeout(_PROXY_S):
            _, writer = await asyncio.open_connection(where.hostname, where.port or 80)
    except (OSError, ValueError, TimeoutError) as exc:
        cause = str(exc) or f"no answer in {_PROXY_S:g} s"
        raise RobotBroken(
            f"the proxy {where.hostname}:{where.port or 80} does not answer ({cause})",
            cure="Start it, or correct channels.web.proxy in config.yaml.",
        ) from exc
    writer.close()
