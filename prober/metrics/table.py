"""Every figure there is: its name with its unit, and its labels, each bounded. docs/monitoring.md is held to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """What Prometheus makes of a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Metric:
    """
    One metric by its whole name.

    Most labels have few values: a channel, an outcome. Those named in *open* have as many as people configure; once
    *most* combinations are known, they become `other` in any further one.
    """

    name: str
    type: Type
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    open: tuple[str, ...] = ()
    most: int = 0


_STEP = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0, 60.0)
_WAIT = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_PROMPT = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def _counter(name: str, told: str, *labels: str) -> Metric:
    return Metric(name, Type.COUNTER, told, labels)


def _gauge(name: str, told: str, *labels: str) -> Metric:
    return Metric(name, Type.GAUGE, told, labels)


def _histogram(name: str, told: str, buckets: tuple[float, ...]) -> Metric:
    return Metric(name, Type.HISTOGRAM, told, (), buckets)


UP = _gauge("prober_up", "1 while every vital sign is well.")
LEADER = _gauge("prober_leader", "1 on the robot that keeps the schedule, 0 on one that stands by.")
SIGN = _gauge("prober_sign_well", "1 while this vital sign is well.", "sign")

RUNS = Metric(
    name="prober_runs_total",
    type=Type.COUNTER,
    help="Runs that ended.",
    labels=("scenario", "item", "probe", "outcome", "attempt"),
    open=("scenario", "item", "probe"),
    most=200_000,
)
UNDER_WAY = _gauge("prober_runs_under_way", "Runs that are being played.")
WAITED = _histogram("prober_run_waited_seconds", "What runs waited for a line and for their channels.", _WAIT)
LAST_RUN = Metric(
    name="prober_probe_last_run_timestamp_seconds",
    type=Type.GAUGE,
    help="When the probe's last run ended that could ask.",
    labels=("probe",),
    open=("probe",),
    most=20_000,
)
STEPS = _counter("prober_steps_total", "Steps that ended.", "channel", "verb", "outcome", "layer")
STEP = Metric(
    name="prober_step_seconds",
    type=Type.HISTOGRAM,
    help="What steps took that got the right answer, be it too late.",
    labels=("scenario", "step", "channel", "verb"),
    buckets=_STEP,
    open=("scenario", "step"),
    most=1_000,
)
CAPPED = _counter("prober_label_capped_total", "Values told as ‘other’, for a label had too many.", "metric")

PROBES = _gauge("prober_probes", "Probes on the schedule.")
SILENT = _gauge("prober_silent_probes", "Probes that have asked nothing for too long, though they are on the schedule.")
LATENESS = _histogram(
    "prober_start_lateness_seconds",
    "How late planned starts were made; from when the robot led, of what was due before.",
    _PROMPT,
)
MISSED = _counter("prober_missed_starts_total", "Planned starts that were not made.", "reason")
QUEUED = _gauge("prober_queued_starts", "Starts that wait for their turn.", "channel")

INCIDENTS = _gauge("prober_open_incidents", "Incidents that are open.", "kind", "severity")
ALARMS = _gauge("prober_alarms", "Alarms, by what became of them; a failed one is tried on.", "state")

SELF_CHECK = _gauge("prober_self_check_well", "1 where the last self-check of the channel passed.", "channel")
SELF_CHECK_AT = _gauge("prober_self_check_timestamp_seconds", "When the channel was last checked.", "channel")
SELF_CHECK_TOOK = _gauge("prober_self_check_seconds", "How long that took.", "channel")
LOOP_LAG = _gauge("prober_loop_lag_seconds", "The event loop's worst lateness between two looks.")
CLOCK_DRIFT = _gauge("prober_clock_drift_seconds", "How far the wall clock left the monotonic one, of two looks.")
CLOCK_SYNCHRONISED = _gauge("prober_clock_synchronised", "1 while the kernel takes its clock for synchronised.")
DISK_FREE = _gauge("prober_disk_free_ratio", "The free share of the disk where this lies.", "place")
MEMORY = _gauge("prober_resident_memory_bytes", "Resident memory; what processes share counts in each.", "of")
MEMORY_FREE = _gauge("prober_memory_available_ratio", "The share of memory that is to be had.")
STORE_WRITE = _histogram(
    "prober_store_write_seconds", "How long a trial write took to be safe, its wait included.", _PROMPT
)
STORE_QUEUE = _gauge("prober_store_queued_writes", "Writes that wait for the store.")
DEAD_MAN = _counter("prober_dead_man_calls_total", "Calls of the dead man's switch.", "outcome")
SPANS = _counter("prober_spans_total", "Spans that were made, sent to the collector, or lost on the way.", "state")

TABLE: tuple[Metric, ...] = tuple(metric for metric in tuple(globals().values()) if isinstance(metric, Metric))
