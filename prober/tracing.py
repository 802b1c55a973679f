"""A run as a trace, sent to an OpenTelemetry collector; the only import of opentelemetry."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from prober.loading.config_service import TelemetrySettings
from prober.model.run import Run, StepResult
from prober.model.scenario import Step


def trace_id(run_id: str) -> str:
    """Return the id of the trace of the run called *run_id*, as 32 hexadecimal digits."""
    return hashlib.sha256(run_id.encode()).hexdigest()[:32]


class Traces:
    """
    Sends each run as a trace, each step as a span, if `telemetry.otlp` says where to. It is a runner's Sink.

    It never holds a run up and never fails one: spans wait in a bounded queue for a thread of their own, and the oldest
    are lost where the collector is down. *counted* hears how many spans were `made`, `sent` and `lost`; *say* hears a
    sentence when sending begins to fail, and when it works again.
    """

    def __init__(
        self,
        settings: TelemetrySettings,
        *,
        counted: Callable[[str, int], None] = lambda state, number: None,
        say: Callable[[str], None] = lambda sentence: None,
    ) -> None: ...

    async def run_started(self, run: Run) -> None:
        """Send nothing: a span is sent when it is over."""

    async def step_started(self, run: Run, index: int, step: Step) -> None:
        """Send nothing: a span is sent when it is over."""

    async def step_finished(self, run: Run, result: StepResult) -> None:
        """Send the step as a span."""

    async def run_finished(self, run: Run) -> None:
        """Send the run as the span that holds them."""

    async def close(self) -> None:
        """Send what waits, for 3 s at most. Safe to call twice."""
