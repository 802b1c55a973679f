"""A collector that takes what the robot sends, as OpenTelemetry defines it, and a run to send."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from prober.model.run import Failure, Layer, Outcome, Run, StepResult

AT = datetime(2026, 11, 22, 8, 0, 0, 123457, tzinfo=UTC)


@dataclass
class Receiver:
    """Takes traces on loopback while *status* is 200."""

    url: str = ""
    status: int = 200
    got: list[ExportTraceServiceRequest] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    asked: threading.Condition = field(default_factory=threading.Condition)

    @property
    def spans(self) -> list[Any]:
        """Every span that came, in the order they were made."""
        resources = [resource for request in self.got for resource in request.resource_spans]
        return [span for resource in resources for scope in resource.scope_spans for span in scope.spans]

    def wait_for(self, enough: Callable[[Receiver], bool]) -> None:
        """Wait until *enough* came."""
        with self.asked:
            assert self.asked.wait_for(lambda: enough(self), timeout=30)


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.receiver.asked:
            self.receiver.paths.append(self.path)
            if self.receiver.status == 200:
                self.receiver.got.append(ExportTraceServiceRequest.FromString(body))
                self.receiver.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(self.receiver.status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.receiver.asked.notify_all()

    def log_message(self, *told: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Start a collector on a free port."""
    made = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"receiver": made}))
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def silent() -> Iterator[str]:
    """Hold a port where connections are taken and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def run() -> Run:
    """A run of two steps: the second heard another prompt."""
    heard = StepResult(
        index=0,
        name="拨打 10086",
        channel="ivr",
        verb="dial",
        outcome=Outcome.PASSED,
        started_at=AT,
        ended_at=AT + timedelta(seconds=1),
        within_s=15.0,
        took_s=0.25,
        timings={"srd_s": 0.05},
    )
    other = StepResult(
        index=1,
        name="余额",
        channel="ivr",
        verb="hear",
        outcome=Outcome.FAILED,
        started_at=AT + timedelta(seconds=1),
        ended_at=AT + timedelta(seconds=7.5),
        layer=Layer.PROMPT,
        failure=Failure("余额: another prompt was heard", "prompt balance", "prompt packages"),
    )
    return Run(
        id="20261122T080000-00000001",
        scenario="balance-query",
        title="余额查询",
        line="demo-1",
        planned_at=AT,
        started_at=AT,
        scenario_sha256="0",
        prompts_sha256="0",
        config_sha256="0",
        probe="balance",
        attempt=2,
        ended_at=AT + timedelta(seconds=8),
        outcome=Outcome.FAILED,
        steps=(heard, other),
    )
