"""The robot watches itself: a self-check of every channel, its clock, disk, memory, loop, queues and store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from prober.app.signs import Sign
from prober.loading.config_service import ServeSettings
from prober.metrics import Figures
from prober.model.incident import Change, Incident, ProbeResult
from prober.model.probe import Start, Watched

SelfCheck = Callable[[], Awaitable[str]]


class Incidents(Protocol):
    """Where what is wrong with the robot becomes an incident: the store's incidents."""

    async def apply(self, result: ProbeResult, watched: Watched) -> Sequence[Change]: ...


@dataclass(frozen=True)
class Sources:
    """
    What the robot looks at. What is left out is not watched.

    *checks* are the self-checks by channel, *places* the folders whose disks must not run full, by what lies there.
    *beat* writes to the store and returns once that is safe. *open_incidents* and *alarms* (how many in each state)
    block, and are called on a thread; *queued* (waiting starts by channel and lane), *under_way*, *unwritten* (writes
    that wait for the store) and *leads* do not.
    """

    checks: Mapping[str, SelfCheck] = field(default_factory=dict)
    places: Mapping[str, Path] = field(default_factory=dict)
    beat: Callable[[], Awaitable[None]] | None = None
    incidents: Incidents | None = None
    open_incidents: Callable[[], Sequence[Incident]] | None = None
    alarms: Callable[[], Mapping[str, int]] | None = None
    queued: Callable[[], Mapping[tuple[str, str], int]] | None = None
    under_way: Callable[[], int] | None = None
    unwritten: Callable[[], int] | None = None
    leads: Callable[[], bool] = lambda: True
    told: Callable[[], None] = lambda: None
    """Called when an incident has changed, so that alarms are sent."""


class Vitals:
    """Looks at every sign again and again while `run` is awaited; who asks gets what was seen last."""

    def __init__(self, settings: ServeSettings, figures: Figures, sources: Sources) -> None: ...

    async def run(self) -> None:
        """Watch until cancelled."""

    def started(self, lateness_s: float) -> None:
        """Note that a planned start was made, and how late; the figures are told."""

    def missed(self, start: Start) -> None:
        """Note that a planned start was not made; the figures are told."""

    @property
    def signs(self) -> tuple[Sign, ...]:
        """What was seen last."""
        return ()

    @property
    def well(self) -> bool:
        """Whether probing works: every sign has been seen, and none is unwell."""
        return False
