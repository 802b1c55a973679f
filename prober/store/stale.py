"""
Notes which hours and days have figures that are not those of their runs any more.

Whoever counts anew reads the marks first, the runs then, and takes away the marks it read: a run that ends meanwhile
adds one, and the hour is counted once more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from prober.store.spans import HOUR, RUN, begun
from prober.store.tables import ROLLED, STALE

_ROLLED = select(ROLLED)


def note_runs(connection: Connection, started: Iterable[datetime]) -> None:
    """Note the hours of runs that ended, began again or went away, where these hours were counted already."""
    rolled = {row.span: row for row in connection.execute(_ROLLED)}
    if HOUR in rolled:
        until, since = rolled[HOUR].until_at, rolled[RUN].since_at if RUN in rolled else None
        hours = {begun(HOUR, at) for at in started if at < until}
        # Of hours whose runs were pruned the figures are all there is.
        mark(connection, HOUR, {at for at in hours if since is None or at >= since})


def mark(connection: Connection, span: str, instants: Iterable[datetime]) -> None:
    """Note that the figures of these hours, or days, are to be counted anew."""
    for at in instants:
        here = (STALE.c.span == span, STALE.c.at == at)
        if connection.execute(update(STALE).where(*here).values(marks=STALE.c.marks + 1)).rowcount == 0:
            connection.execute(insert(STALE).values(span=span, at=at, marks=1))
