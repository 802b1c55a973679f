"""What alarms are sent to: small real servers on loopback that can be slow, refuse, or be away."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import suppress
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class HttpSink:
    """
    Takes what is posted. *status* and *answer* are what it says.

    While *gate* is not set, it says nothing; nor to what comes after *answers_left* requests, until it is set again.
    """

    def __init__(self, port: int = 0) -> None:
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.status, self.answer = 200, b'{"errcode":0,"code":0,"errmsg":"ok"}'
        self.gate = threading.Event()
        self.gate.set()
        self.came = threading.Event()
        self.answers_left = 1_000_000
        self.server: ThreadingHTTPServer | None = None
        self.port = port
        self.open()

    def open(self) -> None:
        """Listen, on the same port as before."""
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["content-length"])).decode()
                with suppress(ValueError):
                    content = json.loads(content)
                sink.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, content))
                sink.came.set()
                sink.answers_left -= 1
                if sink.answers_left == -1:
                    sink.gate.clear()
                sink.gate.wait(30)
                with suppress(OSError):
                    self.send_response(sink.status)
                    self.end_headers()
                    self.wfile.write(sink.answer)

            do_PUT = do_POST  # noqa: N815 - the server's own way to name a method

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        ThreadingHTTPServer.allow_reuse_address = True
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Be away: connections are refused."""
        self.gate.set()
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    @property
    def titles(self) -> list[str]:
        """The titles of what came, in order, as json:// posts them."""
        return [content["title"] for _, _, content in self.requests]


class SmtpSink:
    """A mail server: takes every mail, or refuses every recipient."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.mails: list[EmailMessage] = []
        self._refuses = refuses
        self.port = 0

    async def __aenter__(self) -> SmtpSink:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        with suppress(ConnectionError):
            while command := (await reader.readline()).upper():
                if command.startswith(b"DATA"):
                    writer.write(b"354 go on\r\n")
                    content = await reader.readuntil(b"\r\n.\r\n")
                    self.mails.append(BytesParser(EmailMessage, policy=default).parsebytes(content))
                refused = self._refuses and command.startswith(b"RCPT")
                writer.write(b"550 no such user\r\n" if refused else b"250 ok\r\n")
                if command.startswith(b"QUIT"):
                    break
        writer.close()
