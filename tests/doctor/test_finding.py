"""Checks are made one after another, and none keeps the others from being made."""

from __future__ import annotations

import pytest

from prober.doctor.checks import CHECKS
from prober.doctor.finding import Check, Finding, Level, Patient, broken, examine, good, warning, worst


async def all_of(checks, patient):
    return [finding async for _, finding in examine(checks, patient)]


async def test_a_check_that_stumbles_says_so(patient_of):
    """What it raises is a finding of its own, and the next check is made."""

    def stumbles(_):
        raise ZeroDivisionError("division by zero")

    async def is_well(_):
        return good("well")

    found = await all_of([Check("g", "first", stumbles), Check("g", "second", is_well)], Patient())
    assert [one.level for one in found] == [Level.BROKEN, Level.GOOD]
    assert found[0].what == "first: the check itself stumbled (ZeroDivisionError: division by zero)"
    assert found[0].cure


async def test_offline_asks_no_other_machine(patient_of):
    """A check that reaches out is left out, and that is said; where nothing names a machine, it is no check."""
    reaching = Check("g", "server", lambda _: good("asked"), needs="sms", reaches_out=True)
    (found,) = await all_of([reaching], patient_of("channels: {sms: {}}", offline=True))
    assert (found.level, found.what) == (Level.SKIPPED, "server: not looked at (--offline)")
    (found,) = await all_of([reaching], patient_of("channels: {sms: {}}"))
    assert found.what == "asked"
    assert await all_of([reaching], Patient(channels={"sms": None})) == []


async def test_what_is_not_set_up_is_not_looked_at(patient_of):
    """Nobody who probes by web alone is asked for a telephone."""
    begun = []
    web = patient_of("channels: {web: {}}")
    checks = [Check("g", need, lambda _: good(""), needs=need) for need in ("ivr", "web", "settings")]
    async for _ in examine(checks, web, begun.append):
        pass
    assert [check.name for check in begun] == ["web", "settings"]


@pytest.mark.parametrize(
    ("findings", "level"),
    [
        ([], Level.GOOD),
        ([good("")], Level.GOOD),
        ([good(""), warning("", "")], Level.WARNING),
        ([broken("", ""), warning("", "")], Level.BROKEN),
        ([Finding(Level.SKIPPED, "")], Level.GOOD),
    ],
)
def test_the_worst_counts(findings, level):
    """One broken thing is enough; what was not looked at is no fault."""
    assert worst(findings) is level


def test_groups_stand_together():
    """A heading is printed once: checks of one group follow each other, and no two have one name."""
    groups = [check.group for check in CHECKS]
    assert list(dict.fromkeys(groups)) == [one for at, one in enumerate(groups) if one != groups[at - 1]]
    assert len({check.name for check in CHECKS}) == len(CHECKS)
