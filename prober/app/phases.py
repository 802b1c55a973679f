"""Where items stand, for the runs that are played of them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from prober.channels.timing import monotonic
from prober.model.run import Phase
from prober.store.items import Items

_KNOWN_S = 10.0
"""How long an answer is good for: a schedule asks for the same items many times a second."""


class Phases:
    """Knows where the items called *names* stand, as of some seconds ago; any process may change it."""

    def __init__(self, items: Items, names: Collection[str]) -> None:
        self._items = items
        self._names = frozenset(names)
        self._known: dict[str, tuple[Phase, float]] = {}

    async def of(self, item: str | None) -> Phase | None:
        """Return where *item* stands; None if config.yaml knows no such item."""
        if item is None or item not in self._names:
            return None
        phase, asked_s = self._known.get(item, (None, 0.0))
        if phase is None or monotonic() - asked_s > _KNOWN_S:
            asked_s = monotonic()
            phase = await asyncio.to_thread(self._items.phase, item)
            self._known[item] = (phase, asked_s)
        return phase
