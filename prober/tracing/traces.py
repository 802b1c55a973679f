"""Tells a collector of every run, step by step."""

from __future__ import annotations

from collections.abc import Callable

from prober.loading.config_service import TelemetrySettings
from prober.model.run import Run, StepResult
from prober.model.scenario import Step
from prober.tracing import spans
from prober.tracing.collector import Collector


class Traces:
    """
    Sends each run as a trace, each step as a span, if `telemetry.otlp` says where to. It is a runner's Sink.

    It never holds a run up and never fails one: what is over waits in a bounded queue for a thread of its own, and is
    lost where the collector stays down. *counted* hears how many spans were `made`, `sent` and `lost`; *say* hears a
    sentence when sending begins to fail, and when it works again. Both may be called on that thread.
    """

    def __init__(
        self,
        settings: TelemetrySettings,
        *,
        counted: Callable[[str, int], None] = lambda _state, _number: None,
        say: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self._collector = Collector(settings, counted=counted, say=say) if settings.otlp else None

    async def run_started(self, run: Run) -> None:
        """Send nothing: a span is sent when it is over."""

    async def step_started(self, run: Run, index: int, step: Step) -> None:
        """Send nothing: a span is sent when it is over."""

    async def step_finished(self, run: Run, result: StepResult) -> None:
        """Send the step."""
        if self._collector is not None:
            self._collector.take(spans.of_step(run, result))

    async def run_finished(self, run: Run) -> None:
        """Send the run that holds its steps."""
        if self._collector is not None:
            self._collector.take(spans.of_run(run))

    async def close(self) -> None:
        """Send what waits, for 3 s at most. Safe to call twice."""
        if self._collector is not None:
            await self._collector.close()
