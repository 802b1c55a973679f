"""Where one run's pictures of its pages are taken, and what is kept of them as evidence."""

from __future__ import annotations

from collections.abc import Sequence

from prober.channels.evidence import EvidenceBox
from prober.channels.web import picture
from prober.channels.web.archives import Mask
from prober.channels.web.darkroom import Darkroom
from prober.channels.web.engine import Locator
from prober.channels.web.window import Window
from prober.model.run import Evidence


class Studio:
    """Takes the pictures of *window*, masked, and names what is kept after the step it belongs to."""

    def __init__(self, window: Window, mask: Mask, darkroom: Darkroom, box: EvidenceBox) -> None:
        self._window, self._mask, self._darkroom, self._box = window, mask, darkroom, box
        self._kept = 0

    async def take(self, *, whole: bool = False, hide: Sequence[Locator] = ()) -> bytes | None:
        """Return the page in front as PNG, as `picture.take` does."""
        return await picture.take(self._window, self._mask, self._darkroom, whole=whole, hide=hide)

    def next_name(self) -> str:
        """Return the beginning of the next file's name."""
        self._kept += 1
        return f"web-{self._box.step if self._box.step is not None else 'x'}-{self._kept}"

    async def keep(self, kind: str, content: bytes | None, *, ending: str) -> tuple[Evidence, ...]:
        """Keep *content* under a name with that *ending*; nothing where there is none."""
        if not content:
            return ()
        return (await self._box.keep(kind, f"{self.next_name()}{ending}", content),)
