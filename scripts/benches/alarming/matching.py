"""
Which incident is of which fault: none may be missed, none doubled, and none of no fault.

An incident belongs to the fault that was on at its door when it opened, if it is of the kind that the fault is: the
channel's, or the robot's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from prober.model.incident import Incident, Kind
from scripts.benches.alarming.injection import Injected

LATE = timedelta(seconds=30)
"""The run that opens an incident may have met the fault just before it went."""


@dataclass(frozen=True)
class Met:
    """A fault, and the incidents that opened at its door in its time."""

    fault: Injected
    incidents: tuple[Incident, ...]

    @property
    def detected_s(self) -> float | None:
        """From the switch to the incident."""
        first = min((one.opened_at for one in self.incidents), default=None)
        return first and (first - self.fault.on_at).total_seconds()

    @property
    def closed_s(self) -> float | None:
        """From the switch back to the end of its last incident; None while one is open."""
        ends = [one.closed_at for one in self.incidents]
        known = [end for end in ends if end is not None]
        return (max(known) - self.fault.off_at).total_seconds() if known and len(known) == len(ends) else None

    @property
    def named_right(self) -> bool:
        """Whether step and layer are those of the golden table."""
        case = self.fault.case
        told = [(one.cause.step.split()[0], one.cause.layer) for one in self.incidents]
        return all(one == (case.step, case.layer) for one in told)


@dataclass(frozen=True)
class Matched:
    """All faults with what became of them, and the incidents of no fault, the robot's own apart."""

    met: tuple[Met, ...]
    false: tuple[Incident, ...]
    robots: tuple[Incident, ...]

    @property
    def harmful(self) -> list[Met]:
        """Those that were to become an incident."""
        return [one for one in self.met if one.fault.harmful]

    @property
    def missed(self) -> list[Met]:
        """Those that became none."""
        return [one for one in self.harmful if not one.incidents]

    @property
    def doubled(self) -> list[Met]:
        """Those that became more than one."""
        return [one for one in self.harmful if len(one.incidents) > 1]


def matched(faults: Sequence[Injected], incidents: Sequence[Incident]) -> Matched:
    """Hold *incidents* against *faults*: each belongs to the latest fault that was on at its door when it opened."""
    own: dict[str, Injected] = {}
    for one in incidents:
        if fits := [fault for fault in faults if _fits(fault, one)]:
            own[one.id] = max(fits, key=lambda fault: fault.on_at)
    met = tuple(Met(fault, tuple(one for one in incidents if own.get(one.id) is fault)) for fault in faults)
    left = [one for one in incidents if one.id not in own]
    robots = tuple(one for one in left if one.cause.kind is Kind.ROBOT)
    return Matched(met, tuple(one for one in left if one.cause.kind is Kind.CHANNEL), robots)


def _fits(fault: Injected, incident: Incident) -> bool:
    at_its_door = incident.cause.channels == (fault.case.door,)
    of_its_kind = incident.cause.kind is (Kind.ROBOT if fault.case.outcome == "error" else Kind.CHANNEL)
    return fault.harmful and at_its_door and of_its_kind and fault.on_at <= incident.opened_at <= fault.off_at + LATE
