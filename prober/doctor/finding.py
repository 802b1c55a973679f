"""What a check is, and what it may find."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from prober.errors import Problem
from prober.loading.config import Settings
from prober.model.prompt import PromptTable
from prober.model.scenario import Scenario


class Level(StrEnum):
    """How bad a finding is."""

    GOOD = "good"
    WARNING = "warning"
    BROKEN = "broken"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """One thing that was found: in words, and what to do where it is not good."""

    level: Level
    what: str
    cure: str = ""


def good(what: str) -> Finding:
    """Return that all is well with something."""
    return Finding(Level.GOOD, what)


def warning(what: str, cure: str) -> Finding:
    """Return what the robot can work with, and should not have to."""
    return Finding(Level.WARNING, what, cure)


def broken(what: str, cure: str) -> Finding:
    """Return what the robot needs, and lacks."""
    return Finding(Level.BROKEN, what, cure)


@dataclass(frozen=True)
class Patient:
    """
    What is looked over: this machine, and the workspace on it. *settings* is None where there is none, or a bad one.

    *channels* are the settings of each channel that is set up, or of a machine that is to have them all. *offline*
    keeps every check on this machine.
    """

    settings: Settings | None = None
    channels: Mapping[str, Any] = field(default_factory=dict)
    prompts: PromptTable | None = None
    scenarios: Sequence[Scenario] = ()
    problems: Sequence[Problem] = ()
    offline: bool = False


Found = Finding | Sequence[Finding]
Look = Callable[[Patient], Found | Awaitable[Found]]


@dataclass(frozen=True)
class Check:
    """
    One thing to look at. It is left out where what it *needs* (`settings`, or a channel) is not set up.

    One that *reaches_out* speaks to another machine, which settings are to name. A blocking *look* is called in a
    thread.
    """

    group: str
    name: str
    look: Look
    needs: str = ""
    reaches_out: bool = False

    def concerns(self, patient: Patient) -> bool:
        """Whether there is anything to look at."""
        if self.reaches_out and patient.settings is None:
            return False
        there = patient.settings is not None if self.needs == "settings" else self.needs in patient.channels
        return there or not self.needs


_LONGEST_S = 75.0
"""A browser that does not start says so after 60 s; nothing else takes so long."""


async def examine(
    checks: Sequence[Check], patient: Patient, begun: Callable[[Check], None] = lambda _: None
) -> AsyncIterator[tuple[Check, Finding]]:
    """
    Make each check that concerns *patient*, in order, and yield what it finds. *begun* hears of each at its start.

    A check that stumbles is a finding too: nothing it raises comes out of here.
    """
    for check in checks:
        if check.concerns(patient):
            begun(check)
            for finding in await _looked(check, patient):
                yield check, finding


async def _looked(check: Check, patient: Patient) -> Sequence[Finding]:
    if check.reaches_out and patient.offline:
        return [Finding(Level.SKIPPED, f"{check.name}: not looked at (--offline)")]
    try:
        async with asyncio.timeout(_LONGEST_S):
            found = await _looking(check, patient)
    except TimeoutError:
        return [broken(f"{check.name}: no answer in {_LONGEST_S:g} s", _OVERLOADED)]
    except Exception as exc:  # noqa: BLE001 - whatever a machine does to a check, the others are made
        said = f"{check.name}: the check itself stumbled ({type(exc).__name__}: {exc})"
        return [broken(said, "Look at what it says; where that is no help, report it as a mistake of prober.")]
    return [found] if isinstance(found, Finding) else found


async def _looking(check: Check, patient: Patient) -> Found:
    if asyncio.iscoroutinefunction(check.look):
        awaited: Found = await check.look(patient)
        return awaited
    looked = await asyncio.to_thread(check.look, patient)
    assert isinstance(looked, Finding | Sequence)  # noqa: S101 - what is not awaited is there
    return looked


_OVERLOADED = "Look at the load of this machine, then try again."


def worst(findings: Sequence[Finding]) -> Level:
    """Return the worst level of *findings*; good if there are none."""
    order = (Level.BROKEN, Level.WARNING)
    levels = {finding.level for finding in findings}
    return next((level for level in order if level in levels), Level.GOOD)
