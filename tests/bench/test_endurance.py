"""The parts of the bench of endurance: whatever is lost without the right reason is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scripts.benches.breaking.carriers import Broken, Moment, Planned, What
from scripts.benches.breaking.losses import Losses, Played
from scripts.benches.endurance import FULL, QUICK, Form, planned

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DIED = "the line process died (signal 6, SIGABRT)"
AWAY = "the registrar 127.0.0.1:5060 did not answer within 8 s"


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def run(began_s: float, ended_s: float, outcome: str = "passed", reason: str = "") -> Played:
    return Played(f"run-{began_s:g}", after(began_s), after(ended_s), outcome, reason)


def broken(what: What, at_s: float, until_s: float) -> Broken:
    return Broken(Planned(1, what, Moment.TALKING), after(at_s), after(until_s))


def test_a_loss_is_that_of_what_was_broken_meanwhile() -> None:
    """It says so, and the next run that passes is when all is well again."""
    runs = [run(0, 2), run(3, 5, "error", DIED), run(6, 8), run(9, 17, "error", AWAY), run(18, 26, "error", AWAY)]
    losses = Losses([*runs, run(27, 30)], [broken(What.ASSERT, 4, 4.1), broken(What.REGISTRAR, 8.5, 28)])
    assert losses.lost == [runs[1], runs[3], runs[4]]
    assert (losses.uncaused, losses.unexplained, losses.costly) == ([], [], [])
    assert losses.well_again_s(What.ASSERT) == pytest.approx(3.9)
    assert losses.well_again_s(What.REGISTRAR) == pytest.approx(2)
    said = [(row[2], row[3], row[5]) for row in losses.table().rows]
    assert said == [(1, 1, DIED), (1, 2, AWAY)]


def test_a_loss_while_nothing_was_broken_is_found() -> None:
    """Its reason, whatever it is, can be none of ours."""
    lost = run(3, 5, "error", DIED)
    losses = Losses([lost], [broken(What.ASSERT, 2, 2.5)])
    assert (losses.uncaused, losses.unexplained) == ([lost], [lost])


def test_a_loss_that_does_not_say_what_was_broken_is_found() -> None:
    """Nothing said, or another thing."""
    silent, wrong = run(3, 5, "error"), run(6, 8, "failed", "ivr.dial 10086: no answer")
    losses = Losses([silent, wrong], [broken(What.REGISTRAR, 2, 9)])
    assert (losses.uncaused, losses.unexplained) == ([], [silent, wrong])


def test_an_assert_that_costs_two_calls_is_found() -> None:
    """A dead line process that is given to another run."""
    losses = Losses([run(3, 5, "error", DIED), run(5, 7, "error", DIED)], [broken(What.ASSERT, 4, 5.5)])
    assert len(losses.costly) == 1


def test_what_never_gets_well_again_has_no_time() -> None:
    """Nor has what was not broken."""
    losses = Losses([run(0, 1), run(3, 5, "error", DIED)], [broken(What.ASSERT, 4, 4.1)])
    assert losses.well_again_s(What.ASSERT) is None
    assert losses.well_again_s(What.REGISTRAR) is None


@pytest.mark.parametrize("form", [FULL, replace(FULL, calls=150), QUICK])
def test_all_breaks_within_the_middle_of_the_calls(form: Form) -> None:
    """Before it and after it, what is held is compared; each moment has its assert."""
    breaks = list(planned(form))
    assert [one.run for one in breaks] == sorted(one.run for one in breaks)
    assert all(0.25 * form.calls < one.run < 0.65 * form.calls for one in breaks)
    assert {one.moment for one in breaks if one.what is What.ASSERT} == set(Moment)
    assert breaks[-1].what is What.REGISTRAR
