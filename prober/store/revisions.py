"""Which version's tables a database has, without bringing it to others."""

from __future__ import annotations

from prober.store.broken import told
from prober.store.integrity import looking
from prober.store.migrations import revision_of
from prober.store.place import place_of


def revision_at(url: str) -> str | None:
    """
    Return the revision of the database at *url*; None if it has none of the robot's tables.

    Raises:
        StoreBroken: It cannot be read.
    """
    place = place_of(url)
    with told(str(place)), looking(place) as engine, engine.connect() as connection:
        return revision_of(connection)
