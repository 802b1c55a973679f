"""The E-model's estimate."""

from __future__ import annotations

import pytest

from prober.channels.ivr.quality import delay_impairment, estimated_mos, mos_of_r


@pytest.mark.parametrize(
    ("loss_percent", "mos"),
    [(0, 4.36), (1, 4.26), (3, 4.05), (5, 3.82), (10, 3.29)],
)
def test_loss_lowers_the_estimate_as_published(loss_percent, mos):
    """G.711 with concealment, as published for 100 ms of delay; its small echo term is left out here."""
    estimated = estimated_mos(received=100 - loss_percent, missing=loss_percent)
    assert estimated is not None
    assert 0 < estimated - mos < 0.13


def test_a_clean_call_without_delay_is_4_41():
    """The best that G.711 can be."""
    assert estimated_mos(received=1000, missing=0) == pytest.approx(4.41, abs=0.005)


def test_nothing_received_has_no_quality():
    """No packet, no figure."""
    assert estimated_mos(received=0, missing=0) is None
    assert estimated_mos(received=0, missing=500) is None


@pytest.mark.parametrize(("one_way_s", "impairment"), [(0.0, 0.0), (0.1, 0.0), (0.2, 3.0), (0.3, 14.7), (0.4, 24.0)])
def test_delay_impairs_from_100_ms_on(one_way_s, impairment):
    """The curve of G.107, whose knee lies between 150 and 300 ms."""
    assert delay_impairment(one_way_s) == pytest.approx(impairment, abs=1.0)


@pytest.mark.parametrize(
    ("r", "mos"), [(-5, 1.0), (0, 1.0), (50, 2.58), (60, 3.10), (70, 3.60), (80, 4.03), (90, 4.34), (120, 4.5)]
)
def test_ratings_become_scores_as_in_the_standards_table(r, mos):
    """Table B.1 of G.107."""
    assert mos_of_r(r) == pytest.approx(mos, abs=0.01)
