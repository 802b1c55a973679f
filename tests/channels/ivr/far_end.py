"""
A far end that says when it truly did what: a small SIP and RTP server, run as a process of its own.

Usage: far_end.py FOLDER PLAN, PLAN being JSON: {"answer": [file...], "keys": {"1": [pause_s, file...]}, "bye_s": s,
"rtp": true, "loss": share, "silent_after_s": s, "reports": "all" or "none", "ignores": ["BYE"]}. Files are
A-law WAVs in FOLDER. "loss" is that of the packets it sends, "silent_after_s" when it stops sending; "reports" is what
its RTCP knows of our stream (without it, it sends none); what it "ignores" it does not answer. It prints a JSON line
for each thing that happened, with its instant.
"""

from __future__ import annotations

import heapq
import json
import random
import re
import select
import socket
import struct
import sys
import time
from pathlib import Path

ALAW_SILENCE = b"\xd5" * 160
TICK_S = 0.02


def tell(what: str, **more: object) -> None:
    print(json.dumps({"what": what, "at_s": time.monotonic(), **more}), flush=True)


def payloads(path: Path) -> list[bytes]:
    content = path.read_bytes()
    start = content.index(b"data") + 8
    data = content[start : start + struct.unpack_from("<I", content, start - 4)[0]]
    return [data[at : at + 160].ljust(160, b"\xd5") for at in range(0, len(data), 160)]


class FarEnd:
    def __init__(self, folder: Path, plan: dict) -> None:
        self.folder, self.plan = folder, plan
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for one in (self.sip, self.rtp):
            one.bind(("127.0.0.1", 0))
        self.due: list[tuple[float, int, object]] = []
        self.count = 0
        self.queue: list[tuple[str, int, bytes]] = []
        self.peer: tuple[str, int] | None = None
        self.sequence = 0
        self.last_event: int | None = None
        self.invite = ""
        self.caller = ("", 0)
        self.chance = random.Random(7)  # noqa: S311  # which packets are lost is no secret
        self.answered_s = 0.0
        self.received = 0
        self.reports_to: tuple[str, int] | None = None
        self.up = False

    def later(self, at_s: float, what: object) -> None:
        self.count += 1
        heapq.heappush(self.due, (at_s, self.count, what))

    def serve(self) -> None:
        tell("listening", port=self.sip.getsockname()[1])
        while True:
            now = time.monotonic()
            wait_s = max(self.due[0][0] - now, 0) if self.due else 1.0
            for one in select.select([self.sip, self.rtp], [], [], wait_s)[0]:
                content, source = one.recvfrom(4096)
                self.on_sip(content.decode(), source) if one is self.sip else self.on_rtp(content)
            while self.due and self.due[0][0] <= time.monotonic():
                self.due[0][2](heapq.heappop(self.due)[0])  # type: ignore[operator]

    def reply(self, request: str, status: str, body: str = "") -> None:
        kept = [
            line
            for line in request.partition("\r\n\r\n")[0].split("\r\n")[1:]
            if line.split(":")[0].lower() in ("via", "from", "call-id", "cseq", "record-route")
        ]
        to = re.search(r"^To: (.*)$", request, re.MULTILINE)
        tag = "" if to and "tag=" in to[1] else ";tag=far"
        port = self.sip.getsockname()[1]
        lines = [
            f"SIP/2.0 {status}",
            *kept,
            f"To: {to[1].strip() if to else ''}{tag}",
            f"Contact: <sip:far@127.0.0.1:{port}>",
            "Server: far-end",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self.sip.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self.caller)

    def on_sip(self, message: str, source: tuple[str, int]) -> None:
        method = message.partition(" ")[0]
        if method == "INVITE" and not self.up:
            self.caller, self.invite = source, message
            self.answer(message)
        elif method in ("BYE", "INFO"):
            tell(method.lower())
            if method in self.plan.get("ignores", []):
                return
            self.reply(message, "200 OK")
            self.up = self.up and method != "BYE"

    def answer(self, message: str) -> None:
        self.up = True
        found = re.search(r"^m=audio (\d+)", message, re.MULTILINE)
        assert found
        self.peer = ("127.0.0.1", int(found[1]))
        rtcp = re.search(r"^a=rtcp:(\d+)", message, re.MULTILINE)
        self.reports_to = ("127.0.0.1", int(rtcp[1]) if rtcp else int(found[1]) + 1)
        port = self.rtp.getsockname()[1]
        self.reply(
            message,
            "200 OK",
            f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\n"
            "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n",
        )
        tell("answered")
        now = self.answered_s = time.monotonic()
        if "reports" in self.plan:
            self.later(now + 0.5, self.report)
        self.play(*self.plan.get("answer", []))
        if self.plan.get("rtp", True):
            self.later(now + TICK_S, self.tick)
        if "bye_s" in self.plan:
            self.later(now + self.plan["bye_s"], self.bye)

    def play(self, *names: str) -> None:
        self.queue = [
            (name, index, part) for name in names for index, part in enumerate(payloads(self.folder / f"{name}.wav"))
        ]

    def tick(self, due_s: float) -> None:
        if not self.up or self.peer is None:
            return
        name, index, part = self.queue.pop(0) if self.queue else ("", 0, ALAW_SILENCE)
        self.sequence += 1
        header = struct.pack("!BBHII", 0x80, 8, self.sequence & 0xFFFF, self.sequence * 160, 7)
        if not self.lost(due_s):
            self.rtp.sendto(header + part, self.peer)
        if name and index < 50:
            tell("sent", prompt=name, index=index)
        self.later(due_s + TICK_S, self.tick)

    def lost(self, now_s: float) -> bool:
        silent = now_s - self.answered_s >= self.plan.get("silent_after_s", float("inf"))
        return silent or self.chance.random() < self.plan.get("loss", 0)

    def report(self, due_s: float) -> None:
        """Send a sender report whose block is about our stream or, as pjmedia's is where none came, all zeros."""
        known = self.plan["reports"] == "all"
        block = struct.pack("!IIIIII", 1, 0, self.received, 40, 0, 0) if known else bytes(24)
        head = struct.pack("!BBHIQIII", 0x81, 200, 12, 7, 0, 0, self.sequence, 0)
        assert self.reports_to
        self.rtp.sendto(head + block, self.reports_to)
        self.later(due_s + 0.5, self.report)

    def on_rtp(self, packet: bytes) -> None:
        self.received += 1
        kind, stamp = packet[1] & 0x7F, struct.unpack_from("!I", packet, 4)[0]
        if kind != 101 or stamp == self.last_event:
            return
        self.last_event = stamp
        key = "0123456789*#ABCD"[packet[12]]
        tell("key", key=key)
        planned = self.plan.get("keys", {}).get(key)
        if planned:
            self.later(time.monotonic() + planned[0], lambda _: self.play(*planned[1:]))

    def bye(self, _: float) -> None:
        header = {name: re.search(rf"^{name}: (.*)$", self.invite, re.MULTILINE) for name in ("From", "To", "Call-ID")}
        contact = re.search(r"^Contact: <([^>]+)>", self.invite, re.MULTILINE)
        assert contact
        assert all(header.values())
        port = self.sip.getsockname()[1]
        lines = [
            f"BYE {contact[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKbye;rport",
            f"From: {header['To'][1].strip()};tag=far",  # type: ignore[index]
            f"To: {header['From'][1].strip()}",  # type: ignore[index]
            f"Call-ID: {header['Call-ID'][1].strip()}",  # type: ignore[index]
            "CSeq: 1 BYE",
            "Max-Forwards: 70",
            'Reason: Q.850;cause=16;text="Normal call clearing"',
            "Content-Length: 0",
        ]
        tell("bye sent")
        self.sip.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), self.caller)


FarEnd(Path(sys.argv[1]), json.loads(sys.argv[2])).serve()
