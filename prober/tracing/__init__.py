"""Runs as traces, for a collector of OpenTelemetry."""

from prober.tracing.traces import Traces

__all__ = ["Traces"]
