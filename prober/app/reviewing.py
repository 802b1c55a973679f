"""People's part in a gate: how many reviewed the item as it is now, and which of its defects are in the way."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from prober.app.improving import Improving
from prober.judge.gate.rules import People
from prober.model.item import Item
from prober.model.review import Review
from prober.model.run import Phase
from prober.store.store import Store


def people(item: Item, store: Store, now: datetime, playable: Collection[str]) -> People:
    """
    Return what people say of *item* now; *playable* are the scenarios there are. It blocks.

    A defect that no scenario can show to be mended stays open, whatever is said of it.
    """
    began = review_window(item, store, now)
    reviews = store.reviews.of(item.name, since=began, until=now + timedelta(seconds=1))
    improving = Improving(store)
    defects: list[str] = []
    unproved: dict[str, Mapping[str, int]] = {}
    for one in (one for one in store.improvements.find(item=item.name, open_only=True) if one.blocks):
        found, said = improving.progress(one), f"{one.name}: {one.what}"
        if found is None or not one.scenarios or not {*one.scenarios} <= {*playable}:
            defects.append(said)
        elif found.proved_at is None:
            unproved[said] = {name: found.wanted - count for name, count in found.passed.items()}
    return People(len(latest_of_each(reviews)), defects, unproved)


def latest_of_each(reviews: Iterable[Review]) -> list[Review]:
    """Return the last review of each person: who looks again takes back what was said before."""
    return list({same_person(one.by): one for one in sorted(reviews, key=lambda one: one.at)}.values())


def same_person(name: str) -> str:
    """Return what two ways of writing one name have in common: width, case and spaces make no other person."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


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
