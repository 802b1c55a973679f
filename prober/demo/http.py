"""A door that speaks HTTP, on the loop the operator runs on."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone: the operator has more doors than this one to close."""
        yield


class HttpDoor:
    """Serves one application on one port."""

    def __init__(self, host: str, port: int, app: Starlette) -> None:
        self._address = (host, port)
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
        config.timeout_graceful_shutdown = 1
        self._server = _Server(config)
        self._listener: socket.socket | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Open the port and return its number. Raises OSError if it is taken."""
        # asyncio sets TCP_NODELAY only where the protocol is named; without it answers come 40 ms late.
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(self._address)
        self._listener.listen()  # who connects before uvicorn is ready waits in the backlog
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listener]))
        return int(self._listener.getsockname()[1])

    async def close(self) -> None:
        """Finish the requests under way, for a second at most, and close the port. Safe to call twice."""
        if self._task is not None:
            self._server.should_exit = True
            await self._task
        if self._listener is not None:
            self._listener.close()
