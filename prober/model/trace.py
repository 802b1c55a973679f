"""What a run is called in traces: every id is derived from the run's own, and nothing is kept for it."""

from __future__ import annotations

import hashlib


def trace_id(run_id: str) -> str:
    """Return the id of the trace of the run called *run_id*: the first 32 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(run_id.encode()).hexdigest()[:32]


def span_id(of: str) -> str:
    """Return the id of a span: that of a run by the run's id, that of a step by `<run id>/<index>`."""
    return hashlib.sha256(of.encode()).hexdigest()[32:48]


def traceparent(run_id: str) -> str:
    """Return what W3C Trace Context has as `traceparent`, for whatever the run called *run_id* causes."""
    return f"00-{trace_id(run_id)}-{span_id(run_id)}-01"
