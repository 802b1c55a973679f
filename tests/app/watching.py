"""A robot that watches itself, the clocks and the channels it looks at, for tests."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from prometheus_client.parser import text_string_to_metric_families

from prober.app.sources import Sources
from prober.app.vitals import Vitals
from prober.errors import RobotBroken
from prober.loading.config_service import ServeSettings
from prober.metrics import Figures

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class Clocks:
    """A wall clock and a monotonic one that a test moves."""

    def __init__(self) -> None:
        self.wall, self.monotonic_s = AT, 1000.0

    def go(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.monotonic_s += seconds


class Channel:
    """A channel whose self-check passes while nothing is broken."""

    def __init__(self) -> None:
        self.broken: RobotBroken | None = None
        self.checks = 0
        self.often = asyncio.Event()

    async def check(self) -> str:
        self.checks += 1
        if self.checks > 2:
            self.often.set()
        if self.broken:
            raise self.broken
        return "opened a page of this machine"


def made(clocks: Clocks, figures: Figures | None = None, **sources) -> Vitals:
    settings = ServeSettings(disk_free=0.0)
    return Vitals(
        settings,
        figures or Figures(),
        Sources(**sources),
        now=lambda: clocks.wall,
        clock_s=lambda: clocks.monotonic_s,
    )


def sign(vitals: Vitals, name: str):
    return next(one for one in vitals.signs if one.name == name)


def read(figures: Figures, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(figures.exposition()[0].decode()):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    return None
