"""How good a call's sound can have been: the E-model's estimate from what RTP counted."""

from __future__ import annotations

import math

BEST_R = 93.2
"""All of G.107's defaults."""
PACKET_LOSS_ROBUSTNESS = 25.1
"""Bpl of G.711 with concealment; its Ie is 0.  Source: G.113 appendix I."""


def delay_impairment(one_way_s: float) -> float:
    """Return Id: 0 up to 100 ms, then G.107's Idd."""
    if one_way_s <= 0.1:
        return 0.0
    x = math.log2(one_way_s / 0.1)
    return float(25 * ((1 + x**6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2))


def estimated_mos(*, received: int, missing: int, one_way_s: float = 0.0) -> float | None:
    """
    Return the estimated listening quality, 1..4.5; None where nothing was received.

    *missing*: packets lost, at random, or too late to be played.  Source: ITU-T G.107, for G.711 with concealment.
    """
    if received <= 0:
        return None
    missing = max(missing, 0)
    loss_percent = 100 * missing / (received + missing)
    equipment = 95 * loss_percent / (loss_percent + PACKET_LOSS_ROBUSTNESS)
    return mos_of_r(BEST_R - delay_impairment(one_way_s) - equipment)


def mos_of_r(r: float) -> float:
    """Return the mean opinion score of a rating R, within 1..4.5.  Source: ITU-T G.107 annex B."""
    if r <= 0:
        return 1.0
    if r >= 100:
        return 4.5
    return min(max(1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r), 1.0), 4.5)
