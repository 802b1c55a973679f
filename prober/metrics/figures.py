"""What the robot counts: it hears of every run, and is told the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from prober.metrics import table
from prober.metrics.exposition import OTHER, Distribution, Family, Number, exposition
from prober.metrics.table import Metric, Type
from prober.model.incident import Incident, Kind
from prober.model.probe import Missed, Probe, Severity, Start
from prober.model.run import Outcome, Run, StepResult, told_apart
from prober.model.scenario import Step


class Figures:
    """
    Counts what it is told, and writes it as Prometheus reads it. It is a runner's Sink, and never fails a run.

    It is told on the loop; `exposition` may be called on any thread. Every gauge without a value is absent, or 0 where
    it has no labels.
    """

    def __init__(self) -> None:
        self._numbers = {
            one: Family(one, Number, self._capped) for one in table.TABLE if one.type is not Type.HISTOGRAM
        }
        self._distributions = {
            one: Family(one, Distribution, self._capped) for one in table.TABLE if one.type is Type.HISTOGRAM
        }
        self._under_way: dict[str, str] = {}
        self._told_from_0: set[tuple[str, str, str]] = set()
        for reason in Missed:
            self.count(table.MISSED, reason.name.lower(), by=0)

    async def run_started(self, run: Run) -> None:
        """Count it as under way."""
        # By its probe, whose runs never overlap: one whose end was not told, for the store broke, is forgotten then.
        self._under_way[run.probe or run.id] = run.id
        self.set(table.UNDER_WAY, len(self._under_way))

    async def step_started(self, run: Run, index: int, step: Step) -> None:
        """Tell from 0 on how it may end: as it should, or broken where it answers for itself."""
        for outcome, layer in ((Outcome.PASSED, ""), (Outcome.FAILED, step.layer)):
            self.count(table.STEPS, step.action.channel, step.action.verb, outcome, layer, by=0)

    async def step_finished(self, run: Run, result: StepResult) -> None:
        """Count the step, and what it took if it got the right answer."""
        layer = result.layer or ""
        self.count(table.STEPS, result.channel, result.verb, result.outcome, layer)
        if result.took_s is not None and _answered(result, result.took_s):
            *_, name = told_apart([*(step.name for step in run.steps[: result.index]), result.name])
            labels = (run.scenario, name, result.channel, result.verb)
            self.observe(table.STEP, result.took_s, *labels, run_id=run.id)

    async def run_finished(self, run: Run) -> None:
        """Count the run."""
        self._under_way.pop(run.probe or run.id, None)
        self.set(table.UNDER_WAY, len(self._under_way))
        outcome = run.outcome or ""
        self.count(table.RUNS, run.scenario, run.item or "", run.probe or "", outcome, str(run.attempt))
        self.observe(table.WAITED, run.waited_s)
        if run.probe and run.ended_at and run.outcome is not Outcome.SKIPPED:
            self.set(table.LAST_RUN, run.ended_at.timestamp(), run.probe)

    def missed(self, start: Start) -> None:
        """Count a start, or several in a row, that were not made."""
        if start.missed:
            self.count(table.MISSED, start.missed.name.lower(), by=start.count)

    def probes(self, probes: Collection[Probe]) -> None:
        """
        Say which probes there are; the figures of those that are gone go, too.

        How their first attempts end is told from 0 on: a series that begins with its first failure has not risen.
        """
        self.set(table.PROBES, len(probes))
        for metric in (table.RUNS, table.LAST_RUN):
            self.keep(metric, "probe", [*(probe.name for probe in probes), "", OTHER])
        labels = {(probe.scenario.name, probe.scenario.item or "", probe.name) for probe in probes}
        for of_probe in labels - self._told_from_0:
            for outcome in Outcome:
                self.count(table.RUNS, *of_probe, outcome, "1", by=0)
        self._told_from_0 = labels

    def incidents(self, still_open: Iterable[Incident]) -> None:
        """Say which incidents are open."""
        counted = Counter((one.cause.kind, one.severity) for one in still_open)
        for kind in Kind:
            for severity in Severity:
                self.set(table.INCIDENTS, counted[kind, severity], kind, severity)

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """Set a gauge; *labels* in the order of the table."""
        self._numbers[metric].of(labels).value = value

    def keep(self, metric: Metric, label: str, values: Collection[str]) -> None:
        """Forget what a gauge or counter was where its *label* is not one of *values*."""
        self._numbers[metric].keep(label, {*values})

    def clear(self, metric: Metric) -> None:
        """Forget a gauge, whatever its labels."""
        self._numbers[metric].clear()

    def count(self, metric: Metric, *labels: str, by: float = 1) -> None:
        """Count up by *by*."""
        self._numbers[metric].of(labels).value += by

    def observe(self, metric: Metric, value: float, *labels: str, run_id: str = "") -> None:
        """Add a value to a histogram, with the run it comes from."""
        self._distributions[metric].of(labels).observe(value, run_id)

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        """Return all figures, in the format that the header *accept* asks for, and its content type."""
        return exposition([self._numbers.get(one) or self._distributions[one] for one in table.TABLE], accept)

    def _capped(self, metric: Metric) -> None:
        self.count(table.CAPPED, metric.name)


def _answered(result: StepResult, took_s: float) -> bool:
    """Return whether the step got the right answer, be it past its limit."""
    if result.outcome is Outcome.FAILED:
        return result.within_s is not None and took_s > result.within_s
    return result.outcome in (Outcome.PASSED, Outcome.SLOW)
