"""The watch after a launch: run by run against the baseline, and stopped as soon as it is proved to be worse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from prober.judge.attempts import of_run
from prober.judge.gate import proportions, resampling, sequential, words
from prober.judge.gate.proportions import Share
from prober.judge.gate.sampling import journey_of
from prober.judge.gate.sequential import Bet
from prober.model.item import Sample, Terms
from prober.model.run import Outcome, Run
from prober.model.verdict import Decision, Ground, Reason

ALPHA = 0.01
"""How often the launch of an item that is as good as before is stopped, however often one looks."""


@dataclass(frozen=True)
class Count:
    """One thing that is counted: runs that fail (no *channel*), or of which a channel takes longer than *limit_s*."""

    bet: Bet
    channel: str = ""
    limit_s: float = 0.0
    quantile: float = 0.0

    def seen(self, run: Run) -> Count:
        """Return the count after *run*, which asked."""
        if not self.channel:
            return replace(self, bet=self.bet.seen(run.outcome is Outcome.FAILED))
        took_s = journey_of(run).get(self.channel)
        if run.outcome is Outcome.FAILED or not took_s:
            return self
        return replace(self, bet=self.bet.seen(took_s > self.limit_s))


@dataclass(frozen=True)
class Look:
    """One *run* of a launch: when it ended and how, and how much spoke against the item after it."""

    run: str
    scenario: str
    at: datetime
    outcome: Outcome | None
    evidence: float


@dataclass(frozen=True)
class Watch:
    """What was seen of an item since its launch; *counts* are by scenario."""

    counts: Mapping[str, tuple[Count, ...]]

    def seen(self, run: Run) -> Watch:
        """Return the watch after *run*. One that could not ask, or of another scenario, changes nothing."""
        if of_run(run) in {None, Outcome.ERROR} or run.scenario not in self.counts:
            return self
        ours = tuple(count.seen(run) for count in self.counts[run.scenario])
        return Watch({**self.counts, run.scenario: ours})

    @property
    def evidence(self) -> float:
        """How much speaks against the item: 1/ALPHA and more stop its launch."""
        return sequential.evidence(count.bet for counts in self.counts.values() for count in counts)

    @property
    def stops(self) -> bool:
        """Whether it is proved to be worse than its baseline."""
        return self.evidence >= 1 / ALPHA

    @property
    def worst(self) -> tuple[str, Count]:
        """The scenario and the count that speak most against it."""
        every = [(name, count) for name, counts in self.counts.items() for count in counts]
        return max(every, key=lambda one: one[1].bet.log_value)


def watch(samples: Mapping[str, Sample], terms: Terms) -> Watch:
    """
    Return the watch over the scenarios of which there are *samples* in the baseline, before any run.

    As many may fail as did then and the margin, half of the journeys may take longer than the p50 by its ratio, a tenth
    longer than the p90 by its own. A run is taken to be as likely to fail, or be slow, whatever those before it did;
    `scripts/bench gate` says how often neighbours that are alike break that.
    """
    return Watch({name: tuple(_counts(sample, terms)) for name, sample in samples.items()})


def _counts(base: Sample, terms: Terms) -> Iterator[Count]:
    failed = Share(base.n - base.passed, base.n)
    allowed = max((failed.value or 0.0) + terms.margin, proportions.wilson(failed, 0.95)[1])
    yield Count(Bet(min(allowed, 0.99)))
    for channel, took_s in base.journeys.items():
        for quantile, ratio in ((0.5, terms.p50_ratio), (0.9, terms.p90_ratio)):
            if len(took_s) >= resampling.least(quantile):
                limit_s = ratio * float(np.quantile(took_s, quantile))
                yield Count(Bet(1 - quantile), channel, limit_s, quantile)


def reason(watched: Watch) -> Reason:
    """Return what *watched* says as a reason: NO_GO where it stops, GO where it saw enough, with its worst count."""
    seen = sum(count.bet.n for counts in watched.counts.values() for count in counts)
    if not seen:
        return words.told(Reason(Ground.WATCH, Decision.INCONCLUSIVE, "", needed=None))
    scenario, worst = watched.worst
    figures = {
        "evidence": min(watched.evidence, 1e9),
        "enough": 1 / ALPHA,
        "hits": worst.bet.hits,
        "n": worst.bet.n,
        "allowed": worst.bet.allowed,
        "limit_s": worst.limit_s or None,
    }
    decision = Decision.NO_GO if watched.stops else Decision.GO
    return words.told(Reason(Ground.WATCH, decision, "", scenario, worst.channel, figures))
