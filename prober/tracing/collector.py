"""Sends spans to an OpenTelemetry collector, by OTLP over HTTP; the only import of opentelemetry."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import metadata

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from prober.loading.config_service import TelemetrySettings
from prober.tracing.spans import Span

_WAITING = 4096
"""The most spans that wait to be sent: some 400 runs."""
_AT_ONCE = 256
_PAUSE_S = 1.0
_PATIENCE_S = 5.0
"""How long one batch is tried before it is lost."""
_FAREWELL_S = 3.0
_PATH = "/v1/traces"
_STATUS = {True: StatusCode.OK, False: StatusCode.ERROR, None: StatusCode.UNSET}


class Collector:
    """
    Takes spans without ever waiting, and sends them on a thread of its own, in batches.

    *counted* and *say* are called on that thread. Where more spans wait than there is room for, later ones are lost.
    """

    def __init__(
        self, settings: TelemetrySettings, *, counted: Callable[[str, int], None], say: Callable[[str], None]
    ) -> None:
        about = {"service.name": "prober", "service.version": metadata.version("prober")}
        self._resource, self._scope = Resource(about), InstrumentationScope("prober")
        self._counted = counted
        self._exporter = _Exporter(settings, counted, say)
        self._processor = BatchSpanProcessor(
            self._exporter,
            max_queue_size=_WAITING,
            schedule_delay_millis=_PAUSE_S * 1000,
            max_export_batch_size=_AT_ONCE,
            export_timeout_millis=_PATIENCE_S * 1000,
        )
        self._closed = False

    def take(self, span: Span) -> None:
        """Queue *span* to be sent."""
        self._counted("made", 1)
        if self._closed or not self._exporter.room():
            self._counted("lost", 1)
            return
        self._processor.on_end(self._of(span))

    async def close(self) -> None:
        """Send what waits, for 3 s at most."""
        if self._closed:
            return
        self._closed = True
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def shut_down() -> None:
            self._processor.shutdown()  # type: ignore[no-untyped-call]
            with contextlib.suppress(RuntimeError):  # the loop has ended before it
                loop.call_soon_threadsafe(over.set)

        # A daemon, unlike the loop's own threads: the robot must not wait at its end for a collector that hangs.
        threading.Thread(target=shut_down, name="traces-end", daemon=True).start()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), _FAREWELL_S)
        self._exporter.end()

    def _of(self, span: Span) -> ReadableSpan:
        return ReadableSpan(
            name=span.name,
            context=_context(span.trace_id, span.span_id),
            parent=_context(span.trace_id, span.parent_id) if span.parent_id else None,
            resource=self._resource,
            instrumentation_scope=self._scope,
            kind=SpanKind.CLIENT if span.asks else SpanKind.INTERNAL,
            attributes=span.said,
            status=Status(_STATUS[span.well], span.what or None),
            start_time=_nanoseconds(span.started_at),
            end_time=_nanoseconds(span.ended_at),
        )


class _Exporter(SpanExporter):
    """Sends a batch, counts what became of it, and says once when the collector is gone, and once when it is back."""

    def __init__(
        self, settings: TelemetrySettings, counted: Callable[[str, int], None], say: Callable[[str], None]
    ) -> None:
        self._endpoint = settings.otlp.rstrip("/").removesuffix(_PATH) + _PATH
        headers = {name.lower(): value for name, value in settings.headers.items()}
        self._sending = OTLPSpanExporter(endpoint=self._endpoint, headers=headers, timeout=_PATIENCE_S)
        self._counted, self._say = counted, say
        self._reason = _Reason()
        self._failing = self._ended = False
        self._waiting = 0
        self._lock = threading.Lock()

    def room(self) -> bool:
        """Return whether one more span may wait, and count it as waiting."""
        with self._lock:
            room = self._waiting < _WAITING
            self._waiting += room
            return room

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send *spans*."""
        sent = not self._ended and self._sending.export(spans) is SpanExportResult.SUCCESS
        with self._lock:
            self._waiting -= len(spans)
        self._counted("sent" if sent else "lost", len(spans))
        if self._failing is sent and not self._ended:
            self._failing = not sent
            self._say(self._sentence())
        return SpanExportResult.SUCCESS if sent else SpanExportResult.FAILURE

    def end(self) -> None:
        """Give up what is still to be sent."""
        if not self._ended:
            self._ended = True
            self._sending.shutdown()  # type: ignore[no-untyped-call]
            self._reason.close()

    def shutdown(self) -> None:
        """End."""
        self.end()

    def _sentence(self) -> str:
        if not self._failing:
            return f"Traces reach the collector at {self._endpoint} again."
        return (
            f"Traces do not reach the collector at {self._endpoint}: {self._reason.latest}. "
            "Runs go on, their traces are lost till it answers; look whether it runs, and at telemetry.otlp."
        )


class _Reason(logging.Handler):
    """Hears the library's complaints, which would go to stderr again and again, and keeps what the latest says."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.latest = ""
        logging.getLogger("opentelemetry").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the collector's answer, where it gave one."""
        match record.args:
            case (_, int(code), reason):
                self.latest = f"it answers {code} {reason}"
            case _:
                self.latest = "it does not answer"

    def close(self) -> None:
        """Listen no more."""
        logging.getLogger("opentelemetry").removeHandler(self)
        super().close()


def _context(trace_id: str, span_id: str) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _nanoseconds(at: datetime) -> int:
    """Return an instant as OpenTelemetry counts, to the microsecond: a float would lose some."""
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000
