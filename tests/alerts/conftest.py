"""Incidents, alarms and ways for tests; the time of a test stands still until it is told to go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from prober.alerts.filling import SAMPLE
from prober.model.incident import Change, Happened, Incident
from prober.store.store import Store
from tests.alerts.sinks import HttpSink
from tests.alerts.site import Site

NOON = datetime(2026, 11, 22, 4, 0, 0, tzinfo=UTC)
"""12:00 in Shanghai."""


@dataclass
class Clock:
    """The time, as the test says."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def on(self, **time: float) -> datetime:
        """Let time pass."""
        self.at += timedelta(**time)
        return self.at


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    """A server that takes everything."""
    made = HttpSink()
    yield made
    made.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    made = Store.open(f"sqlite:///{tmp_path}/prober.sqlite")
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    """Noon."""
    return Clock()


@pytest.fixture
def site(store: Store, clock: Clock, sink: HttpSink) -> Site:
    """A store, a clock and a sink, and whoever tells."""
    return Site(store, clock, sink)


@pytest.fixture
def an_incident() -> Callable[..., Incident]:
    """Make an incident that opened at noon; what is given replaces what is there."""

    def make(**changes: Any) -> Incident:
        opened = Change(1, SAMPLE.id, Happened.OPENED, NOON, probe="balance")
        made = replace(SAMPLE, what="another prompt", opened_at=NOON, changes=(opened,))
        return replace(made, **changes)

    return make


def changed(incident: Incident, happened: Happened, at: datetime, **fields: Any) -> Incident:
    """Return *incident* with one change more."""
    change = Change(len(incident.changes) + 1, incident.id, happened, at)
    return replace(incident, changes=(*incident.changes, change), **fields)
