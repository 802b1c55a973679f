"""Runs as traces, taken by a collector that decodes what OpenTelemetry defines."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from dataclasses import replace

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from prober.loading.config_service import TelemetrySettings
from prober.model.run import Outcome, Run
from prober.model.trace import trace_id
from prober.tracing import Traces


async def tell(traces: Traces, run: Run, times: int = 1) -> None:
    """Tell of *run* as the runner does."""
    for _ in range(times):
        await traces.run_started(run)
        for result in run.steps:
            await traces.step_finished(run, result)
        await traces.run_finished(run)


class Heard:
    """Keeps what is counted and said, and wakes who waits for it."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.sentences: list[str] = []
        self.changed = threading.Condition()

    def counted(self, state: str, number: int) -> None:
        with self.changed:
            self.counts[state] += number
            self.changed.notify_all()

    def say(self, sentence: str) -> None:
        with self.changed:
            self.sentences.append(sentence)
            self.changed.notify_all()

    def wait_for(self, **counts: int) -> None:
        with self.changed:
            wanted = counts.items()
            assert self.changed.wait_for(lambda: all(self.counts[state] >= n for state, n in wanted), timeout=30)


def words(span: Span) -> dict[str, object]:
    """Return the attributes of a span as Python's values."""
    return {
        pair.key.removeprefix("prober."): getattr(pair.value, str(pair.value.WhichOneof("value")))
        for pair in span.attributes
    }


async def test_a_run_is_a_trace_and_each_step_a_span(receiver, run):
    """Every span carries its real instants, its outcome, and whose fault it is."""
    heard = Heard()
    traces = Traces(TelemetrySettings(otlp=receiver.url), counted=heard.counted, say=heard.say)
    await tell(traces, run)
    await traces.close()
    spans = {span.name: span for span in receiver.spans}
    whole, dialled, other = spans["balance-query"], spans["拨打 10086"], spans["余额"]
    assert {span.trace_id.hex() for span in spans.values()} == {trace_id(run.id)}
    assert (whole.parent_span_id, dialled.parent_span_id) == (b"", whole.span_id)
    assert other.start_time_unix_nano == int(run.steps[1].started_at.timestamp() * 1_000_000) * 1000
    assert other.end_time_unix_nano - other.start_time_unix_nano == 6_500_000_000
    assert whole.end_time_unix_nano - whole.start_time_unix_nano == 8_000_000_000
    assert (dialled.status.code, dialled.kind) == (Status.STATUS_CODE_OK, Span.SPAN_KIND_CLIENT)
    assert (other.status.code, other.status.message) == (Status.STATUS_CODE_ERROR, "余额: another prompt was heard")
    assert words(dialled).items() >= {"took_s": 0.25, "timing.srd_s": 0.05, "verb": "dial", "attempt": 2}.items()
    assert words(other).items() >= {"layer": "prompt", "outcome": "failed", "actual": "prompt packages"}.items()
    assert words(whole).items() >= {"run": run.id, "probe": "balance", "line": "demo-1", "outcome": "failed"}.items()
    assert (heard.counts, heard.sentences) == ({"made": 3, "sent": 3}, [])
    about = {pair.key: pair.value.string_value for pair in receiver.got[0].resource_spans[0].resource.attributes}
    assert about["service.name"] == "prober"


async def test_a_finished_step_is_sent_before_its_run_ends(receiver, run):
    """What a killed robot had measured is in the trace."""
    traces = Traces(TelemetrySettings(otlp=receiver.url))
    await traces.step_finished(run, run.steps[0])
    receiver.wait_for(lambda it: len(it.spans) == 1)
    await traces.close()


@pytest.mark.parametrize("address", ["", "/", "/v1/traces"])
async def test_the_address_may_end_in_the_path_or_not(receiver, run, address):
    """Both forms that people know lead to the collector, with the headers of config.yaml."""
    settings = TelemetrySettings(otlp=receiver.url + address, headers={"Authorization": "Bearer sesame"})
    traces = Traces(settings)
    await tell(traces, run)
    await traces.close()
    assert receiver.paths == ["/v1/traces"]
    assert receiver.headers[0]["authorization"] == "Bearer sesame"


async def test_without_an_address_nothing_is_sent(run):
    """Nothing is made, counted or started."""
    heard = Heard()
    before = threading.active_count()
    traces = Traces(TelemetrySettings(), counted=heard.counted)
    await tell(traces, run)
    await traces.close()
    assert (heard.counts, threading.active_count()) == ({}, before)


async def test_a_collector_that_is_down_is_said_once(receiver, run, capfd):
    """So is its coming back; meanwhile spans are counted as lost, and nothing else is written anywhere."""
    heard = Heard()
    receiver.status = 400
    traces = Traces(TelemetrySettings(otlp=receiver.url), counted=heard.counted, say=heard.say)
    await tell(traces, run)
    heard.wait_for(lost=3)
    await tell(traces, run)
    heard.wait_for(lost=6)
    assert len(heard.sentences) == 1
    assert receiver.url in heard.sentences[0]
    assert "400" in heard.sentences[0]
    receiver.status = 200
    await tell(traces, run)
    heard.wait_for(sent=3)
    await traces.close()
    assert len(heard.sentences) == 2
    assert heard.sentences[1].endswith("again.")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("way", ["refused", "silent"])
async def test_a_collector_that_does_not_answer_holds_nothing_up(run, silent, way, capfd):
    """Telling of many runs takes no time, what finds no room is lost, and closing gives up in the end."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        refused = f"http://127.0.0.1:{gone.getsockname()[1]}"
    heard = Heard()
    traces = Traces(TelemetrySettings(otlp=refused if way == "refused" else silent), counted=heard.counted)
    began_s = time.process_time()
    await tell(traces, run, times=2000)
    assert time.process_time() - began_s < 2.0
    assert heard.counts["made"] == 6000
    assert heard.counts["lost"] >= 6000 - 4096 - 256
    began_s = time.monotonic()
    await traces.close()
    assert time.monotonic() - began_s < 6.0
    await traces.close()
    await tell(traces, run)
    assert capfd.readouterr().err == ""


async def test_a_skipped_step_is_neither_well_nor_not(receiver, run):
    """Its span has no status, for nobody asked."""
    traces = Traces(TelemetrySettings(otlp=receiver.url))
    await traces.step_finished(run, replace(run.steps[0], outcome=Outcome.SKIPPED))
    await traces.close()
    assert receiver.spans[0].status.code == Status.STATUS_CODE_UNSET


def test_the_trace_of_a_run_is_found_by_its_id():
    """As docs/monitoring.md tells: `printf RUN | sha256sum | cut -c -32`."""
    assert trace_id("20261122T080000-00000001") == "aed7a778364073f537d8ccb788bd35f1"
