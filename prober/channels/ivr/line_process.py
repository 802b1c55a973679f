"""
The line process: one pjsua2 endpoint, and as many lines as it can have calls.

Beside `line`, `line_leg`, `line_config`, `line_tap` and `reference_line` it alone knows pjsua2.

One thread owns the endpoint and polls it. The library's other threads do next to nothing here: the clock's thread
leaves frames with their ticks in queues.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pjsua2 as pj

from prober.channels.ivr import line_config
from prober.channels.ivr.addressing import own_address
from prober.channels.ivr.commands import ServerSetup
from prober.channels.ivr.line import Line
from prober.channels.ivr.messages import Ready, SipMessage
from prober.channels.ivr.sip_trace import read_logged
from prober.channels.ivr.stamps import Stamps
from prober.channels.timing import monotonic

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

CLOCK_HZ = 8000
HANDED_OVER_S = 0.0005
"""How long the clock's thread waits for whoever listens: keys leave, and frames are dated, as late."""
REMEMBERED = 1000
"""Dialogues whose line is remembered."""


class _Log(pj.LogWriter):  # type: ignore[misc]  # pjsua2 has no types
    """
    Picks the SIP messages out of pjsip's log; they are logged as they pass.

    One that came in may have lain unread while the process was busy: by UDP it is dated by the kernel's stamp.
    """

    def __init__(self, host: _Host) -> None:
        super().__init__()
        self._host = host
        self.stamps: Stamps | None = None

    def write(self, entry: Any) -> None:
        message = read_logged(monotonic(), entry.msg)
        if message is None:
            return
        if not message.sent and self.stamps is not None:
            message = replace(message, at_s=self.stamps.last_s() or message.at_s)
        self._host.passed(message)


class _Host:
    """The endpoint, and its lines by the file descriptors of their sessions' pipes."""

    def __init__(self, connections: Sequence[Connection], server: ServerSetup) -> None:
        self._address = own_address(server.host, server.port)
        self._server = server
        self._lines = {one.fileno(): Line(one, server, self._address) for one in connections}
        self._log = _Log(self)
        self._endpoint = pj.Endpoint()
        self._silence = pj.ToneGenerator()
        self._commands = select.poll()
        self._owners: dict[str, Line] = {}
        """The lines of the newest dialogues, by their Call-ID."""
        self._acting: Line | None = None
        """The line that is doing what it was asked to."""

    def open(self) -> None:
        """Start the endpoint. Raises pj.Error."""
        self._endpoint.libCreate()
        self._endpoint.libInit(line_config.endpoint(self._log))
        bound = self._endpoint.transportCreate(*line_config.transport(self._server, self._address))
        self._endpoint.libStart()
        if self._server.transport == "udp":
            self._log.stamps = Stamps.of(int(self._endpoint.transportGetInfo(bound).localName.rpartition(":")[2]))
        self._endpoint.audDevManager().setNullDev()
        line_config.choose_codecs(self._endpoint, self._server.codecs)
        self._silence.createToneGenerator(CLOCK_HZ)  # without a tone
        for descriptor, line in self._lines.items():
            line.open(self._silence, self._has_room)
            self._commands.register(descriptor, select.POLLIN)
            line.send(Ready(os.getpid()))

    def _has_room(self) -> bool:
        return sum(line.legs_up for line in self._lines.values()) < line_config.MOST_CALLS

    def run(self) -> None:
        """Serve until every session has gone away."""
        while self._lines:
            self._endpoint.libHandleEvents(min(line.turn_ms for line in self._lines.values()))
            for line in self._lines.values():
                line.settle()
            for line in self._lines.values():
                self._acting = line
                line.turn()
            while ready := self._commands.poll(0):
                for descriptor, _ in ready:
                    self._obey(descriptor)
            self._acting = None
            for descriptor in [one for one, line in self._lines.items() if line.gone]:
                with contextlib.suppress(KeyError):  # its session has left already
                    self._commands.unregister(descriptor)
                del self._lines[descriptor]

    def _obey(self, descriptor: int) -> None:
        self._acting = line = self._lines[descriptor]
        if not line.take_command():
            self._commands.unregister(descriptor)

    def leave(self, *_: object) -> None:
        """Have every line hang up (a signal's handler)."""
        for line in self._lines.values():
            line.leave()

    def passed(self, message: SipMessage) -> None:
        """Note a SIP message with the line it belongs to: whose dialogue it is, or who is acting, or whom it names."""
        owner = self._owners.get(message.call_id) or self._acting or self._named(message)
        if owner is None:
            return
        if message.call_id not in self._owners:
            self._owners[message.call_id] = owner
            if len(self._owners) > REMEMBERED:
                del self._owners[next(iter(self._owners))]
        owner.passed(message)

    def _named(self, message: SipMessage) -> Line | None:
        sending_on = (line for line in self._lines.values() if line.sends_on(message))
        named = (line for line in self._lines.values() if line.is_from_or_to(message))
        return next(sending_on, None) or next(named, None)


def serve(connections: Sequence[Connection], server: ServerSetup) -> None:
    """Be a line process until all *connections* are closed. Never returns: pjsua2 aborts in an ordinary exit."""
    sys.setswitchinterval(HANDED_OVER_S)
    try:
        host = _Host(connections, server)
        signal.signal(signal.SIGTERM, host.leave)
        host.open()
    except (pj.Error, OSError) as exc:
        for connection in connections:
            with contextlib.suppress(OSError):  # who heard it first may have closed all of them
                connection.send(line_config.cannot_start(exc, server))
        os._exit(1)
    host.run()
    os._exit(0)
