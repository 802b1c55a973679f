"""What a run recorded as a whole: Playwright's trace, and the requests and answers as a HAR."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from prober.channels.evidence import EvidenceBox
from prober.channels.web.archives import Mask, Unreadable, masked_har, masked_trace
from prober.channels.web.config import Keep, Settings
from prober.channels.web.folders import private_folder
from prober.channels.web.traces import Traces
from prober.channels.web.window import Window
from prober.model.run import Evidence

_STOP_S = 3.0


class Recording:
    """
    Trace and HAR of one run, unmasked in a folder only its owner may read, and gone with it.

    What is kept is masked first.
    """

    def __init__(self, settings: Settings) -> None:
        self._trace, self._har = settings.trace, settings.har
        self._folder: TemporaryDirectory[str] | None = None
        self._traces: Traces | None = None
        self._name = ""
        if {self._trace, self._har} != {Keep.NEVER}:
            self._folder = private_folder()

    @property
    def har(self) -> Path | None:
        """Where the browser is to write what it fetches."""
        return self._place("web.har") if self._har is not Keep.NEVER else None

    async def start(self, window: Window, traces: Traces | None) -> None:
        """Record the trace among *traces*, where one is wanted."""
        if traces is not None:
            self._traces, self._name = traces, traces.begin()
            await window.start_trace(self._name)

    async def close(self, window: Window, box: EvidenceBox, mask: Mask, *, failed: bool) -> tuple[Evidence, ...]:
        """Close *window*, and return what is kept of a run that *failed* or did not; the rest is gone."""
        try:
            trace = self._place("trace.zip") if _kept(self._trace, failed=failed) else None
            if self._traces is not None:
                await window.stop_trace(trace, _STOP_S)
            await window.close()
            self._forget_trace()
            har = self.har if _kept(self._har, failed=failed) else None
            return (
                *await _keep(box, "trace", trace, masked_trace, mask),
                *await _keep(box, "har", har, masked_har, mask),
            )
        finally:
            self.discard()

    def discard(self) -> None:
        """Take away what was recorded and not kept. Safe to call twice."""
        self._forget_trace()
        if self._folder is not None:
            self._folder.cleanup()

    def _forget_trace(self) -> None:
        traces, self._traces = self._traces, None
        if traces is not None:
            traces.end(self._name)

    def _place(self, name: str) -> Path | None:
        return Path(self._folder.name, name) if self._folder is not None else None


def _kept(keep: Keep, *, failed: bool) -> bool:
    return keep is Keep.ALWAYS or (keep is Keep.FAILURES and failed)


async def _keep(
    box: EvidenceBox, kind: str, path: Path | None, masked: Callable[[bytes, Mask], bytes], mask: Mask
) -> tuple[Evidence, ...]:
    """Keep what was written at *path*, masked; where that cannot be done, keep but the word of it."""
    if path is None:
        return ()
    try:
        content = await asyncio.to_thread(lambda: masked(path.read_bytes(), mask))
    except FileNotFoundError:  # the browser ended before it wrote it
        return ()
    except (Unreadable, OSError) as exc:
        words = f"{path.name} was not kept: it could not be masked ({exc}).\n"
        return (await box.keep(kind, f"{path.name}.txt", words.encode(), whole_run=True),)
    return (await box.keep(kind, path.name, content, whole_run=True),)
