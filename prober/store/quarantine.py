"""Which pairs of MSISDN and service number still owe a reply; it outlives the process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Connection, Row, delete, func, insert, select

from prober.store.database import Database
from prober.store.numbers import Numbers
from prober.store.tables import LATE_REPLIES, QUARANTINES


class Owed(Protocol):
    """A command whose reply may still come until *until_at*. Instants are aware UTC."""

    @property
    def msisdn(self) -> str: ...
    @property
    def service(self) -> str: ...
    @property
    def run_id(self) -> str: ...
    @property
    def since_at(self) -> datetime: ...
    @property
    def until_at(self) -> datetime: ...


OwedT = TypeVar("OwedT", bound=Owed)


class StoredQuarantine(Generic[OwedT]):
    """
    Keeps, across processes and restarts, what each pair owes, and late replies against the run that asked.

    *owed* is the channel's own dataclass: the store sits beside the channels and does not import them.
    """

    def __init__(self, database: Database, numbers: Numbers, owed: Callable[..., OwedT]) -> None:
        self._database = database
        self._numbers = numbers
        self._owed = owed

    async def pending(self, msisdn: str, service: str) -> OwedT | None:
        """Return what the pair owes; None if it owes nothing, or its time is over."""

        def find(connection: Connection) -> Row[Any] | None:
            return _row(connection, self._numbers.kept(connection, msisdn), service)

        row = await asyncio.to_thread(self._database.read, find)
        pending = row is not None and row.until_at > datetime.now(UTC)
        return self._owed(**row._asdict() | {"msisdn": msisdn}) if row and pending else None

    async def begin(self, pending: OwedT) -> None:
        """Note that the pair owes a reply. It replaces what the pair owed before."""
        names = (column.name for column in QUARANTINES.columns)
        owed: dict[str, Any] = {name: getattr(pending, name) for name in names}

        def replace(connection: Connection) -> None:
            kept = self._numbers.kept(connection, pending.msisdn)
            _forget(connection, kept, pending.service)
            connection.execute(insert(QUARANTINES).values(owed | {"msisdn": kept}))

        await self._database.write(replace)

    async def settle(self, msisdn: str, service: str, *, late_text: str | None) -> None:
        """Note that the pair owes nothing any more; *late_text*, if any, is kept against the run that asked."""

        def settle(connection: Connection) -> None:
            kept = self._numbers.kept(connection, msisdn)
            row = _row(connection, kept, service)
            _forget(connection, kept, service)
            if row and late_text is not None:
                late = {"run_id": row.run_id, "msisdn": kept, "service": service, "text": late_text}
                times = {"asked_at": row.since_at, "received_at": datetime.now(UTC)}
                connection.execute(insert(LATE_REPLIES).values(late | times))

        await self._database.write(settle)


def next_free_at(connection: Connection, now: datetime) -> datetime | None:
    """Return when the next pair that owes something at *now* is free again; None if none owes anything."""
    wanted = select(func.min(QUARANTINES.c.until_at)).where(QUARANTINES.c.until_at > now)
    found: datetime | None = connection.scalar(wanted)
    return found


def _row(connection: Connection, msisdn: str, service: str) -> Row[Any] | None:
    pair = (QUARANTINES.c.msisdn == msisdn, QUARANTINES.c.service == service)
    return connection.execute(select(QUARANTINES).where(*pair)).one_or_none()


def _forget(connection: Connection, msisdn: str, service: str) -> None:
    connection.execute(delete(QUARANTINES).where(QUARANTINES.c.msisdn == msisdn, QUARANTINES.c.service == service))
