"""People's part in a gate: how many reviewed the item as it is now, and which of its defects are in the way."""

from __future__ import annotations

from datetime import datetime, timedelta

from prober.app.improving import Improving
from prober.judge.gate.rules import People
from prober.model.item import Item
from prober.model.run import Phase
from prober.store.store import Store


def people(item: Item, store: Store, now: datetime) -> People:
    """Return what people say of *item* now. It blocks."""
    began = review_window(item, store, now)
    reviewers = {review.by for review in store.reviews.of(item.name, since=began, until=now + timedelta(seconds=1))}
    improving = Improving(store)
    defects, unproved = [], {}
    for one in store.improvements.find(item=item.name, open_only=True):
        found = improving.progress(one) if one.blocks else None
        said = f"{one.name}: {one.what}"
        if not one.blocks or (found is not None and found.proved_at is not None):
            continue
        if found is None:
            defects.append(said)
        else:
            unproved[said] = found.wanted - min(found.passed.values(), default=0)
    return People(len(reviewers), defects, unproved)


def review_window(item: Item, store: Store, now: datetime) -> datetime:
    """
    Return since when reviews count: since the item last came to stand before its launch, and none that is too old.

    A launch that was taken back changes nothing of what people saw: they need not look again. A change from before
    the launch to before the launch says that the item itself was changed.
    """
    began = now - timedelta(seconds=item.terms.reviewed_s)
    changes = store.items.changes(item.name)
    for position, change in enumerate(changes):
        was = changes[position + 1].phase if position + 1 < len(changes) else Phase.PRE_LAUNCH
        if change.phase is Phase.PRE_LAUNCH and was is not Phase.LAUNCH:
            return max(began, change.at)
    return began
