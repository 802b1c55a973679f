"""A probe: a scenario played on a schedule, for one combination of facts. Durations are seconds, instants aware UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from prober.model.line import Line
from prober.model.scenario import Scenario


class Severity(StrEnum):
    """How bad it is when a probe fails. Declared from the least to the worst."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Schedule:
    """When a probe is played: every *every_s* seconds, or by the five fields of *cron* in *timezone*; one of both."""

    every_s: float | None = None
    cron: str = ""
    timezone: str = "Asia/Shanghai"


@dataclass(frozen=True)
class Watched:
    """
    What opens and closes incidents: a probe, or a check of the robot itself.

    *after* confirmed failures in a row open an incident, *recover* passes in a row close it.
    """

    name: str
    after: int = 1
    recover: int = 1
    severity: Severity = Severity.MAJOR
    item: str | None = None
    team: str = ""


@dataclass(frozen=True)
class Probe:
    """
    One row of the schedule, with a name of its own: `balance`, or `balance[brand 全球通]` where a matrix made several.

    *lines* are those that can play it; a run leases one. A start later than *grace_s* is missed. *after* confirmed
    failures in a row open an incident, *recover* passes in a row close it. *objective* is the share of the
    last *window_s* in which its channel is to be available.
    """

    name: str
    scenario: Scenario
    schedule: Schedule
    lines: tuple[Line, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    grace_s: float = 10.0
    after: int = 1
    recover: int = 1
    severity: Severity = Severity.MAJOR
    team: str = ""
    objective: float = 0.99
    window_s: float = 7 * 86400.0

    @property
    def watched(self) -> Watched:
        """What it is to incidents."""
        return Watched(self.name, self.after, self.recover, self.severity, self.scenario.item, self.team)


class Missed(StrEnum):
    """Why a planned start was not made."""

    LATE = "the robot came too late"
    OVERLAP = "the run before it was still under way"
    BUSY = "nothing it needs came free in time"
    MAINTENANCE = "maintenance pauses probing"
    DOWN = "no robot was playing the probe"
    CLOCK = "the clock of the machine was set"
    STUMBLED = "the robot stumbled"


@dataclass(frozen=True)
class Start:
    """
    A planned start: made as the run *run_id*, or *missed*, and why (*detail* says more).

    Where several in a row were missed for one reason, *planned_at* is the first of them, *count* how many; what was
    planned until *until_at* is told with it, None: the first alone. Of one that was DOWN, a robot leads again then.
    """

    probe: str
    planned_at: datetime
    run_id: str | None = None
    missed: Missed | None = None
    detail: str = ""
    count: int = 1
    until_at: datetime | None = None

    @property
    def accounted_until_at(self) -> datetime:
        """The latest instant whose start it accounts for. One that was claimed and never begun accounts for itself."""
        never_begun = self.missed is Missed.DOWN and self.detail
        return self.planned_at if never_begun else self.told_until_at

    @property
    def told_until_at(self) -> datetime:
        """The latest instant whose start it tells of."""
        return self.until_at or self.planned_at
