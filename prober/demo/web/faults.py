"""The faults that concern every page of the hall; those of one page are in the page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prober.demo.faults import Fault

LOGIN, STYLE = "/login", "/hall.css"


class FaultyPages:
    """
    Stands before every page, and answers as the fault that is on has it.

    *broken* makes the page of an error 500. The login page is spared whatever keeps a customer from coming in, and so
    is the style sheet, without which no error page would look like the hall's.
    """

    def __init__(
        self, app: ASGIApp, *, fault: Callable[[], Fault | None], broken: Callable[[Request], Response], held: Held
    ) -> None:
        self._app = app
        self._fault = fault
        self._broken = broken
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        fault, spared = self._fault(), scope["path"] in {LOGIN, STYLE}
        answer: ASGIApp = self._app
        match fault and fault.name:
            case "error-500" if not spared:
                answer = self._broken(Request(scope))
            case "endless-redirect" if not spared:
                answer = RedirectResponse(str(Request(scope).url), 302, {"Cache-Control": "no-store"})
            case "slow":
                send = self._late(send, fault.arguments["seconds"] if fault else 0.0)
        await answer(scope, receive, send)

    def _late(self, send: Send, for_s: float) -> Send:
        """Hold pages back, but not what leads to them or belongs to them: a page is late once."""

        async def late(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                await self._held.back(for_s)
            await send(message)

        return late


class Held:
    """The answers that are held back now."""

    def __init__(self) -> None:
        self._answers: set[asyncio.Event] = set()

    async def back(self, for_s: float) -> None:
        """Hold an answer back for so long, or until all are let go."""
        released = asyncio.Event()
        self._answers.add(released)
        try:
            await asyncio.wait_for(released.wait(), for_s)
        except TimeoutError:
            pass
        finally:
            self._answers.discard(released)

    def let_go(self) -> None:
        """Hold none of them back any longer."""
        for released in self._answers:
            released.set()


def _is_page(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/html")
