"""
A far end that says when it truly did what: a small SIP and RTP server for many calls, run as a process of its own.

Usage: far_end.py FOLDER PLAN, PLAN being JSON: {"answer": [file...], "keys": {"1": [pause_s, file...]}, "bye_s": s,
"rtp": true, "loss": share, "silent_after_s": s, "reports": "all" or "none", "ignores": ["BYE"], "hushes": true,
"quiet": true}. Files are A-law WAVs in FOLDER; a pause is seconds, or the [shortest, longest] of one that is drawn anew
for each key. "loss" is that of the packets it sends, "silent_after_s" when it stops sending, "drops": [s, s] after how
long it sends nothing for how long; "reports" is what its RTCP knows of our stream (without it, it sends none); what it
"ignores" it does not answer. One that "hushes" falls silent when a key comes. "early" has it play before it answers,
which it does after "answer_after_s" (never without it); "presses": [s, keys] has it press keys, as RTP events, that
long after it began to play; one that "echoes" sends back what it gets, and nothing else; "moves": [s, file...] has its
sound come from another port, by a re-INVITE that long after it began, beginning with those files; "holds": [s,
direction, s] has it put the call on hold and take it back; "options" is its answer to OPTIONS ("200 OK"). It prints a
JSON line for each thing that happened, with its instant (monotonic); one that is "quiet" prints none but the first.
"""

from __future__ import annotations

import heapq
import json
import random
import re
import selectors
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
ALAW_SILENCE = b"\xd5" * 160
TICK_S = 0.02
EVENT, ALAW = 101, 8
"""Payload types; that of keys is the one that is offered, if one is."""
KEYS = "0123456789*#ABCD"
"""By their codes (RFC 4733, 3.2)."""
_LAST_EVENT = 5
"""The packet of a key that says it is over; two more repeat it."""
_TOLD = 50
"""Packets of a prompt that are told of."""
_KEPT = ("via", "from", "call-id", "cseq", "record-route")


@cache
def payloads(path: Path) -> tuple[bytes, ...]:
    """Return an A-law WAV's sound as the payloads of 20 ms packets."""
    content = path.read_bytes()
    start = content.index(b"data") + 8
    data = content[start : start + struct.unpack_from("<I", content, start - 4)[0]]
    return tuple(data[at : at + 160].ljust(160, b"\xd5") for at in range(0, len(data), 160))


def header(message: str, name: str) -> str:
    """Return the first header of that name; empty if there is none."""
    found = re.search(rf"^{name}:[ \t]*(.*?)\r?$", message, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


class FarEnd:
    """The server: its SIP socket, the clock of all that is due, and its calls by their Call-ID."""

    def __init__(self, folder: Path, plan: dict[str, Any]) -> None:
        self.folder, self.plan = folder, plan
        self.chance = random.Random(7)  # noqa: S311  # which packets are lost is no secret
        self._sip = _socket()
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._sip, selectors.EVENT_READ, self._on_sip)
        self._due: list[tuple[float, int, Callable[[float], None]]] = []
        self._count = 0
        self._calls: dict[str, Call] = {}
        self.quiet = bool(plan.get("quiet"))

    @property
    def port(self) -> int:
        """Its SIP port."""
        return int(self._sip.getsockname()[1])

    def tell(self, what: str, **more: object) -> None:
        """Say what happened just now."""
        if not self.quiet:
            print(json.dumps({"what": what, "at_s": time.monotonic(), **more}), flush=True)

    def later(self, at_s: float, what: Callable[[float], None]) -> None:
        """Do that when its time has come; it is given the instant it was due."""
        self._count += 1
        heapq.heappush(self._due, (at_s, self._count, what))

    def read(self, rtp: socket.socket, what: Callable[[], None]) -> None:
        """Do that whenever something has come in there."""
        self._ready.register(rtp, selectors.EVENT_READ, what)

    def send(self, message: str, to: tuple[str, int]) -> None:
        """Send a SIP message."""
        self._sip.sendto(message.encode(), to)

    def unread(self, rtp: socket.socket) -> None:
        """Look there no more."""
        self._ready.unregister(rtp)
        rtp.close()

    def gone(self, call_id: str, rtp: socket.socket) -> None:
        """Forget a call that is over."""
        self._calls.pop(call_id, None)
        self.unread(rtp)

    def serve(self) -> None:
        """Take calls until it is ended."""
        print(json.dumps({"what": "listening", "at_s": time.monotonic(), "port": self.port}), flush=True)
        while True:
            wait_s = max(self._due[0][0] - time.monotonic(), 0) if self._due else 1.0
            for key, _ in self._ready.select(wait_s):
                key.data()
            now_s = time.monotonic()
            while self._due and self._due[0][0] <= now_s:
                due_s, _, what = heapq.heappop(self._due)
                what(due_s)

    def _on_sip(self) -> None:
        content, source = self._sip.recvfrom(8192)
        try:
            message = content.decode()
        except UnicodeDecodeError:  # a packet of somebody's call that had this port before
            return
        method, call_id = message.partition(" ")[0], header(message, "Call-ID")
        call = self._calls.get(call_id)
        if method in self.plan.get("ignores", []):
            self.tell(method.lower())
        elif method == "INVITE" and call is None:
            self.tell("invite", text=message)
            self._calls[call_id] = call = Call(self, message, source)
            call.take()
        elif method == "OPTIONS":
            self.tell("options")
            self.reply(message, source, self.plan.get("options", "200 OK"))
        elif message.startswith("SIP/2.0 2") and header(message, "CSeq").endswith(" INVITE") and call is not None:
            call.agreed()
        elif method in ("BYE", "INFO", "CANCEL"):
            self.tell(method.lower())
            if call is not None:
                call.agree(message)

    def reply(self, request: str, to: tuple[str, int], status: str, body: str = "") -> None:
        """Answer a request, with a description of the sound if there is one."""
        kept = [
            line
            for line in request.partition("\r\n\r\n")[0].split("\r\n")[1:]
            if line.partition(":")[0].lower() in _KEPT
        ]
        called = header(request, "To")
        lines = [
            f"SIP/2.0 {status}",
            *kept,
            f"To: {called}{'' if 'tag=' in called else ';tag=far'}",
            f"Contact: <sip:far@{HOST}:{self.port}>",
            "Server: far-end",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self.send("\r\n".join(lines) + "\r\n\r\n" + body, to)


class Call:
    """One call, with an RTP socket of its own."""

    def __init__(self, far_end: FarEnd, invite: str, caller: tuple[str, int]) -> None:
        self._far_end, self._plan = far_end, far_end.plan
        self._invite, self._caller = invite, caller
        self._rtp = _socket()
        far_end.read(self._rtp, self._on_rtp)
        self._queue: deque[tuple[str, int, bytes]] = deque()
        self._sequence = 0
        self._last_event: int | None = None
        self._received = 0
        offered = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", invite, re.MULTILINE)
        self._event = int(offered[1]) if offered else EVENT
        self._began_s = 0.0
        self._up = False
        self._moved_to: socket.socket | None = None
        self._version, self._source, self._number = 1, 7, 0
        self._direction = "sendrecv"
        found = re.search(r"^m=audio (\d+)", invite, re.MULTILINE)
        rtcp = re.search(r"^a=rtcp:(\d+)", invite, re.MULTILINE)
        port = int(found[1]) if found else 0
        self._peer, self._reports_to = (HOST, port), (HOST, int(rtcp[1]) if rtcp else port + 1)

    def take(self) -> None:
        """Accept it, or play before that, and begin."""
        self._up = True
        now = self._began_s = time.monotonic()
        if not self._plan.get("early"):
            self._answer(now)
        else:
            self._reply(self._invite, "183 Session Progress", self._offer())
            if "answer_after_s" in self._plan:
                self._far_end.later(now + self._plan["answer_after_s"], self._answer)
        self._plan_ahead(now)
        self._play(*self._plan.get("answer", []))
        if self._plan.get("rtp", True) and not self._plan.get("echoes"):
            self._far_end.later(now + TICK_S, self._tick)

    def _plan_ahead(self, now: float) -> None:
        if "reports" in self._plan:
            self._far_end.later(now + 0.5, self._report)
        if "presses" in self._plan:
            after_s, keys = self._plan["presses"]
            self._far_end.later(now + after_s, partial(self._press, keys))
        if "moves" in self._plan:
            self._far_end.later(now + self._plan["moves"][0], self._move)
        if "holds" in self._plan:
            after_s, direction, held_s = self._plan["holds"]
            self._far_end.later(now + after_s, lambda _: self._invite_again(direction))
            self._far_end.later(now + after_s + held_s, lambda _: self._invite_again("sendrecv"))
        if "bye_s" in self._plan:
            self._far_end.later(now + self._plan["bye_s"], self._bye)

    def _answer(self, _: float) -> None:
        if self._up:
            self._reply(self._invite, "200 OK", self._offer())
            self._far_end.tell("answered")

    def _move(self, _: float) -> None:
        """Have the sound come from another port, as it does when an exchange puts a call through to somebody else."""
        self._moved_to = _socket()
        self._invite_again("sendrecv")

    def _invite_again(self, direction: str) -> None:
        self._version, self._direction = self._version + 1, direction
        self._far_end.tell("re-invite", direction=direction)
        self._ask("INVITE", self._offer())

    def agreed(self) -> None:
        """Acknowledge what the caller agreed to, and hold to it."""
        self._ask("ACK")
        self._far_end.tell("agreed")
        if self._moved_to is not None:
            self._far_end.unread(self._rtp)
            self._rtp, self._moved_to, self._source = self._moved_to, None, self._source + 1
            self._far_end.read(self._rtp, self._on_rtp)
            self._play(*self._plan["moves"][1:])

    def _offer(self) -> str:
        rtp = self._moved_to or self._rtp
        return (
            f"v=0\r\no=- 1 {self._version} IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\n"
            f"m=audio {rtp.getsockname()[1]} RTP/AVP {ALAW} {self._event}\r\n"
            f"a=rtpmap:{ALAW} PCMA/8000\r\na=rtpmap:{self._event} telephone-event/8000\r\na=fmtp:{self._event} 0-16\r\n"
            f"a={self._direction}\r\n"
        )

    def agree(self, request: str) -> None:
        """Answer a BYE, INFO or CANCEL."""
        self._reply(request, "200 OK")
        if request.startswith("CANCEL "):
            self._reply(self._invite, "487 Request Terminated")
        if not request.startswith("INFO "):
            self._up = False
            self._far_end.gone(header(request, "Call-ID"), self._rtp)

    def _reply(self, request: str, status: str, body: str = "") -> None:
        self._far_end.reply(request, self._caller, status, body)

    def _play(self, *names: str) -> None:
        self._queue = deque(
            (name, index, part)
            for name in names
            for index, part in enumerate(payloads(self._far_end.folder / f"{name}.wav"))
        )

    def _tick(self, due_s: float) -> None:
        if not self._up:
            return
        name, index, part = self._queue.popleft() if self._queue else ("", 0, ALAW_SILENCE)
        self._sequence += 1
        head = struct.pack("!BBHII", 0x80, ALAW, self._sequence & 0xFFFF, self._sequence * 160, self._source)
        if not self._lost(due_s):
            self._rtp.sendto(head + part, self._peer)
        if name and index < _TOLD:
            self._far_end.tell("sent", prompt=name, index=index)
        self._far_end.later(due_s + TICK_S, self._tick)

    def _lost(self, now_s: float) -> bool:
        silent = now_s - self._began_s >= self._plan.get("silent_after_s", float("inf"))
        from_s, length_s = self._plan.get("drops", (0, 0))
        silent = silent or from_s <= now_s - self._began_s < from_s + length_s
        return silent or self._direction == "inactive" or self._far_end.chance.random() < self._plan.get("loss", 0)

    def _report(self, due_s: float) -> None:
        """Send a sender report whose block is about our stream or, as pjmedia's is where none came, all zeros."""
        if not self._up:
            return
        known = self._plan["reports"] == "all"
        block = struct.pack("!IIIIII", 1, 0, self._received, 40, 0, 0) if known else bytes(24)
        head = struct.pack("!BBHIQIII", 0x81, 200, 12, 7, 0, 0, self._sequence, 0)
        self._rtp.sendto(head + block, self._reports_to)
        self._far_end.later(due_s + 0.5, self._report)

    def _on_rtp(self) -> None:
        if not self._up:  # it ended a moment ago
            return
        try:
            packet = self._rtp.recv(2048)
        except BlockingIOError:  # it came to the port that was left just now
            return
        self._received += 1
        if self._plan.get("echoes"):
            self._rtp.sendto(packet, self._peer)
        kind, stamp = packet[1] & 0x7F, struct.unpack_from("!I", packet, 4)[0]
        if kind != self._event or stamp == self._last_event:
            return
        self._last_event = stamp
        key = KEYS[packet[12]]
        self._far_end.tell("key", key=key)
        if planned := self._plan.get("keys", {}).get(key):
            pause, *names = planned
            if self._plan.get("hushes"):
                self._play()
            pause_s = self._far_end.chance.uniform(*pause) if isinstance(pause, list) else pause
            self._far_end.later(time.monotonic() + pause_s, lambda _: self._play(*names))

    def _press(self, keys: str, due_s: float) -> None:
        """Send each key as RTP events (RFC 4733) of 100 ms, 100 ms apart."""
        for place, key in enumerate(keys):
            for part in range(1, 8):
                at_s = due_s + place * 0.2 + part * TICK_S
                self._far_end.later(at_s, partial(self._send_event, KEYS.index(key), place, part))

    def _send_event(self, code: int, place: int, part: int, _: float) -> None:
        if not self._up:
            return
        self._sequence += 1
        ends, first = part >= _LAST_EVENT, part == 1
        head = struct.pack(
            "!BBHII", 0x80, self._event | (0x80 if first else 0), self._sequence & 0xFFFF, place * 1600, 7
        )
        lasted = min(part, _LAST_EVENT) * 160
        self._rtp.sendto(head + struct.pack("!BBH", code, (0x80 if ends else 0) | 10, lasted), self._peer)

    def _bye(self, _: float) -> None:
        self._far_end.tell("bye sent")
        self._ask("BYE", more=['Reason: Q.850;cause=16;text="Normal call clearing"'])

    def _ask(self, method: str, body: str = "", more: Sequence[str] = ()) -> None:
        """Send a request within the call; an ACK is of the request before."""
        self._number += method != "ACK"
        contact = re.search(r"<([^>]+)>", header(self._invite, "Contact"))
        lines = [
            f"{method} {contact[1] if contact else ''} SIP/2.0",
            f"Via: SIP/2.0/UDP {HOST}:{self._far_end.port};branch=z9hG4bK{method}{self._number};rport",
            f"From: {header(self._invite, 'To')};tag=far",
            f"To: {header(self._invite, 'From')}",
            f"Call-ID: {header(self._invite, 'Call-ID')}",
            f"CSeq: {self._number} {method}",
            f"Contact: <sip:far@{HOST}:{self._far_end.port}>",
            "Max-Forwards: 70",
            *more,
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self._far_end.send("\r\n".join(lines) + "\r\n\r\n" + body, self._caller)


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((HOST, 0))
    made.setblocking(False)
    return made


if __name__ == "__main__":
    FarEnd(Path(sys.argv[1]), json.loads(sys.argv[2])).serve()
