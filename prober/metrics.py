"""The figures of the robot, as Prometheus reads them; the only import of prometheus_client."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder

from prober.model.incident import Incident, Kind
from prober.model.probe import Missed, Severity, Start
from prober.model.run import Run, StepResult
from prober.model.scenario import Step

OTHER = "other"
"""The label of what came after the most that is told apart."""


class Type(StrEnum):
    """What Prometheus makes of a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Metric:
    """One metric by its whole name, unit included. *labels* are bounded: by the configuration, or by a cap."""

    name: str
    type: Type
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


_JOURNEY = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0, 60.0)
_PROMPT = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def _counter(name: str, told: str, *labels: str) -> Metric:
    return Metric(name, Type.COUNTER, told, labels)


def _gauge(name: str, told: str, *labels: str) -> Metric:
    return Metric(name, Type.GAUGE, told, labels)


def _histogram(name: str, told: str, *labels: str, buckets: tuple[float, ...] = _JOURNEY) -> Metric:
    return Metric(name, Type.HISTOGRAM, told, labels, buckets)


UP = _gauge("prober_up", "1 while every vital sign is well.")
LEADER = _gauge("prober_leader", "1 on the robot that probes, 0 on one that stands by.")
SIGN = _gauge("prober_sign_well", "1 while this vital sign is well.", "sign")

RUNS = _counter("prober_runs_total", "Runs that ended.", "scenario", "item", "probe", "outcome", "attempt")
STEPS = _counter("prober_steps_total", "Steps that ended.", "channel", "verb", "outcome", "layer")
STEP_SECONDS = _histogram(
    "prober_step_seconds", "What steps took that passed or were slow.", "scenario", "step", "channel", "verb"
)
WAITED_SECONDS = _histogram("prober_run_waited_seconds", "What runs waited for a line and for their channels.")
LAST_RUN = _gauge("prober_probe_last_run_timestamp_seconds", "When the probe's last run ended.", "probe")
UNDER_WAY = _gauge("prober_runs_under_way", "Runs that are being played.")
CAPPED = _counter("prober_label_capped_total", f"Values told as “{OTHER}”: a label had too many.", "metric")

PROBES = _gauge("prober_probes", "Probes on the schedule.")
LATENESS = _histogram("prober_start_lateness_seconds", "How late planned starts were made.", buckets=_PROMPT)
MISSED = _counter("prober_missed_starts_total", "Planned starts that were not made.", "reason")
QUEUED = _gauge("prober_queued_starts", "Starts that wait for their turn.", "channel", "lane")

INCIDENTS = _gauge("prober_open_incidents", "Incidents that are open.", "kind", "severity")
ALARMS = _gauge("prober_alarms", "Alarms of the last day, by what became of them.", "state")

SELF_CHECK = _gauge("prober_self_check_well", "1 where the last self-check of the channel passed.", "channel")
SELF_CHECK_AT = _gauge("prober_self_check_timestamp_seconds", "When the channel was last checked.", "channel")
SELF_CHECK_TOOK = _gauge("prober_self_check_seconds", "How long that took.", "channel")
LOOP_LAG = _gauge("prober_loop_lag_seconds", "The event loop's worst lateness since the last look.")
CLOCK_DRIFT = _gauge("prober_clock_drift_seconds", "Wall clock less monotonic clock, since the last look.")
CLOCK_SYNCHRONISED = _gauge("prober_clock_synchronised", "1 while the kernel holds its clock for synchronised.")
DISK_FREE = _gauge("prober_disk_free_ratio", "Free share of the disk, where these lie.", "place")
MEMORY = _gauge("prober_resident_memory_bytes", "Resident memory; shared pages count in each process.", "of")
MEMORY_FREE = _gauge("prober_memory_available_ratio", "Share of the machine's (or container's) memory to be had.")
STORE_WRITE = _histogram("prober_store_write_seconds", "How long a write to the store took, its queue included.",
                         buckets=_PROMPT)  # fmt: skip
STORE_QUEUE = _gauge("prober_store_queued_writes", "Writes that wait for the store.")
DEAD_MAN = _counter("prober_dead_man_calls_total", "Calls of the dead man's switch.", "outcome")
SPANS = _counter("prober_spans_total", "Spans that were made, sent to the collector, or lost on the way.", "state")

TABLE: tuple[Metric, ...] = tuple(metric for metric in globals().values() if isinstance(metric, Metric))
"""Every metric there is, in the order of docs/monitoring.md."""


class Figures:
    """
    Counts what it is told, and writes it as Prometheus reads it. It is a runner's Sink, and never fails one.

    It is told on the loop; `exposition` may be called on any thread. At most *most_steps* different steps are told
    apart, for a Python scenario may name its steps as it likes; the later ones are `other`.
    """

    async def run_started(self, run: Run) -> None:
        """Count it as under way."""

    async def step_started(self, run: Run, index: int, step: Step) -> None:
        """Count nothing."""

    async def step_finished(self, run: Run, result: StepResult) -> None:
        """Count the step, and what it took."""

    async def run_finished(self, run: Run) -> None:
        """Count the run."""

    def missed(self, start: Start) -> None:
        """Count a start, or several in a row, that were not made."""

    def probes(self, names: Collection[str]) -> None:
        """Say which probes there are now; the figures of those that are gone go, too."""

    def incidents(self, still_open: Iterable[Incident]) -> None:
        """Say which incidents are open."""

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """Set a gauge; *labels* in the order of the table."""

    def count(self, metric: Metric, *labels: str, by: float = 1) -> None:
        """Count something up."""

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Add a value to a histogram."""

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        """Return all figures, in the format that the header *accept* asks for, and its content type."""
        return b"", ""
