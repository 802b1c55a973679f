"""Ratios of quantiles, and how sure they are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from prober.judge.gate.resampling import Control, further, least, ratio

CHANCE = np.random.default_rng(3)
BASE = np.exp(0.25 * CHANCE.standard_normal(120))
NEW = np.exp(0.25 * CHANCE.standard_normal(120))


@pytest.mark.parametrize("quantile", [0.5, 0.9])
def test_a_ratio_is_that_of_the_quantiles(quantile: float) -> None:
    """Its value is that of numpy's quantiles, and its bounds lie about it, the wider the surer."""
    found = ratio(NEW, BASE, quantile)
    assert found is not None
    assert found.value == pytest.approx(np.quantile(NEW, quantile) / np.quantile(BASE, quantile))
    assert found.bound(0.05) < found.value < found.bound(0.95) < found.bound(0.99)


def test_resamples_have_the_quantile_of_numpy() -> None:
    """Of samples in which every value is alike the ratio is the same in each resample."""
    found = ratio([3.0] * 60, [2.0] * 60, 0.9)
    assert found is not None
    assert found.resampled == pytest.approx(1.5)


def test_the_same_runs_give_the_same_answer() -> None:
    """No chance is left between two looks."""
    first, again = ratio(NEW, BASE, 0.9), ratio(NEW, BASE, 0.9)
    assert first is not None
    assert again is not None
    assert np.array_equal(first.resampled, again.resampled)


def test_neighbours_that_are_alike_prove_less() -> None:
    """As many runs of which twelve in a row are alike have wider bounds."""
    alone = ratio(np.sort(NEW)[CHANCE.permutation(120)], BASE, 0.5)
    alike = ratio(np.sort(NEW), BASE, 0.5)
    assert alone is not None
    assert alike is not None
    assert _width(alike.resampled) > 1.3 * _width(alone.resampled)


def _width(resampled: NDArray[np.float64]) -> float:
    return float(np.quantile(resampled, 0.95) - np.quantile(resampled, 0.05))


def test_a_slow_day_is_taken_out() -> None:
    """Where the control became slower by half as well, the item did not."""
    control = Control(new=[1.5 * took_s for took_s in BASE[::-1]], base=list(BASE))
    blamed, spared = ratio(1.5 * NEW, BASE, 0.5), ratio(1.5 * NEW, BASE, 0.5, control)
    assert blamed is not None
    assert spared is not None
    assert spared.value == pytest.approx(blamed.value / 1.5)
    assert spared.bound(0.97) / spared.value > blamed.bound(0.97) / blamed.value, "but it costs certainty"


def test_p_values_and_bounds_say_the_same() -> None:
    """What is above the limit with 99 % confidence has a p-value of a hundredth; far above it goes on falling."""
    found = ratio(NEW, BASE, 0.9)
    assert found is not None
    assert found.p_above(found.bound(0.01)) == pytest.approx(0.01, abs=0.002)
    assert found.p_above(0.75) < found.p_above(0.78) < 1 / found.resampled.size


def test_too_few_runs_tell_no_quantile() -> None:
    """Five latencies are to lie beyond it: 10 for a p50, 50 for a p90."""
    assert (least(0.5), least(0.9)) == (10, 50)
    assert ratio(NEW[:9], BASE, 0.5) is None
    assert ratio(NEW[:49], BASE, 0.9) is None
    assert ratio(NEW, BASE[:49], 0.9) is None


def test_further_runs_narrow_the_bound() -> None:
    """Four times the runs halve the distance; no number proves what is not so."""
    found = ratio(NEW, BASE, 0.9)
    assert found is not None
    wanted = found.value * (found.bound(0.97) / found.value) ** 0.5
    assert further(found, wanted, 0.97, 120) == pytest.approx(360, abs=2)
    assert further(found, found.value * 0.99, 0.97, 120) is None
