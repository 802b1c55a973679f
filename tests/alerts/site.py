"""A store, a clock, a sink, and whoever tells: what a robot that tells people is made of in tests."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from prober.alerts.base import Around, RefusedForGood
from prober.alerts.telling import Alerts
from prober.model.alarm import Delivery, Reason, Way
from prober.model.incident import Cause, Kind, ProbeResult, Standing
from prober.model.probe import Severity, Watched
from prober.model.run import Layer
from prober.store.store import Store
from tests.alerts.sinks import HttpSink

if TYPE_CHECKING:
    from tests.alerts.conftest import Clock


class Texts:
    """A gateway that keeps what it is given, or refuses everything."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.asked = 0
        self.refuses = False

    async def text(self, line: str, number: str, text: str) -> None:
        """Take it, or refuse it for good."""
        self.asked += 1
        if self.refuses:
            raise RefusedForGood("the SMS gateway refused the text: no such number", cure="")
        self.sent.append((line, number, text))


class Site:
    """A store, a clock, a sink, and whoever tells."""

    def __init__(self, store: Store, clock: Clock, sink: HttpSink) -> None:
        self.store, self.clock, self.sink = store, clock, sink
        self.texts = Texts()
        self.window = ""

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.sink.port}/"

    def alerts(self, *ways: Way) -> Alerts:
        """A robot that tells by *ways*; one after another of them can be made, as if it were started again."""

        def window(item: str | None, at: datetime) -> str:
            return self.window

        around = Around(self.store.incidents, self.store.alarms, window, self.texts, self.clock)
        return Alerts(ways or (Way("chat", url=self.url),), around)

    async def result(
        self, probe: str, standing: Standing, *, severity: Severity = Severity.MAJOR, step: str = "听到余额"
    ) -> None:
        """A planned playing of *probe* ended now."""
        cause = Cause(Kind.CHANNEL, "ivr", Layer.PROMPT, step) if standing is Standing.FAILED else None
        made = ProbeResult(probe, self.clock(), self.clock(), standing, (f"run-{probe}",), cause, "another prompt")
        await self.store.incidents.apply(made, Watched(probe, severity=severity, item=probe, team="voice"))

    async def fails(self, probe: str, **more: object) -> None:
        await self.result(probe, Standing.FAILED, **more)  # type: ignore[arg-type]

    async def passes(self, probe: str) -> None:
        await self.result(probe, Standing.WELL)

    def states(self) -> list[tuple[str, Reason, Delivery]]:
        """What became of every alarm, in the order they were made."""
        found = self.store.alarms.find(limit=None)
        return [(one.way, one.reason, one.state) for one in sorted(found, key=lambda one: one.id)]
