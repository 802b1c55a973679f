"""Runs as traces, for a collector of OpenTelemetry."""

from prober.tracing.spans import trace_id
from prober.tracing.traces import Traces

__all__ = ["Traces", "trace_id"]
