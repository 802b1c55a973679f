"""Streams, requests, traces and marks in recordings are read for what they say, whatever is in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from prober.channels.ivr.cues import wav as marked
from prober.model.run import Evidence, Outcome, Run
from prober.reports.files import Files
from prober.reports.har import SHOWN, waterfall
from prober.reports.html import render
from prober.reports.ladder import call_figures, recording_began_s, rungs
from prober.reports.riff import cues
from prober.reports.rtp import charts
from prober.reports.run_view import run_view
from prober.reports.sound import waveform

Read = Callable[[Evidence], bytes]


def test_the_marks_of_a_recording_are_read_as_the_ivr_channel_writes_them(files: Mapping[str, bytes]) -> None:
    """Prompts, keys, steps and SIP answers come back at their seconds, each as what it is."""
    found = [(cue.at_s, cue.kind, cue.short) for cue in cues(files["r/stereo.wav"])]
    assert found == [
        (0.1, "prompt", "welcome"), (1.975, "step", ""), (2.0, "key", "1"), (2.375, "prompt", "balance"),
        (5.5, "sip", ""),
    ]  # fmt: skip


def test_damaged_marks_cost_no_sound(files: Mapping[str, bytes]) -> None:
    """A file cut anywhere, or without marks, never raises; what is left of its sound is drawn."""
    whole = files["r/stereo.wav"]
    for end in [0, 11, 12, 20, 43, 44, 60, *range(len(whole) - 250, len(whole))]:
        cues(whole[:end])
        waveform(whole[:end])
    assert cues(files["r/call.wav"]) == ()
    assert cues(marked(b"\0\0", rate=0, channels=1, cues=[(5, "key 1")])) == ()


def test_the_keys_have_a_lane_of_their_own(files: Mapping[str, bytes]) -> None:
    """The right side is drawn by itself, flat but where keys were; one side alone has no such lane."""
    both, one = waveform(files["r/stereo.wav"]), waveform(files["r/call.wav"])
    assert both is not None
    assert one is not None
    assert (both.path, one.keys) == (one.path, "")
    heights = {point.split(",")[1] for point in both.keys[1:-1].split("L")}
    assert {"12.0", "2.0"} <= heights


def test_a_stream_is_drawn_by_second(files: Mapping[str, bytes]) -> None:
    """What was lost stands out, and a second that was not measured is a gap, not a nought."""
    received, jitter, level, sent = charts(files["r/rtp.json"].decode())
    assert (received.remark, bool(received.bad), sent.remark) == ("丢失 lost 9", True, "")
    assert (jitter.high, level.low) == ("12.3 ms", "-21 dBFS")
    assert (received.path.count("M"), jitter.path.count("M"), received.bad.count("M")) == (6, 5, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"seconds": 3}',
        '{"seconds": [1, null]}',
        '{"seconds": [{"received": "x", "lost": NaN}]}',
        "[" * 100_000,
    ],
)
def test_a_stream_without_figures_is_not_drawn(text: str) -> None:
    """What is no stream has no charts."""
    assert charts(text) == []


def test_requests_are_laid_on_the_time_axis(files: Mapping[str, bytes]) -> None:
    """Each is where it was, in the order they were begun; those that went wrong are told, and -1 is: not measured."""
    load = waterfall(files["r/web.har"].decode())
    assert load is not None
    assert [(one.path, one.status, one.bad) for one in load.requests] == [
        ("/login", 200, False), ("/style.css", 200, False), ("/logo.png", 200, False), ("/logo.png", 0, True),
        ("/api/balance?m=1", 500, True),
    ]  # fmt: skip
    assert (load.requests[3].took_s, load.requests[3].bytes, load.requests[0].kind) == (None, None, "html")
    assert all(0 <= one.left <= 100 and one.left + one.width <= 100.01 for one in load.requests)


def test_no_bad_request_is_left_out(files: Mapping[str, bytes]) -> None:
    """Of many requests as many are listed as one reads, the bad ones first of all."""
    told = json.loads(files["r/web.har"])
    told["log"]["entries"] = [told["log"]["entries"][0]] * 200 + [told["log"]["entries"][3]]
    load = waterfall(json.dumps(told))
    assert load is not None
    assert (len(load.requests), load.left_out, sum(one.bad for one in load.requests)) == (SHOWN, 201 - SHOWN, 1)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"log": {"entries": [1, {}]}}', '{"log": null}', "[" * 100_000])
def test_what_is_no_har_has_no_requests(text: str) -> None:
    """A damaged HAR is no failure of the report."""
    assert waterfall(text) is None


def test_a_page_of_all_evidence_reads_as_it_was_approved(
    rich: Run, read: Read, approve: Callable[[str, str], None], shortened: Callable[[str], str]
) -> None:
    """Recording, stream, ladder, messages, packets, requests and trace are all on the page of a failed run."""
    page = render([rich], title="t", read=read)
    approve("evidence.html", shortened(page[page.index("<h3>证据") :]))
    assert 'download="20261121T040600-rich-trace.zip"' in page
    assert 'download="20261121T040600-rich-call.pcap"' in page
    assert "passed: a call to itself" in page


def test_the_trace_of_a_run_that_was_well_stays_where_it_is(rich: Run, read: Read) -> None:
    """Traces and packets are large; the page says where they are."""
    page = render([replace(rich, outcome=Outcome.PASSED)], title="t", read=read)
    assert "download=" not in page
    assert "playwright show-trace r/trace.zip" in page
    assert "wireshark r/call.pcap" in page


def test_a_step_that_got_nothing_says_how_long_it_waited(rich: Run, read: Read) -> None:
    """A failed step without a latency shows how long it lasted, against its limit; `same` has no time to show."""
    last = rich.steps[10]
    silent = replace(last, outcome=Outcome.FAILED, took_s=None, evidence_s=0.2)
    views = run_view(replace(rich, steps=(silent, rich.steps[11])), Files(read)).steps
    assert views[0].gave_up_s == pytest.approx((last.ended_at - last.started_at).total_seconds() - 0.2)
    assert views[0].bar is not None
    assert (views[1].gave_up_s, views[1].bar) == (None, None)


def test_a_ladder_tells_its_figures_and_counts_from_the_invite() -> None:
    """Notes may stand before the INVITE; the durations beneath are no rungs."""
    text = (
        "2026-11-22T01:19:03.480368Z (UTC) is second 0\n\n   0.0000 s  robot ·  ivr.dial 10086\n"
        "   0.0100 s  robot → x:1  INVITE sip:1@x SIP/2.0\n   0.2500 s  robot ·  sound flows; the recording begins\n\n"
        "   0.2065 s  INVITE → 2xx\n"
    )
    assert recording_began_s(rungs(text)) == pytest.approx(0.24)
    assert call_figures(text) == [(0.2065, "INVITE → 2xx")]
