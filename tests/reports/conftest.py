"""Runs of every kind, with their evidence."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import struct
import wave
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import sin
from pathlib import Path
from typing import Any

import pytest

from prober.channels.ivr.cues import wav as marked
from prober.model.run import Evidence, Failure, Layer, Outcome, Phase, Run, StepResult
from prober.model.value import Captured, ValueType

NOON = datetime(2026, 11, 21, 4, 0, 0, 250_000, UTC)

LADDER = """\
   0.0000 s  robot → 127.0.0.1:5062  INVITE sip:10086@127.0.0.1:5062 SIP/2.0
   0.0021 s  robot ← 127.0.0.1:5062  SIP/2.0 100 Trying
   0.0517 s  robot ← 127.0.0.1:5062  SIP/2.0 180 Ringing
   0.2096 s  robot ← 127.0.0.1:5062  SIP/2.0 200 OK
   0.2101 s  robot → 127.0.0.1:5062  ACK sip:10086@127.0.0.1:5062 SIP/2.0
   0.2310 s  robot ·  sound flows (PCMA/8000); the recording begins
   2.4400 s  robot ·  key 1
   5.9012 s  robot → 127.0.0.1:5062  BYE sip:10086@127.0.0.1:5062 SIP/2.0
   5.9050 s  robot ← 127.0.0.1:5062  SIP/2.0 200 OK
"""

TRANSCRIPT = """\
SMS of 13800000001 over demo
2026-11-21T04:00:09.100Z  -> 10086  [accepted, message id 17]
   CXYE
2026-11-21T04:00:09.120Z  <- receipt of 17: delivered
2026-11-21T04:00:09.900Z  <- 10086 in 2 parts: 04:00:09.880, 04:00:09.900  [the reply]
   尊敬的客户，截至11月21日12时00分，
您的账户余额为86.50元。
"""


def wav() -> bytes:
    """Return six seconds of a voice-like sound with pauses."""
    samples = [
        int(9000 * sin(at / 7) * sin(at / 2600) ** 2 * (0.04 if at % 24_000 > 14_000 else 1)) for at in range(48_000)
    ]
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 8000, 0, "NONE", ""))
        writer.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return file.getvalue()


def stereo() -> bytes:
    """Return a recording of both sides, marked as the IVR channel marks it."""
    with wave.open(io.BytesIO(wav())) as reader:
        heard = struct.unpack("<48000h", reader.readframes(48_000))
    keys = [int(8000 * sin(at / 2)) if 16_000 <= at < 17_200 else 0 for at in range(48_000)]
    both = struct.pack("<96000h", *(sample for pair in zip(heard, keys, strict=True) for sample in pair))
    marks = [(800, "prompt welcome"), (15_800, "ivr.press 1"), (16_000, "key 1"), (19_000, "prompt balance")]
    return marked(both, rate=8000, channels=2, cues=[*marks, (44_000, "200 OK to our BYE")])


def rtp() -> bytes:
    """Return a stream that lost some packets, and was silent in a second where nothing could be measured."""
    seconds: list[dict[str, Any]] = [
        {"second": at, "received": 50, "lost": 0, "discarded": 0, "jitter_s": 0.0004, "sent": 50, "level_dbfs": -21.3}
        for at in range(6)
    ]
    seconds[2] |= {"received": 41, "lost": 8, "discarded": 1, "jitter_s": 0.0123}
    seconds[4] |= {"jitter_s": None, "level_dbfs": None}
    return json.dumps({"seconds": seconds}).encode()


def har() -> bytes:
    """Return the requests of a page, two of which went wrong."""
    kinds = {"/login": "text/html", "/style.css": "text/css", "/logo.png": "image/png", "/api/balance?m=1": "text/json"}
    entries = [
        {
            "startedDateTime": f"2026-11-21T04:00:03.{at * 120:03}Z",
            "time": 40.5 + 90 * at,
            "request": {"method": "POST" if "api" in path else "GET", "url": f"http://127.0.0.1:8610{path}"},
            "response": {
                "status": 500 if "api" in path else 200,
                "content": {"mimeType": kind, "size": 900 * (at + 1)},
            },
        }
        for at, (path, kind) in enumerate(kinds.items())
    ]
    lost = {**entries[2], "response": {"status": -1, "content": {"size": -1}}, "time": -1}
    return json.dumps({"log": {"entries": [*entries, lost, {"no": "request"}]}}).encode()


def png(width: int = 320, height: int = 200) -> bytes:
    """Return a small picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    rows = b"".join(
        b"\0" + bytes(value for x in range(width) for value in (x * 255 // width, y * 255 // height, 190))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


@pytest.fixture
def approve() -> Callable[[str, str], None]:
    """Compare a text with a golden file; UPDATE_GOLDEN=1 writes it anew, to be read before it is kept."""

    def approve(name: str, told: str) -> None:
        golden = Path(__file__).parent / "golden" / name
        if os.environ.get("UPDATE_GOLDEN"):
            golden.write_text(told)
        assert told == golden.read_text()

    return approve


@pytest.fixture
def shortened() -> Callable[[str], str]:
    """Take a page's style, script and embedded files out of it, and leave what can be read and reviewed."""

    def shortened(page: str) -> str:
        page = re.sub(r"(?s)<(style|script)>.*?</\1>", r"<\1>…</\1>", page)
        page = re.sub(r"base64,[A-Za-z0-9+/=]+", "base64,…", page)
        return re.sub(r'(?<= d="M)[^"]{200,}', "…", page)

    return shortened


@pytest.fixture(scope="session")
def files() -> Mapping[str, bytes]:
    """The evidence of the runs, by path."""
    return {
        "r/call.wav": wav(),
        "r/ladder.txt": LADDER.encode(),
        "r/sms.txt": TRANSCRIPT.encode(),
        "r/9.png": png(),
        "r/stereo.wav": stereo(),
        "r/rtp.json": rtp(),
        "r/web.har": har(),
        "r/call.pcap": bytes.fromhex("4d3cb2a1") + bytes(20),
        "r/trace.zip": b"PK\5\6" + bytes(18),
    }


@pytest.fixture
def read(files: Mapping[str, bytes]) -> Callable[[Evidence], bytes]:
    """Read evidence as a disk would."""

    def read(kept: Evidence) -> bytes:
        if kept.path not in files:
            raise FileNotFoundError(2, "No such file or directory", kept.path)
        return files[kept.path]

    return read


@pytest.fixture
def kept(files: Mapping[str, bytes]) -> Callable[..., Evidence]:
    """Make the record of a file."""

    def kept(kind: str, path: str, step: int | None = None) -> Evidence:
        content = files.get(path, b"gone")
        return Evidence(kind, path, hashlib.sha256(content).hexdigest(), len(content), step)

    return kept


@pytest.fixture
def journey(kept: Callable[..., Evidence]) -> tuple[StepResult, ...]:
    """The steps of a customer who asks for the balance on three channels, and hears the same."""
    money = ValueType.MONEY
    plan: list[tuple[str, str, str, float | None, dict[str, Any]]] = [
        ("ivr", "dial", "10086", 0.2096, {"within_s": 10, "facts": {"sip_code": 200, "sip_reason": "OK"}}),
        ("ivr", "hear", "welcome", 0.412, {"within_s": 4, "warn_s": 2, "facts": {"score": 0.98}}),
        ("ivr", "press", "1", 0.16, {"within_s": 10, "facts": {"mode": "rfc4733"}}),
        ("ivr", "hear", "balance", 0.731, {"captures": (Captured("ivr_balance", money, "八十六元五角", 8650),)}),
        ("ivr", "hang_up", "挂机", 0.0038, {"within_s": 5}),
        ("web", "open", "/login", 0.84, {"within_s": 15, "warn_s": 3, "timings": {"ttfb_s": 0.02, "lcp_s": 0.31}}),
        ("web", "fill", "手机号、服务密码", 0.03, {"within_s": 5}),
        ("web", "click", "登录", 0.22, {"within_s": 5, "facts": {"locator": "button 登录"}}),
        ("web", "see", "我的余额", 0.351, {"captures": (Captured("web_balance", money, "86.50元", 8650),)}),
        ("sms", "send", "CXYE → 10086", 0.012, {"within_s": 10}),
        ("sms", "receive", "/余额为(?P<sms_balance>[\\d.,]+元)/", 0.8, {"within_s": 30}),
        ("robot", "same", "same ivr_balance, web_balance, sms_balance", None, {}),
    ]
    steps, at = [], NOON
    for index, (channel, verb, name, took_s, more) in enumerate(plan):
        began, at = at, at + timedelta(seconds=(took_s or 0.001) + 0.4)
        result = StepResult(index, name, channel, verb, Outcome.PASSED, began, at, took_s=took_s, loop_lag_s=0.0004)
        limits = {"within_s": 6.0} if verb in ("hear", "see") else {}
        steps.append(replace(result, **(limits | more)))
    steps[8] = replace(steps[8], evidence=(kept("screenshot", "r/9.png", 8),), evidence_s=0.035)
    steps[10] = replace(steps[10], captures=(Captured("sms_balance", ValueType.TEXT, "86.50元", "86.50元"),))
    told = {"ivr_balance": "八十六元五角", "web_balance": "86.50元", "sms_balance": "86.50元"}
    steps[11] = replace(steps[11], facts=told)
    return tuple(steps)


@pytest.fixture
def passed(journey: tuple[StepResult, ...], kept: Callable[..., Evidence]) -> Run:
    """A run in which all was well."""
    return Run(
        id="20261121T040000-passed",
        scenario="balance-query",
        title="余额查询：三个渠道一致",
        line="demo-1",
        planned_at=NOON - timedelta(seconds=1),
        started_at=NOON,
        scenario_sha256="1a" * 32,
        prompts_sha256="2b" * 32,
        config_sha256="3c" * 32,
        item="balance-query",
        phase=Phase.PRE_LAUNCH,
        ended_at=journey[-1].ended_at,
        outcome=Outcome.PASSED,
        steps=journey,
        evidence=(kept("recording", "r/call.wav"), kept("ladder", "r/ladder.txt"), kept("transcript", "r/sms.txt")),
    )


@pytest.fixture
def unequal(passed: Run) -> Run:
    """A run in which the web hall showed another amount than the other two channels."""
    steps = list(passed.steps)
    steps[8] = replace(steps[8], captures=(Captured("web_balance", ValueType.MONEY, "96.50元", 9650),))
    steps[11] = replace(
        steps[11],
        outcome=Outcome.FAILED,
        layer=Layer.CONTENT,
        facts={**steps[11].facts, "web_balance": "96.50元"},
        failure=Failure(
            "same ivr_balance, web_balance, sms_balance: wrong content",
            "the same money from ivr_balance, web_balance, sms_balance",
            "ivr_balance = 86.50元 («八十六元五角»), web_balance = 96.50元, sms_balance = 86.50元",
        ),
    )
    return replace(passed, id="20261121T040500-unequal", outcome=Outcome.FAILED, steps=tuple(steps), attempt=2)


@pytest.fixture
def rich(unequal: Run, kept: Callable[..., Evidence]) -> Run:
    """A failed run with every kind of evidence, whose last failure passed the self-check."""
    kinds = {"recording": "stereo.wav", "ladder": "ladder.txt", "rtp": "rtp.json", "transcript": "sms.txt"}
    kinds |= {"har": "web.har", "trace": "trace.zip", "pcap": "call.pcap"}
    last = replace(unequal.steps[11], facts={**unequal.steps[11].facts, "self_check": "passed: a call to itself"})
    evidence = tuple(kept(kind, f"r/{name}") for kind, name in kinds.items())
    return replace(unequal, id="20261121T040600-rich", evidence=evidence, steps=(*unequal.steps[:11], last))


@pytest.fixture
def runs(passed: Run, unequal: Run, kept: Callable[..., Evidence]) -> list[Run]:
    """A run of every kind."""

    def broken(run_id: str, outcome: Outcome, at: int, change: dict[str, Any]) -> Run:
        steps = list(passed.steps)
        steps[at] = replace(steps[at], outcome=outcome, captures=(), **change)
        for index in range(at + 1, len(steps)):
            left = replace(steps[index], outcome=Outcome.SKIPPED, took_s=None, captures=(), facts={}, evidence=())
            steps[index] = replace(left, started_at=steps[at].ended_at, ended_at=steps[at].ended_at)
        evidence = (kept("recording", "r/call.wav"), kept("ladder", "r/ladder.txt"))
        return replace(passed, id=run_id, outcome=outcome, steps=tuple(steps), evidence=evidence, line="demo-2")

    slow_step = replace(passed.steps[1], outcome=Outcome.SLOW, took_s=2.74)
    slow = replace(passed, id="20261121T041000-slow", outcome=Outcome.SLOW, line="demo-3", phase=Phase.LAUNCH)
    slow = replace(slow, steps=(passed.steps[0], slow_step, *passed.steps[2:]), evidence=())
    actual = "prompt packages («流量套餐：五元一百兆，十元三百兆»), score 0.93"
    said = Failure("hear balance: other prompt", "prompt balance («您的账户余额为»)", actual)
    wrong_prompt = broken(
        "20261121T041500-prompt",
        Outcome.FAILED,
        3,
        {"layer": Layer.PROMPT, "failure": said, "took_s": 7.2, "facts": {"score": 0.93, "mos": None}},
    )
    no_browser = Failure("no browser can be started", actual="Install one: playwright install chromium.")
    error = broken(
        "20261121T042000-error",
        Outcome.ERROR,
        5,
        {"layer": Layer.ROBOT, "failure": no_browser, "took_s": None, "timings": {}},
    )
    error = replace(error, evidence=(kept("recording", "r/gone.wav"), kept("log", "r/log.txt")))
    cut = replace(passed, id="20261121T042500-cut", outcome=Outcome.ERROR, interrupted=True, steps=passed.steps[:5])
    cut = replace(cut, evidence=(), ended_at=passed.steps[4].ended_at, phase=None)
    skipped = replace(passed, id="20261121T043000-skipped", outcome=Outcome.SKIPPED, steps=(), evidence=(), line="")
    skipped = replace(skipped, waited_s=60.0, ended_at=NOON)
    return [passed, unequal, slow, wrong_prompt, error, cut, skipped]
