"""What a run recorded as a whole: Playwright's trace, the requests and answers as a HAR, and a film of its pages."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from prober.channels.evidence import EvidenceBox
from prober.channels.timing import monotonic
from prober.channels.web.archives import Mask, Unreadable
from prober.channels.web.config import Keep, Settings
from prober.channels.web.film import Film
from prober.channels.web.folders import private_folder
from prober.channels.web.masking_apart import masked
from prober.channels.web.traces import Traces
from prober.channels.web.window import Window
from prober.model.run import Evidence

_STOP_S = 3.0
_CLOSE_S = 9.0
"""All of closing: a little less than a run waits for it."""


class Recording:
    """
    Trace and HAR of one run, unmasked in a folder only its owner may read, and gone with it; and its film.

    What is kept is masked first; the film is made of pictures that were.
    """

    def __init__(self, settings: Settings) -> None:
        self._trace, self._har, self._archive_mb = settings.trace, settings.har, settings.archive_mb
        self.film = Film(settings.film)
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
        until_s = monotonic() + _CLOSE_S
        try:
            trace = self._place("trace.zip") if _kept(self._trace, failed=failed) else None
            if self._traces is not None:
                await window.stop_trace(trace, _STOP_S)
            await window.close()
            self._forget_trace()
            har = self.har if _kept(self._har, failed=failed) else None
            paths = {
                kind: path for kind, path in (("trace", trace), ("har", har)) if path is not None and path.exists()
            }
            made = {kind: self._masked(path, mask, until_s) for kind, path in paths.items()}
            if self.film.stills and _kept(self.film.keep, failed=failed):
                made["film"] = self.film.made(until_s - monotonic())
            contents = await asyncio.gather(*made.values())
            return tuple(
                [
                    await box.keep(kind, name, content, whole_run=True)
                    for kind, (name, content) in zip(made, contents, strict=True)
                ]
            )
        finally:
            self.discard()

    async def _masked(self, path: Path, mask: Mask, until_s: float) -> tuple[str, bytes]:
        """Return name and content of what is kept of *path*: where it cannot be masked, but the word of it."""
        try:
            return path.name, await masked(path, mask, largest_mb=self._archive_mb, within_s=until_s - monotonic())
        except (Unreadable, OSError) as exc:
            return f"{path.name}.txt", f"{path.name} was not kept: it could not be masked ({exc}).\n".encode()

    def discard(self) -> None:
        """Take away what was recorded and not kept. Safe to call twice."""
        self._forget_trace()
        self.film.stills.clear()
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
