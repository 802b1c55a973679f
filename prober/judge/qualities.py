"""
The six qualities customers judge by, each graded 0..100 from what was measured. What is not known is None, never 0.

    quality             its parts, each with a score of 0..100
    ──────────────────  ──────────────────────────────────────────────────────────────────────────────────────────────
    simplicity          keys, clicks, messages, seconds: 100 within the budget, else 100 · budget / need
    reliability         the lower 95 % Wilson bound of the success rate
    comprehensibility   texts without jargon, texts short enough, prompts loud enough and short enough: shares;
                        the calls' estimated MOS, 1..4.41; the reviewers' scores, 1..5
    timeliness          Apdex
    stability           availability; the spread of latency: 100 where p95 is twice p50 at most, else 200 / (p95/p50)
    consistency         `same` steps that held, answers with the right content: shares

A quality is worth what its worst part is worth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import NormalDist, mean, median

from prober.judge import wording
from prober.judge.gate.proportions import Share, wilson
from prober.model.item import Budget
from prober.model.quality import Figure, Grade, Part, Quality
from prober.model.review import BEST, WORST
from prober.model.wording import Fault, Remark, Told, Wording

_CONFIDENCE = 0.95
_BEST_MOS = 4.41
"""G.711 without loss or delay."""
_LOUD_DBFS = (-36.0, -16.0)
"""Speech of a prompt: the nominal level of telephony, −26 dBov (ITU-T P.56), and 10 dB to either side."""
_CLIPPED = 0.001
_SPREAD = 2.0
_SHIFT = 1.5
"""What sigma levels are given with by custom: the drift of a process over long times."""


@dataclass(frozen=True)
class Need:
    """What a customer needed in one run that passed; None: its channel was not asked."""

    scenario: str
    keys: int | None = None
    clicks: int | None = None
    messages: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Heard:
    """A prompt as it was heard: its level, the share of clipped samples, and its length; None: not measured."""

    level_dbfs: float | None = None
    clipped: float | None = None
    length_s: float | None = None


def simplicity(needs: Sequence[Need], budget: Budget) -> Grade:
    """Return the grade of what customers needed, the median of each scenario, held against the *budget*."""
    parts = []
    for name in (field.name for field in fields(Budget)):
        by_scenario: dict[str, list[float]] = {}
        for need in needs:
            if (value := getattr(need, name)) is not None:
                by_scenario.setdefault(need.scenario, []).append(value)
        needed = max(map(median, by_scenario.values()), default=None)
        allowed = getattr(budget, name)
        if needed is not None:
            within = None if allowed is None else 100.0 if needed <= allowed else 100 * allowed / needed
            parts.append(Part(name, within, {"needed": needed, "budget": allowed}))
    return Grade(Quality.SIMPLICITY, tuple(parts))


def reliability(passed: int, n: int) -> Grade:
    """Return the grade of *passed* of *n*. Defects and sigma are of the bound as well: of what is sure."""
    if not n:
        return Grade(Quality.RELIABILITY)
    low = wilson(Share(passed, n), _CONFIDENCE)[0]
    sigma = NormalDist().inv_cdf(low) + _SHIFT if 0 < low < 1 else None
    figures = {"passed": passed, "n": n, "rate": passed / n, "low": low, "dpmo": 1e6 * (1 - low), "sigma": sigma}
    return Grade(Quality.RELIABILITY, (Part("success", 100 * low, figures),))


def comprehensibility(
    told: Sequence[Told],
    rules: Mapping[str, Wording],
    *,
    heard: Sequence[Heard] = (),
    mos: Sequence[float] = (),
    scores: Sequence[float] = (),
) -> Grade:
    """Return the grade of the texts that are *told*, the prompts that were *heard*, and reviewers' *scores*, 1..5."""
    faults = [(text, list(wording.remarks(text, rules))) for text in told]
    longest_s = max(
        (most.seconds for said in rules.values() for most in said.reading.values() if most.seconds), default=0
    )
    parts = [
        _clean("words", faults, lambda one: one.fault is Fault.JARGON),
        _clean("length", faults, lambda one: one.fault is not Fault.JARGON),
        _share("level", [_loud(one) for one in heard if one.level_dbfs is not None]),
        _share("speaking", [one.length_s <= longest_s for one in heard if one.length_s is not None and longest_s]),
    ]
    if mos:
        worth = 100 * min(1.0, (mean(mos) - 1) / (_BEST_MOS - 1))
        parts.append(Part("listening", worth, {"mos": mean(mos), "calls": len(mos)}))
    if scores:
        worth = 100 * (mean(scores) - WORST) / (BEST - WORST)
        parts.append(Part("reviewers", worth, {"score": mean(scores), "reviews": len(scores)}))
    return Grade(Quality.COMPREHENSIBILITY, tuple(part for part in parts if part is not None))


def timeliness(satisfied: int, tolerating: int, frustrated: int) -> Grade:
    """Return the grade of answers within `warn`, within `within`, and later or wrong. Source: Apdex 1.1."""
    n = satisfied + tolerating + frustrated
    if not n:
        return Grade(Quality.TIMELINESS)
    apdex = (satisfied + tolerating / 2) / n
    figures = {"apdex": apdex, "satisfied": satisfied, "tolerating": tolerating, "frustrated": frustrated}
    return Grade(Quality.TIMELINESS, (Part("apdex", 100 * apdex, figures),))


def stability(
    *,
    availability: float | None = None,
    incidents: int | None = None,
    window_s: float = 0.0,
    p50_s: float | None = None,
    p95_s: float | None = None,
) -> Grade:
    """Return the grade of how available it was, 0..1, and of how far its latencies spread; *incidents* inform."""
    parts = []
    if availability is not None or incidents is not None:
        between = window_s / incidents if incidents else None
        figures = {"availability": availability, "incidents": incidents, "between_s": between}
        parts.append(Part("availability", None if availability is None else 100 * availability, figures))
    if p50_s and p95_s:
        spread = p95_s / p50_s
        parts.append(
            Part("spread", min(100.0, 100 * _SPREAD / spread), {"ratio": spread, "p50_s": p50_s, "p95_s": p95_s})
        )
    return Grade(Quality.STABILITY, tuple(parts))


def consistency(*, equal: Sequence[bool], right: Sequence[bool]) -> Grade:
    """Return the grade of the `same` steps that held, and of the answers that had the right content."""
    parts = (_share("same", equal), _share("content", right))
    return Grade(Quality.CONSISTENCY, tuple(part for part in parts if part is not None))


def _loud(heard: Heard) -> bool:
    low, high = _LOUD_DBFS
    return heard.level_dbfs is not None and low <= heard.level_dbfs <= high and (heard.clipped or 0.0) <= _CLIPPED


def _share(name: str, held: Sequence[bool]) -> Part | None:
    return Part(name, 100 * sum(held) / len(held), {"held": sum(held), "n": len(held)}) if held else None


def _clean(name: str, faults: Iterable[tuple[Told, list[Remark]]], wrong: Callable[[Remark], bool]) -> Part | None:
    """Return the share of texts of which nothing *wrong* is said, with what is."""
    of_each = [[one for one in found if wrong(one)] for _, found in faults]
    if not of_each:
        return None
    figures: dict[str, Figure] = {"held": sum(not found for found in of_each), "n": len(of_each)}
    said = "; ".join(_said(one) for found in of_each for one in found)
    return Part(name, 100 * sum(not found for found in of_each) / len(of_each), figures | {"remarks": said or None})


def _said(remark: Remark) -> str:
    where = f"{remark.told.channel} {remark.told.where}"
    match remark.fault:
        case Fault.JARGON:
            return f"{where}: {remark.what} → {remark.instead}"
        case Fault.CHOICES:
            return f"{where}: {remark.have} choices, {remark.most} at most"
        case Fault.WHOLE:
            return f"{where}: {remark.have} long, {remark.most} at most"
        case Fault.SENTENCE:
            return f"{where}: ‘{remark.what}’ is {remark.have} long, {remark.most} at most"
