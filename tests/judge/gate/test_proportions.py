"""Shares and their bounds, against published figures and against each other."""

from __future__ import annotations

import pytest

from prober.judge.gate.proportions import Share, flawless, further, newcombe, p_below, p_worse, wilson


def test_bounds_are_those_of_the_literature() -> None:
    """Both intervals have the figures of Newcombe's papers of 1998: of 81 of 263, and 56 of 70 against 48 of 80."""
    assert wilson(Share(81, 263), 0.975) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert newcombe(Share(56, 70), Share(48, 80), 0.975) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_nothing_proves_nothing() -> None:
    """A share of nothing has no value, and every bound leaves everything open."""
    nothing = Share(0, 0)
    assert nothing.value is None
    assert wilson(nothing, 0.95) == (0.0, 1.0)
    assert newcombe(nothing, Share(5, 5), 0.95) == (-1.0, 1.0)
    assert p_below(nothing, 0.9) == 1.0


@pytest.mark.parametrize("floor", [0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
def test_so_many_flawless_runs_reach_a_floor(floor: float) -> None:
    """That many runs without a failure prove the floor, one less does not."""
    runs = flawless(floor, 0.95)
    assert runs is not None
    assert wilson(Share(runs, runs), 0.95)[0] >= floor
    assert runs == 1 or wilson(Share(runs - 1, runs - 1), 0.95)[0] < floor


def test_the_default_floor_takes_25_runs() -> None:
    """0.90 is reached by 25 flawless runs; all of them by none."""
    assert flawless(0.90, 0.95) == 25
    assert flawless(1.0, 0.95) is None


def test_further_runs_at_the_same_share_reach_the_floor() -> None:
    """The number told is enough, and about the least that is."""
    share = Share(96, 100)
    assert further(share, 0.9, 0.95) == 0
    more = further(Share(24, 25), 0.9, 0.95)
    assert more is not None
    assert wilson(Share(int(0.96 * (25 + more)), 25 + more), 0.95)[0] >= 0.9
    assert wilson(Share(int(0.96 * (15 + more)), 15 + more), 0.95)[0] < 0.9
    assert further(Share(10, 10), 0.9, 0.95) == 15


def test_no_number_of_runs_proves_what_is_not_so() -> None:
    """At a share under the floor, or on it, more of the same prove nothing."""
    assert further(Share(80, 100), 0.9, 0.95) is None
    assert further(Share(90, 100), 0.9, 0.95) is None


def test_p_values_are_exact() -> None:
    """As the binomial distribution has them: one failure of one run proves nothing, two of two hardly anything."""
    assert p_below(Share(0, 1), 0.9) == pytest.approx(0.1)
    assert p_below(Share(0, 2), 0.9) == pytest.approx(0.01)
    assert p_below(Share(3, 5), 0.9) == pytest.approx(0.08146)
    assert p_below(Share(8_500, 10_000), 0.9) < 1e-50


@pytest.mark.parametrize("share", [Share(80, 100), Share(150, 200)])
def test_p_values_and_bounds_say_the_same(share: Share) -> None:
    """Of many runs the p-value of a confidence's upper bound is about what that leaves, and the exact one no less."""
    assert 0.025 < p_below(share, wilson(share, 0.975)[1]) < 0.045
    base = Share(98, 100)
    assert p_worse(share, base, -newcombe(share, base, 0.975)[1]) == pytest.approx(0.025, abs=1e-6)


def test_a_single_run_is_not_worse_than_a_baseline() -> None:
    """It may fail of any item; three in a row do not."""
    assert p_worse(Share(0, 1), Share(99, 100), 0.05) > 0.05
    assert p_worse(Share(0, 3), Share(99, 100), 0.05) < 0.001


def test_what_is_no_worse_has_a_p_value_of_one() -> None:
    """Nothing speaks against a side that is as good as the other."""
    assert p_worse(Share(99, 100), Share(99, 100), 0.05) == 1.0
    assert p_below(Share(100, 100), 1.0) == 1.0
    assert p_below(Share(99, 100), 1.0) == 0.0
