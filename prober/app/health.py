"""The robot's own door: /healthz, /readyz, /metrics, and a page for people."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from prober.app.health_page import page
from prober.app.signs import Sign
from prober.app.vitals import Vitals
from prober.errors import RobotBroken
from prober.loading.config_service import ServeSettings
from prober.metrics import Figures

_FAREWELL_S = 1
_NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_PAGE = _NO_STORE | {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class Health:
    """Serves on serve.host and serve.port, on the loop the robot runs on."""

    def __init__(
        self, settings: ServeSettings, vitals: Vitals, figures: Figures, *, started_at: datetime | None = None
    ) -> None:
        self._settings, self._vitals, self._figures = settings, vitals, figures
        self._started_at = started_at or datetime.now(UTC)
        self._listener: socket.socket | None = None

    def open(self) -> str:
        """
        Take the port and return the address; who connects before `serve` waits.

        Raises:
            RobotBroken: The port is taken, or the address is not this machine's.
        """
        if self._listener is None:
            self._listener = _listener(self._settings.host, self._settings.port)
        host, port = self._listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def serve(self) -> None:
        """
        Answer until cancelled; then finish what is being answered, for a second at most. It does `open` first.

        Raises:
            RobotBroken: As `open` does.
        """
        self.open()
        listener = self._listener
        assert listener is not None  # noqa: S101 - `open` made it
        server = _Server(self._config())
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.shield(serving)
        finally:
            server.should_exit = True
            await asyncio.wait((serving,), timeout=_FAREWELL_S + 2)
            self.close()

    def close(self) -> None:
        """Give the port back. Safe to call twice."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _config(self) -> uvicorn.Config:
        routes = [
            Route("/", self._page),
            Route("/healthz", self._live),
            Route("/readyz", self._ready),
            Route("/metrics", self._metrics),
        ]
        app = Starlette(routes=routes)
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none", server_header=False)
        config.timeout_graceful_shutdown = _FAREWELL_S
        return config

    async def _live(self, _: Request) -> Response:
        """Answer at all: the process lives, and its loop turns."""
        return PlainTextResponse("ok\n", headers=_NO_STORE)

    async def _ready(self, _: Request) -> Response:
        told = self._told()
        return JSONResponse(told, status_code=200 if told["ready"] else 503, headers=_NO_STORE)

    async def _metrics(self, request: Request) -> Response:
        self._vitals.figure()
        # On a thread: with thousands of probes it takes a while that no step's clock must see.
        text, content_type = await asyncio.to_thread(self._figures.exposition, request.headers.get("accept", ""))
        return Response(text, headers=_NO_STORE | {"Content-Type": content_type})

    async def _page(self, _: Request) -> Response:
        return HTMLResponse(page(self._told(), self._vitals.signs), headers=_PAGE)

    def _told(self) -> dict[str, Any]:
        """Return what /readyz says: ASCII names, instants as ISO 8601 in UTC."""
        return {
            "ready": self._vitals.able,
            "well": self._vitals.well,
            "role": "leader" if self._vitals.leads else "standby",
            "version": metadata.version("prober"),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "started_at": self._started_at.isoformat(timespec="seconds"),
            "now": datetime.now(UTC).isoformat(timespec="seconds"),
            "signs": [_sign(sign) for sign in self._vitals.signs],
        }


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone: the robot has runs to end before this door."""
        yield


def _sign(sign: Sign) -> dict[str, Any]:
    return {
        "name": sign.name,
        "well": sign.well,
        "grave": sign.grave,
        "value": sign.value,
        "limit": sign.limit,
        "title": sign.title.en,
        "what": sign.what.en,
        "cure": sign.cure.en,
        "zh": sign.title.zh,
    }


def _listener(host: str, port: int) -> socket.socket:
    listener = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio sets TCP_NODELAY only where the protocol is named; without it answers come 40 ms late.
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError as exc:
        if listener is not None:
            listener.close()
        raise _refused(host, port, exc) from exc
    return listener


def _refused(host: str, port: int, exc: OSError) -> RobotBroken:
    if exc.errno == errno.EADDRINUSE:
        cure = "Another robot may run here: end it, or set serve.port in config.yaml (0: a free one)."
        return RobotBroken(f"port {port} of {host} is taken", cure=cure)
    if exc.errno == errno.EACCES:
        return RobotBroken(f"port {port} may not be opened", cure="Set serve.port in config.yaml to 1024 or more.")
    cure = "Set serve.host in config.yaml to an address of this machine, as 127.0.0.1 or 0.0.0.0."
    return RobotBroken(f"{host} cannot be listened on: {exc.strerror or exc}", cure=cure)
