"""Where alarms go to: an HTTP server on loopback that keeps what it is told, and is slow, or away, as it is set."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

_INCIDENT = re.compile(r"http://reports\.invalid/(\S+)")


@dataclass(frozen=True)
class Told:
    """A message that was taken, or would have been, had the robot lived to hear it."""

    title: str
    text: str
    well: bool

    @property
    def incident(self) -> str | None:
        """The incident it is of; None where it sums several up."""
        found = _INCIDENT.search(self.text)
        return found[1] if found else None


@dataclass
class Sink:
    """*slow_s*: how long it takes to answer; *away*: it hangs up on whoever comes."""

    slow_s: float = 0.0
    away: bool = False
    told: list[Told] = field(default_factory=list)
    turned_away: int = 0
    asked: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def settings(self) -> str:
        """The section of config.yaml that leads alarms here."""
        return f"alerts: [{{name: sink, url: 'json://127.0.0.1:{self._server.server_port}/', language: en}}]\n"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, sink: Sink) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.sink = sink

    def handle_error(self, *_: object) -> None:
        """A robot that was killed waits for no answer."""


class _Door(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Keep the message, and take it after a while."""
        sink = self.server.sink
        if sink.away:
            sink.turned_away += 1
            self.close_connection = True
            self.connection.close()
            return
        message: Mapping[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        sink.told.append(Told(message["title"], message["message"], well=message["type"] == "success"))
        sink.asked.set()
        time.sleep(sink.slow_s)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
