"""`prober serve` as those see it who watch the robot: its door, its figures, its traces."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from prober.model.trace import trace_id
from tests.cli.test_serve import Server, plan
from tests.conftest import Operator, Workspace

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

PATIENCE_S = 120.0


class Collector:
    """Takes traces on loopback."""

    def __init__(self) -> None:
        self.traces: dict[str, set[str]] = {}
        self._came = threading.Condition()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.take(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def take(self, body: bytes) -> None:
        with self._came:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for span in (one for scope in resource.scope_spans for one in scope.spans):
                    self.traces.setdefault(span.trace_id.hex(), set()).add(span.name)
            self._came.notify_all()

    def until(self, trace: str, name: str) -> set[str]:
        """Return the names of the spans of *trace* when there is one of *name*."""
        with self._came:
            assert self._came.wait_for(lambda: name in self.traces.get(trace, ()), PATIENCE_S), self.traces
            return self.traces[trace]


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def figures(door: httpx.Client) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(door.get("/metrics").text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def until(wanted, what: str) -> None:
    """Wait until *wanted*: what another process does is seen from outside only."""
    until_s = time.monotonic() + PATIENCE_S
    while not wanted():
        assert time.monotonic() < until_s, what
        time.sleep(0.3)


def test_a_robot_at_work_is_seen_from_outside(workspace: Workspace, operator: Operator, collector: Collector) -> None:
    """It becomes ready, counts its runs, and its traces are found by their runs' ids; a taken port is a clear error."""
    plan(workspace, "  - {name: text, scenario: text, every: 4s}")
    for path in (workspace.folder / "scenarios").glob("*.*"):
        path.unlink()
    workspace.write(
        "scenarios/text.yaml",
        "scenario: text\nsteps:\n  - sms.send: {to: 10086, text: CXYE}\n  - sms.receive: /余额/\n    within: 30s\n",
    )
    with Server(workspace, PROBER__TELEMETRY__OTLP=collector.url) as server:
        address = server.until("door")["address"]
        with httpx.Client(base_url=address, timeout=30) as door:
            assert door.get("/healthz").text == "ok\n"
            until(lambda: door.get("/readyz").status_code == 200, "never ready")
            signs = {sign["name"]: sign for sign in door.get("/readyz").json()["signs"]}
            assert signs["self-check sms"]["well"] is True
            assert "web" not in " ".join(signs)
            passed = frozenset(
                {"scenario": "text", "item": "", "probe": "text", "outcome": "passed", "attempt": "1"}.items()
            )
            until(lambda: figures(door).get(("prober_runs_total", passed), 0) >= 2, "no run was counted")
            counted = figures(door)
            assert counted["prober_up", frozenset()] == 1
            assert counted["prober_start_lateness_seconds_count", frozenset()] >= 2
            assert counted["prober_resident_memory_bytes", frozenset({("of", "robot")})] > 10_000_000
            port = httpx.URL(address).port
        run = workspace.stored()[0]["id"]
        assert collector.until(trace_id(run), "text") > {"text"}
        second = workspace.environment | {"PROBER__SERVE__PORT": str(port)}
        refused = Workspace(workspace.folder, second).prober("serve")
        assert refused.returncode == 3
        assert f"port {port} of 127.0.0.1 is taken" in refused.stderr
        assert server.end()[0] == 0
