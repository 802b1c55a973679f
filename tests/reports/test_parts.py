"""Ladders, transcripts, recordings and bars are read for what they say."""

from __future__ import annotations

import hashlib
import io
import wave
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from prober.channels.ivr.messages import SipMessage
from prober.channels.ivr.sip_trace import Note, SipTrace, ladder
from prober.channels.sms.arrivals import Arrivals
from prober.channels.sms.inbox import Inbox
from prober.channels.sms.transcript import Sent, transcript
from prober.channels.timing import Clock, monotonic
from prober.model.run import Evidence, Run
from prober.reports import words
from prober.reports.chat import bubbles
from prober.reports.files import Files
from prober.reports.ladder import recording_began_s, rungs, was_answered
from prober.reports.run_view import run_view
from prober.reports.sound import waveform


def test_a_ladder_is_read_as_the_ivr_channel_writes_it() -> None:
    """Messages, their way, their peers, and the notes beside them come out of the text again."""
    busy = SipMessage(10.25, sent=False, peer="UDP 127.0.0.1:5062", text="SIP/2.0 486 Busy Here\r\nVia: x\r\n\r\n")
    invite = SipMessage(10.0, sent=True, peer="UDP 127.0.0.1:5062", text="INVITE sip:10086@x SIP/2.0\r\n\r\n")
    entries = [busy, invite, Note(10.5, "sound flows (PCMA); the recording begins")]
    read = rungs(ladder(entries, Clock(), SipTrace()))
    assert [(rung.at_s, rung.way, rung.peer, rung.refusal) for rung in read] == [
        (0.0, "sent", "127.0.0.1:5062", False),
        (0.25, "received", "127.0.0.1:5062", True),
        (0.5, "note", "", False),
    ]
    assert (read[0].text, recording_began_s(read)) == ("INVITE sip:10086@x SIP/2.0", 0.5)
    assert rungs("no ladder\nat all") == []


def test_a_transcript_is_read_as_the_sms_channel_writes_it() -> None:
    """A message that went out comes out of the text again, with what became of it."""
    nothing_came = Arrivals(Inbox({}))
    at_s = monotonic()
    sent = [Sent(at_s + 0.25, "10086", "CXYE", "accepted")]
    text = transcript("SMS", sent, nothing_came, clock=Clock(), opened_s=at_s)
    (bubble,) = bubbles(text)
    assert (bubble.way, bubble.who, bubble.text, bubble.fate) == ("sent", "10086", "CXYE", "accepted")
    assert bubble.after == "+0.250 s"


def test_a_reply_keeps_its_lines_and_its_fate(files: Mapping[str, bytes]) -> None:
    """Replies of several lines stay whole; receipts are told from replies."""
    sent, receipt, reply = bubbles(files["r/sms.txt"].decode())
    assert (sent.way, receipt.way, reply.way) == ("sent", "receipt", "received")
    assert reply.text.endswith("12时00分，\n您的账户余额为86.50元。")
    assert (reply.fate, reply.at) == ("the reply", "04:00:09.900")


def test_a_recording_is_drawn_and_marked_where_steps_began(passed: Run, read: Callable[[Evidence], bytes]) -> None:
    """Steps are marked from the moment the recording began, which the ladder tells."""
    (recording,) = run_view(passed, Files(read)).recordings
    assert recording.waveform is not None
    assert recording.waveform.length_s == 6.0
    assert [step.index for step, _ in recording.marks] == [1, 2, 3, 4]
    # The dial ended 0.6096 s into the run and took 0.2096 s; the recording began 0.231 s after the INVITE.
    assert recording.marks[1][1] == pytest.approx(0.6096 + 0.812 - 0.4 - 0.231)


def test_each_recording_is_marked_by_its_own_call(
    passed: Run, files: Mapping[str, bytes], kept: Callable[..., Evidence]
) -> None:
    """The second recording goes with the second answered dial and its ladder, though a dial between was refused."""
    first, wait = passed.steps[:5], timedelta(seconds=60)
    refused = replace(
        first[0],
        facts={"sip_code": 486},
        started_at=passed.started_at + wait / 2,
        ended_at=passed.started_at + wait / 2,
    )
    second = [replace(step, started_at=step.started_at + wait, ended_at=step.ended_at + wait) for step in first]
    second[0] = replace(second[0], evidence_s=0.3)  # the first call's, kept before the second was begun
    steps = tuple(replace(step, index=index) for index, step in enumerate([*first, refused, *second]))
    later = files["r/ladder.txt"].replace(b"0.2310 s  robot", b"0.2410 s  robot")
    busy = "0.0 s  robot → x:1  INVITE sip:1@x SIP/2.0\n0.1 s  robot ← x:1  SIP/2.0 486 Busy Here\n".encode()
    stored = {**files, "r/call-3.wav": files["r/call.wav"], "r/ladder-2.txt": busy, "r/ladder-3.txt": later}
    names = ["call.wav", "ladder.txt", "ladder-2.txt", "call-3.wav", "ladder-3.txt"]
    evidence = [kept("recording" if name.endswith("wav") else "ladder", f"r/{name}") for name in names]
    evidence = [replace(one, sha256=hashlib.sha256(stored[one.path]).hexdigest()) for one in evidence]
    run = replace(passed, steps=steps, evidence=tuple(evidence))
    of_first, of_third = run_view(run, Files(lambda one: stored[one.path])).recordings
    assert [step.index for step, _ in of_first.marks] == [1, 2, 3, 4]
    assert [step.index for step, _ in of_third.marks] == [7, 8, 9, 10]
    assert of_third.marks[1][1] == pytest.approx(of_first.marks[1][1] - 0.01)


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        (["→ x:1  INVITE sip:1@x SIP/2.0", "← x:1  SIP/2.0 200 OK", "→ x:1  BYE sip:1@x SIP/2.0"], True),
        (["→ x:1  INVITE sip:1@x SIP/2.0", "← x:1  SIP/2.0 486 Busy Here"], False),
        (["→ x:1  INVITE sip:1@x SIP/2.0", "→ x:1  CANCEL sip:1@x SIP/2.0", "← x:1  SIP/2.0 200 OK"], False),
    ],
)
def test_a_ladder_tells_whether_the_call_was_answered(said: list[str], answered: bool) -> None:
    """The 200 to a CANCEL is no answer to the call."""
    assert was_answered(rungs("".join(f"0.{at} s  robot {one}\n" for at, one in enumerate(said)))) is answered


def test_silence_is_drawn_flat_and_no_sound_not_at_all() -> None:
    """A silent call is a line, not noise blown up; an empty file has no picture."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 8000, 0, "NONE", ""))
        writer.writeframes(b"\1\0" * 8000)
    silent = waveform(file.getvalue())
    assert silent is not None
    heights = {float(point.rstrip("Z").split(",")[1]) for point in silent.path[1:].split("L")}
    assert heights == {36.0}
    assert waveform(b"") is None


def test_a_latency_past_its_limit_reaches_past_the_mark(passed: Run, read: Callable[[Evidence], bytes]) -> None:
    """A bar crosses its limit exactly where the step did."""
    steps = (replace(passed.steps[1], took_s=3.9), replace(passed.steps[1], index=2, took_s=4.1))
    views = run_view(replace(passed, steps=steps), Files(read)).steps
    bars = [view.bar for view in views if view.bar]
    assert [bar.took > (bar.within or 0) for bar in bars] == [False, True]
    assert all(0 < (bar.warn or 0) < (bar.within or 0) <= 100 and bar.took <= 100 for bar in bars)


@pytest.mark.parametrize(
    ("duration_s", "told"),
    [(None, "–"), (0.0, "0 ms"), (0.0038, "3.8 ms"), (0.035, "35 ms"), (0.2096, "0.21 s"), (59.99, "59.99 s"),
     (125.2, "2 min 05 s"), (119.7, "2 min 00 s")],
)  # fmt: skip
def test_durations_are_written_for_people(duration_s: float | None, told: str) -> None:
    """As many digits as one reads, in the unit one thinks in; nothing measured is a dash, not a zero."""
    assert words.seconds(duration_s) == told


def test_instants_are_told_in_utc() -> None:
    """Without scripts the page shows UTC, and says so."""
    assert words.instant(datetime(2026, 11, 21, 4, 0, tzinfo=UTC)) == "2026-11-21 04:00:00 UTC"
