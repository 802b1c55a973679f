"""Items' baselines and verdicts as rows, and rows as them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping

from prober.model.item import Baseline, PhaseChange, Sample, StepSample
from prober.model.run import Phase
from prober.model.verdict import Decision, Ground, Reason, Verdict
from prober.store.types import plain


def of_baseline(baseline: Baseline) -> dict[str, Any]:
    """Return the row of *baseline*."""
    samples = {name: asdict(sample) for name, sample in baseline.samples.items()}
    return asdict(baseline) | {"phase": str(baseline.phase), "samples": plain(samples)}


def baseline_of(row: RowMapping) -> Baseline:
    """Return the baseline of a row."""
    samples = {name: _sample(kept) for name, kept in row["samples"].items()}
    return Baseline(**(dict(row) | {"phase": Phase(row["phase"]), "samples": samples}))


def of_verdict(verdict: Verdict) -> dict[str, Any]:
    """Return the row of *verdict*."""
    words = {"phase": str(verdict.phase), "decision": str(verdict.decision)}
    return asdict(verdict) | words | {"reasons": plain(asdict(verdict)["reasons"]), "runs": list(verdict.runs)}


def verdict_of(row: RowMapping) -> Verdict:
    """Return the verdict of a row."""
    kept = {name: value for name, value in row.items() if name != "id"}
    reasons = tuple(_reason(one) for one in row["reasons"])
    words = {"phase": Phase(row["phase"]), "decision": Decision(row["decision"])}
    return Verdict(**(kept | words | {"reasons": reasons, "runs": tuple(row["runs"])}))


def change_of(row: RowMapping) -> PhaseChange:
    """Return the change of phase of a row."""
    return PhaseChange(row["item"], Phase(row["phase"]), row["at"], row["by"], row["why"])


def _sample(kept: Mapping[str, Any]) -> Sample:
    steps = tuple(StepSample(**(step | {"took_s": tuple(step["took_s"])})) for step in kept["steps"])
    journeys = {channel: tuple(took_s) for channel, took_s in kept["journeys"].items()}
    lists = {name: tuple(kept[name]) for name in ("failed", "unequal", "hours")}
    return Sample(**(dict(kept) | lists | {"steps": steps, "journeys": journeys}))


def _reason(kept: Mapping[str, Any]) -> Reason:
    words = {"ground": Ground(kept["ground"]), "decision": Decision(kept["decision"]), "runs": tuple(kept["runs"])}
    return Reason(**(dict(kept) | words))
