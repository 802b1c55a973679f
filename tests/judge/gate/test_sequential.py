"""The test that may be looked at any time."""

from __future__ import annotations

import numpy as np
import pytest

from prober.judge.gate.sequential import Bet, evidence


def test_nothing_seen_is_no_evidence() -> None:
    """A bet begins at one, and none at all is worth nothing."""
    assert Bet(0.1).log_value == pytest.approx(0.0)
    assert evidence([Bet(0.1), Bet(0.5)]) == pytest.approx(1.0)
    assert evidence([]) == 0.0


def test_a_bet_is_the_mean_likelihood_ratio() -> None:
    """One hit is worth the mean of share / allowed above *allowed*, one miss that of (1 − share) / (1 − allowed)."""
    assert np.exp(Bet(0.2).seen(True).log_value) == pytest.approx(0.6 / 0.2, rel=1e-3)
    assert np.exp(Bet(0.2).seen(False).log_value) == pytest.approx(0.4 / 0.8, rel=1e-3)


def test_a_bet_cannot_be_expected_to_grow() -> None:
    """At the allowed share the bet after one more run is worth on the average what it was; under it, less."""
    for bet in (Bet(0.06), Bet(0.06, 3, 20), Bet(0.5, 40, 60)):
        hit, miss = np.exp(bet.seen(True).log_value), np.exp(bet.seen(False).log_value)
        assert bet.allowed * hit + (1 - bet.allowed) * miss == pytest.approx(np.exp(bet.log_value))
        assert 0.5 * bet.allowed * hit + (1 - 0.5 * bet.allowed) * miss < np.exp(bet.log_value)


def test_looking_after_every_run_keeps_the_error() -> None:
    """Of 2,000 channels as bad as is allowed, one in a hundred at most is stopped in 200 looks."""
    chance = np.random.default_rng(5)
    stopped = 0
    for hits in chance.random((2000, 200)) < 0.1:
        so_far = np.cumsum(hits)
        looks = (Bet(0.1, int(so_far[n - 1]), n).log_value for n in range(5, 201, 5))
        stopped += any(value >= np.log(100) for value in looks)
    assert stopped <= 20


def test_a_dead_channel_is_found_in_a_few_runs() -> None:
    """Two failures in a row, where one of twenty may fail, are proof; beside four bets that saw nothing, three are."""
    assert evidence([Bet(0.05, 1, 1)]) < 100 <= evidence([Bet(0.05, 2, 2)])
    others = [Bet(0.5)] * 4
    assert evidence([Bet(0.05, 2, 2), *others]) < 100 <= evidence([Bet(0.05, 3, 3), *others])


def test_evidence_stays_a_number() -> None:
    """However long a dead channel is watched."""
    assert np.isfinite(evidence([Bet(0.05, 100_000, 100_000), Bet(0.5)]))
