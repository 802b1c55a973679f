"""`prober alerts`: does each way work, what was told, and tickets by hand; with the demo operator's SMS centre."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.sinks import HttpSink

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

FILL = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from prober.app.telling import alerts_of
from prober.cli.workspace import open_settings
from pathlib import Path
from prober.model.incident import Cause, Kind, ProbeResult, Standing
from prober.model.probe import Watched
from prober.model.run import Layer
from prober.store.store import Store

settings = open_settings(Path("config.yaml"))
store = Store.open(settings.store.url)

async def main():
    at = datetime.now(UTC) - timedelta(minutes=1)
    cause = Cause(Kind.CHANNEL, "ivr", Layer.PROMPT, "听到余额")
    failed = ProbeResult("balance", at, at, Standing.FAILED, ("run-1",), cause, "heard 246801 instead")
    await store.incidents.apply(failed, Watched("balance", item="balance-query"))
    await alerts_of(settings, store).settle()

asyncio.run(main())
"""


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    """A server that takes everything, tickets too."""
    made = HttpSink()
    made.answer = b'{"key": "OPS-24"}'
    yield made
    made.close()


@pytest.fixture
def told(workspace: Any, operator: Any, sink: HttpSink) -> Any:
    """A workspace that tells the sink, an address where nobody is, and customer 8 by text."""
    ways = f"""
alerts:
  - {{name: chat, url: "json://127.0.0.1:{sink.port}/chat"}}
  - {{name: away, url: "json://127.0.0.1:9/secret-token", otherwise: oncall}}
  - {{name: oncall, sms: [13800000008], line: demo-1, severity: critical}}
tickets:
  - {{name: jira, url: "http://127.0.0.1:{sink.port}/issue", number: key, body: '{{{{ {{"what": what}} | tojson }}}}'}}
"""
    config = workspace.folder / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8") + ways, encoding="utf-8")
    return workspace


def test_each_way_is_tried_and_told_apart(told: Any, sink: HttpSink) -> None:
    """What was taken, what was not and why, without an address; a text goes through the SMS centre."""
    done = told.prober("alerts", "test")
    assert done.returncode == 3, done.stderr
    lines = [line.split() for line in done.stdout.splitlines() if line[:1] in "✓✗"]
    assert sorted(line[:3] for line in lines) == [["✓", "chat", "json"], ["✓", "oncall", "sms"], ["✗", "away", "json"]]
    assert "Connection error" in done.stdout
    assert "secret-token" not in done.stdout + done.stderr
    assert sink.titles == ["测试：拨测告警"]
    done = told.prober("alerts", "test", "chat", "oncall", "--json")
    assert done.returncode == 0
    ways = json.loads(done.stdout)["ways"]
    assert [(one["way"], one["told"], one["error"]) for one in ways] == [("chat", True, ""), ("oncall", True, "")]


def test_a_way_or_system_nobody_knows_is_bad_input(told: Any) -> None:
    """With the nearest there is; a workspace that tells nobody says how to begin."""
    for arguments, said in (
        (("test", "chatt"), "did you mean ‘chat’?"),
        (("ticket", "INC-20261122-0001", "jirra"), "did you mean ‘jira’?"),
        (("ticket", "INC-20261122-0001", "jira"), "there is no incident ‘INC-20261122-0001’"),
    ):
        done = told.prober("alerts", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
    told.environment["PROBER__ALERTS"] = "[]"
    done = told.prober("alerts", "test")
    assert done.returncode == 2
    assert "add a way under ‘alerts:’" in done.stderr


def test_what_was_told_and_what_failed_is_listed(told: Any, sink: HttpSink) -> None:
    """For people and for machines, masked; a ticket made by hand stands beside it, and is made once."""
    assert "nobody was told of anything yet" in told.prober("alerts", "list").stdout
    filled = subprocess.run(
        [sys.executable, "-c", FILL],
        check=False,
        cwd=told.folder,
        env=_environment(told),
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert filled.returncode == 0, filled.stderr
    document = json.loads(told.prober("alerts", "list", "--json").stdout)
    found = {(one["way"], one["state"]): one for one in document["alarms"]}
    assert set(found) == {("chat", "sent"), ("away", "waiting")}
    assert "246801" not in json.dumps(document)
    assert found["away", "waiting"]["attempts"] == 1
    incident = found["chat", "sent"]["incident_id"]
    for written in (incident, incident.lower()):
        made = told.prober("alerts", "ticket", written, "jira")
        assert (made.returncode, "OPS-24" in made.stdout) == (0, True)
    assert [content for path, _, content in sink.requests if path == "/issue"] == [{"what": "heard ••• instead"}]
    shown = told.prober("alerts", "list").stdout
    assert incident in shown
    assert "OPS-24" in shown
    assert "1 waiting · 1 sent" in shown


def _environment(workspace: Any) -> dict[str, str]:
    return os.environ | workspace.environment | {"PYTHONPATH": str(Path(__file__).parents[2])}
