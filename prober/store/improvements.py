"""What is to become better, and where it stands. Reading blocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select, update

from prober.model.improvement import Category, Improvement, ImprovementChange, Stage
from prober.store.database import Database
from prober.store.tables import IMPROVEMENT_CHANGES, IMPROVEMENTS

_NOT_KEPT = ("id", "changes")


class Improvements:
    """Keeps improvements. Each change is stored; a stage is changed by one conditional UPDATE."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, improvements: Sequence[Improvement]) -> list[Improvement]:
        """Write new *improvements*, all or none, and return them with their ids."""

        def put(connection: Connection) -> list[Improvement]:
            return [put_one(connection, improvement) for improvement in improvements]

        return await self._database.write(put)

    async def turn(
        self, number: int, change: ImprovementChange, *, of: Collection[Stage], scenarios: Sequence[str] = ()
    ) -> bool:
        """
        Write *change*, if the improvement stands in one of the stages *of*, and return whether it did.

        From then on it is proved by *scenarios*, if any are named.
        """

        def turn(connection: Connection) -> bool:
            stands = (IMPROVEMENTS.c.id == number, IMPROVEMENTS.c.stage.in_([str(stage) for stage in of]))
            if change.stage is None:
                did = connection.scalar(select(IMPROVEMENTS.c.id).where(*stands)) is not None
            else:
                values: dict[str, object] = {"stage": str(change.stage), "since": change.at}
                values |= {"scenarios": list(scenarios)} if scenarios else {}
                did = connection.execute(update(IMPROVEMENTS).where(*stands).values(values)).rowcount == 1
            if did:
                _tell(connection, number, change)
            return did

        return await self._database.write(turn)

    def get(self, number: int) -> Improvement | None:
        """Return the improvement with the id *number*; None if there is none."""
        wanted = select(IMPROVEMENTS).where(IMPROVEMENTS.c.id == number)
        return next(iter(self._database.read(lambda connection: _read(connection, wanted))), None)

    def find(self, *, item: str | None = None, open_only: bool = False, limit: int | None = None) -> list[Improvement]:
        """Return the improvements that match all that is given, the latest first."""
        wanted = select(IMPROVEMENTS).order_by(IMPROVEMENTS.c.id.desc()).limit(limit)
        if item is not None:
            wanted = wanted.where(IMPROVEMENTS.c.item == item)
        if open_only:
            wanted = wanted.where(IMPROVEMENTS.c.stage.in_([str(stage) for stage in Stage if stage.is_open]))
        return self._database.read(lambda connection: _read(connection, wanted))


def put_one(connection: Connection, improvement: Improvement) -> Improvement:
    """Write a new *improvement*, and return it with its id."""
    row = {name: value for name, value in asdict(improvement).items() if name not in _NOT_KEPT}
    row |= {"category": str(improvement.category), "stage": str(improvement.stage)}
    row |= {"scenarios": list(improvement.scenarios), "since": improvement.opened_at}
    made = connection.execute(insert(IMPROVEMENTS).values(row)).inserted_primary_key
    number = int(made[0]) if made else 0
    opened = ImprovementChange(improvement.opened_at, improvement.by, improvement.stage)
    _tell(connection, number, opened)
    return replace(improvement, id=number, since=improvement.opened_at, changes=(opened,))


def _tell(connection: Connection, number: int, change: ImprovementChange) -> None:
    row = asdict(change) | {"stage": change.stage and str(change.stage), "improvement_id": number}
    connection.execute(insert(IMPROVEMENT_CHANGES).values(row))


def _read(connection: Connection, wanted: Select[Any]) -> list[Improvement]:
    found = connection.execute(wanted).mappings().all()
    changes: defaultdict[int, list[ImprovementChange]] = defaultdict(list)
    ids = [row["id"] for row in found]
    of_them = select(IMPROVEMENT_CHANGES).where(IMPROVEMENT_CHANGES.c.improvement_id.in_(ids))
    for row in connection.execute(of_them.order_by(IMPROVEMENT_CHANGES.c.id)).mappings():
        stage = row["stage"] and Stage(row["stage"])
        changes[row["improvement_id"]].append(ImprovementChange(row["at"], row["by"], stage, row["text"]))
    return [_improvement(row, changes[row["id"]]) for row in found]


def _improvement(row: RowMapping, changes: Sequence[ImprovementChange]) -> Improvement:
    words = {"category": Category(row["category"]), "stage": Stage(row["stage"])}
    return Improvement(**(dict(row) | words | {"scenarios": tuple(row["scenarios"]), "changes": tuple(changes)}))
