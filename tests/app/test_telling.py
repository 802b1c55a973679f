"""Who is told while the robot serves, by the settings as they are then."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.app.telling import Telling, writer_of
from prober.loading.config import Settings, load_config
from prober.model.incident import Cause, Kind, ProbeResult, Standing
from prober.model.probe import Watched
from prober.model.run import Layer
from prober.store.store import Store
from tests.alerts.sinks import HttpSink

CONFIG = """
lines:
  - {name: demo-1, msisdn: 13800000001, secrets: {service_password: 246801}}
orders: {timezone: Asia/Urumqi}
alerts:
  - {name: chat, url: "json://127.0.0.1:%d/first-secret"}
tickets:
  - {name: jira, url: "http://127.0.0.1/", headers: {Authorization: second-secret}, body: "{{ id }}"}
store: {url: "postgresql://prober:third-secret@127.0.0.1/prober", key: fourth-secret-of-the-numbers-hash}
evidence: {key: fifth-secret-of-the-sealed-evidence}
telemetry: {otlp: "http://127.0.0.1:4318", headers: {Authorization: sixth-secret}}
"""
SECRETS = (
    "second-secret",
    "third-secret",
    "fourth-secret-of-the-numbers-hash",
    "fifth-secret-of-the-sealed-evidence",
    "sixth-secret",
)


@pytest.fixture
def sinks() -> Iterator[tuple[HttpSink, HttpSink]]:
    """Where alarms went, and where they go now."""
    made = HttpSink(), HttpSink()
    yield made
    for sink in made:
        sink.close()


def settings(folder: Path, port: int) -> Settings:
    """The workspace, with its chat at *port*."""
    (folder / "config.yaml").write_text(CONFIG % port, encoding="utf-8")
    return load_config(folder / "config.yaml", {})


async def test_changed_settings_are_gone_on_by(tmp_path: Path, sinks: tuple[HttpSink, HttpSink]) -> None:
    """The beginning is told to the old address, the end to the new one."""
    store = Store.open(f"sqlite:///{tmp_path}/prober.sqlite")
    before, after = sinks
    telling = Telling(settings(tmp_path, before.port), store)
    running = asyncio.create_task(telling.run())
    at = datetime.now(UTC) - timedelta(minutes=1)
    cause = Cause(Kind.CHANNEL, "ivr", Layer.PROMPT, "听到余额")
    await store.incidents.apply(ProbeResult("balance", at, at, Standing.FAILED, ("run-1",), cause), Watched("balance"))
    telling.wake()
    assert await asyncio.to_thread(before.came.wait, 60)
    telling.take(settings(tmp_path, after.port))
    now = datetime.now(UTC)
    await store.incidents.apply(ProbeResult("balance", now, now, Standing.WELL, ("run-2",)), Watched("balance"))
    telling.wake()
    assert await asyncio.to_thread(after.came.wait, 60)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    store.close()
    assert [title.partition(" ")[0] for title in before.titles + after.titles] == ["故障", "已恢复"]


def test_every_secret_of_the_workspace_is_masked(tmp_path: Path) -> None:
    """Those of lines, ways, tickets, traces and of what is kept; instants are in the workspace's zone."""
    writer = writer_of(settings(tmp_path, 9))
    told = writer.mask(f"246801 json://127.0.0.1:9/first-secret {' '.join(SECRETS)}")
    assert not any(secret in told for secret in ("246801", "first-secret", *SECRETS))
    assert writer.at(datetime(2026, 11, 22, 4, 0, tzinfo=UTC), brief=True) == "11-22 10:00"
