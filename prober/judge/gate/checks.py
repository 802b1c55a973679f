"""What the gate looks at, each with what it proves, or how many more runs would prove it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from prober.judge.gate import proportions, resampling
from prober.judge.gate.proportions import Share
from prober.judge.gate.resampling import Control, Latencies
from prober.model.item import Sample, Terms
from prober.model.verdict import Ground

Figures = Mapping[str, float | str | None]

CONFIDENCE = 0.95
"""One-sided, of every bound on a share. GO needs all of them at once, so none need be corrected for the others."""
RATIO_CONFIDENCE = 0.97
"""Of bounds on ratios: a percentile bootstrap of a p90 holds less often than it says, at 100 runs by two points."""
_ENOUGH = 25
"""Latencies on each side from which on a ratio can be proved wrong: of fewer, resamples know too little."""


@dataclass(frozen=True)
class Check:
    """
    One thing that was looked at: whether it is *proved* well, and the p-value of its being well.

    *needed* is how many more runs would prove it, None where no number would. *binds*: there is no GO without it.
    """

    ground: Ground
    scenario: str = ""
    about: str = ""
    figures: Figures = field(default_factory=dict)
    proved: bool = False
    p_well: float = 1.0
    needed: int | None = None
    runs: tuple[str, ...] = ()
    binds: bool = True


def of_success(sample: Sample, terms: Terms) -> Check:
    """Return whether enough runs pass."""
    found = _of_share(Ground.SUCCESS, sample, Share(sample.passed, sample.n), terms.success)
    return replace(found, runs=sample.failed)


def of_steps(sample: Sample, terms: Terms) -> Iterator[Check]:
    """Yield for each step with a limit whether enough of its plays come within it."""
    for step in sample.steps:
        if step.limit_s is not None:
            found = _of_share(Ground.IN_TIME, sample, Share(step.in_limit, step.asked), terms.in_time)
            yield replace(found, about=step.name, figures={**found.figures, "limit_s": step.limit_s})


def _of_share(ground: Ground, sample: Sample, share: Share, floor: float) -> Check:
    low, high = proportions.wilson(share, CONFIDENCE)
    return Check(
        ground,
        sample.scenario,
        figures={"hits": share.hits, "n": share.n, "share": share.value, "low": low, "high": high, "floor": floor},
        proved=low >= floor,
        p_well=proportions.p_below(share, floor),
        needed=0 if low >= floor else proportions.further(share, floor, CONFIDENCE),
    )


def of_regression(sample: Sample, base: Sample, terms: Terms) -> Check:
    """Return whether as many runs pass as in the baseline, but for the margin."""
    new, old = Share(sample.passed, sample.n), Share(base.passed, base.n)
    low, high = proportions.newcombe(new, old, CONFIDENCE)
    difference = None if new.value is None or old.value is None else new.value - old.value
    figures: Figures = {"hits": new.hits, "n": new.n, "base_hits": old.hits, "base_n": old.n}
    return Check(
        Ground.REGRESSION,
        sample.scenario,
        figures={**figures, "difference": difference, "low": low, "high": high, "margin": terms.margin},
        proved=low >= -terms.margin,
        p_well=proportions.p_worse(new, old, terms.margin),
        needed=0 if low >= -terms.margin else _further(new, old, terms.margin),
        runs=sample.failed,
    )


def _further(new: Share, old: Share, margin: float) -> int | None:
    """Return how many more runs, at the share seen so far, would show that *new* is as good as *old*."""
    if new.value is None or old.value is None:
        return None if old.value is None else resampling.least(0.9)
    for more in range(5, 2000, 5):
        grown = Share(round(new.value * (new.n + more)), new.n + more)
        if proportions.newcombe(grown, old, CONFIDENCE)[0] >= -margin:
            return more
    return None


def of_latency(sample: Sample, base: Sample, terms: Terms, control: Mapping[str, Control]) -> Iterator[Check]:
    """Yield for each channel whether its part of the journey takes as long as in the baseline, but for the margins."""
    for channel, base_s in base.journeys.items():
        new_s = sample.journeys.get(channel, ())
        for found in _of_ratios(new_s, base_s, terms, control.get(channel)):
            yield replace(found, scenario=sample.scenario, about=channel)


def of_step_latency(sample: Sample, base: Sample, terms: Terms, control: Mapping[str, Control]) -> Iterator[Check]:
    """Yield the same of each step. At eight steps one of ten well items would fail one: so they bind nobody."""
    before = {(step.channel, step.name): step.took_s for step in base.steps}
    for step in sample.steps:
        base_s = before.get((step.channel, step.name), ())
        for found in _of_ratios(step.took_s, base_s, terms, control.get(step.channel)):
            if found.figures["ratio"] is not None:
                check = replace(found, scenario=sample.scenario, about=step.name)
                yield replace(check, ground=Ground.STEP_LATENCY, binds=False)


def _of_ratios(new_s: Latencies, base_s: Latencies, terms: Terms, control: Control | None) -> Iterator[Check]:
    for quantile, limit in ((0.5, terms.p50_ratio), (0.9, terms.p90_ratio)):
        least = resampling.least(quantile)
        check = Check(
            Ground.LATENCY,
            figures={"quantile": quantile, "limit": limit, "n": len(new_s), "base_n": len(base_s), "ratio": None},
            needed=None if len(base_s) < least else max(0, least - len(new_s)),
        )
        if found := resampling.ratio(new_s, base_s, quantile, control):
            bound = found.bound(RATIO_CONFIDENCE)
            controlled = control is not None and min(len(control.new), len(control.base)) >= least
            check = replace(
                check,
                figures={**check.figures, "ratio": found.value, "bound": bound, "controlled": controlled},
                proved=bound < limit,
                p_well=found.p_above(limit) if min(len(new_s), len(base_s)) >= _ENOUGH else 1.0,
                needed=resampling.further(found, limit, RATIO_CONFIDENCE, len(new_s)) if bound >= limit else 0,
            )
        yield check
