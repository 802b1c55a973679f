"""
What confirmed failures make of incidents: which open, which a probe joins or leaves, which close.

    a result of the probe         its row, latest first              what changes
    ────────────────────────────  ─────────────────────────────────  ──────────────────────────────────────────────
    well, or another cause        `recover` passes in a row, runs    it leaves the incidents it fails in; one that
                                  counting in which the step of      nobody fails in any more closes
                                  an incident held
    failed, unconfirmed, error    fails in one of this cause         that goes on: its last failing run moves
                                  one of this cause is open, and     it joins that
                                  this failure is confirmed
                                  `after` confirmed ones in a row    one opens
    flaky                         –                                  nothing: it breaks both rows
    unasked, or in maintenance    –                                  nothing: it is not in the row

Of a cause one incident is open at most. A probe that fails for another cause stays in the incident of the first until
its runs come through the step of that, or another of its probes passes: else nobody saw that the first is over. An
error tells nothing of the channel, so it breaks none of its rows; a channel that fails was asked, which breaks a row of
errors.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice
from typing import Protocol

from prober.judge.attempts import FAILURES
from prober.model.incident import Cause, Kind, ProbeResult, Standing
from prober.model.probe import Watched


class Act(Enum):
    """What is to be done to an incident."""

    OPEN = "open"
    JOIN = "join"
    GO_ON = "go on"
    LEAVE = "leave"
    CLOSE = "close"


@dataclass(frozen=True)
class Decision:
    """One act; *incident_id* is None where a new one opens."""

    act: Act
    incident_id: str | None = None


@dataclass(frozen=True)
class OpenIncident:
    """What is open now, the names of the probes that fail in it, and of those that failed in it."""

    id: str
    cause: Cause
    failing: frozenset[str]
    recovered: frozenset[str] = frozenset()


class Seen(Protocol):
    """What else is known, and looked up where it matters only."""

    def held(self, result: ProbeResult, cause: Cause) -> bool:
        """Return whether the last run of *result*, a failure, came well through the step of *cause*."""
        ...

    def elsewhere(self, probe: str, cause: Cause) -> bool:
        """Return whether the latest result of *probe* is a failure of another cause than *cause*."""
        ...


def decide(
    watched: Watched, row: Sequence[ProbeResult], known: Iterable[OpenIncident], seen: Seen
) -> tuple[Decision, ...]:
    """
    Return what the latest result of a probe changes, in the order it is to be done.

    *row* is that result and those before it, the latest first, without what counts for nothing, since a person last
    closed an incident of the probe. *known* are the open incidents that it fails or failed in, and that of its cause.
    """
    latest, known = row[0], list(known)
    mine = [one for one in known if watched.name in one.failing | one.recovered and one.cause != latest.cause]
    recovered = tuple(act for one in mine for act in _recovery(watched, row, one, seen))
    if latest.standing in FAILURES and latest.cause is not None:
        return recovered + _failure(watched, row, latest.cause, known)
    return recovered


def settled(result: ProbeResult, open_causes: Collection[Cause]) -> ProbeResult:
    """Return *result* with the cause it counts for: of two that differ, the one that is open, else the last."""
    if result.first_cause is None or result.cause in open_causes or result.first_cause not in open_causes:
        return result
    return replace(result, cause=result.first_cause)


def _recovery(watched: Watched, row: Sequence[ProbeResult], one: OpenIncident, seen: Seen) -> Iterator[Decision]:
    passes = _passes(row, one.cause, seen)
    if next(islice(passes, watched.recover - 1, None), None) is None:
        return
    if watched.name in one.failing:
        yield Decision(Act.LEAVE, one.id)
    if all(seen.elsewhere(probe, one.cause) for probe in one.failing - {watched.name}):
        yield Decision(Act.CLOSE, one.id)


def _failure(
    watched: Watched, row: Sequence[ProbeResult], cause: Cause, known: Iterable[OpenIncident]
) -> tuple[Decision, ...]:
    its = next((one for one in known if one.cause == cause), None)
    elsewhere = any(watched.name in one.failing and one.cause.kind is cause.kind for one in known)
    confirmed = _confirmed(failing(row, cause.kind), same_cause=elsewhere)
    if its is not None and watched.name in its.failing:
        return (Decision(Act.GO_ON, its.id),)
    if its is not None:
        return (Decision(Act.JOIN, its.id),) if confirmed else ()
    return (Decision(Act.OPEN),) if confirmed >= watched.after else ()


def failing(row: Iterable[ProbeResult], kind: Kind) -> list[ProbeResult]:
    """Return the unbroken failures of *kind* that *row* begins with."""
    found = []
    for one in row:
        if one.standing is Standing.ERROR and kind is Kind.CHANNEL:
            continue
        if one.standing not in FAILURES or one.cause is None or one.cause.kind is not kind:
            break
        found.append(one)
    return found


def _confirmed(failures: Sequence[ProbeResult], *, same_cause: bool) -> int:
    """
    Count those that are confirmed: by a second attempt, or by another failure right before; 0 if the latest is not.

    *same_cause*: that other failure is to be of the same cause. So it is where the probe is known to fail already, for
    a run that is under way when one fault comes or goes may fail in yet another way.
    """
    before: list[ProbeResult | None] = [*failures[1:], None]
    confirmed = [
        one.standing is not Standing.UNCONFIRMED or (other is not None and (one.cause == other.cause or not same_cause))
        for one, other in zip(failures, before, strict=True)
    ]
    return sum(confirmed) if confirmed[0] else 0


def _passes(row: Iterable[ProbeResult], cause: Cause, seen: Seen) -> Iterator[ProbeResult]:
    """Yield the passes that *row* begins with; an error in between breaks none of the channel's."""
    for one in row:
        failed_elsewhere = one.standing in FAILURES and one.cause != cause
        if one.standing is Standing.WELL or (failed_elsewhere and seen.held(one, cause)):
            yield one
        elif not (one.standing is Standing.ERROR and cause.kind is Kind.CHANNEL):
            return
