"""What people say of items: reviews, and opinions out of surveys. Reading blocks."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select

from prober.model.improvement import Improvement
from prober.model.quality import Quality
from prober.model.review import Answer, Opinion, Review, Survey
from prober.model.run import Phase
from prober.store.database import Database
from prober.store.improvements import put_one
from prober.store.tables import OPINIONS, REVIEWS
from prober.store.types import plain

_AT_ONCE = 500
"""Rows that are looked up by one statement: databases limit the number of its parameters."""


class Reviews:
    """Keeps what people said: nothing of it is ever changed, only added to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, review: Review, findings: Sequence[Improvement] = ()) -> tuple[Review, list[Improvement]]:
        """Write *review* and the improvements it leads to, all or nothing, and return them with their ids."""
        row = asdict(review) | {
            "phase": str(review.phase),
            "scores": {str(quality): score for quality, score in review.scores.items()},
            "answers": plain([asdict(answer) for answer in review.answers]),
            "runs": list(review.runs),
        }
        del row["id"]

        def put(connection: Connection) -> tuple[Review, list[Improvement]]:
            made = connection.execute(insert(REVIEWS).values(row)).inserted_primary_key
            number = int(made[0]) if made else 0
            kept = [put_one(connection, replace(one, source=f"review {number}")) for one in findings]
            return replace(review, id=number), kept

        return await self._database.write(put)

    def of(
        self, item: str, *, since: datetime | None = None, until: datetime | None = None, limit: int | None = None
    ) -> list[Review]:
        """Return the reviews of *item*, written from *since* to *until*, the latest first."""
        wanted = select(REVIEWS).where(REVIEWS.c.item == item).order_by(REVIEWS.c.id.desc()).limit(limit)
        if since is not None:
            wanted = wanted.where(REVIEWS.c.at >= since)
        if until is not None:
            wanted = wanted.where(REVIEWS.c.at < until)
        found = self._database.read(lambda connection: connection.execute(wanted).mappings().all())
        return [_review(row) for row in found]

    async def put_opinions(self, opinions: Sequence[Opinion]) -> int:
        """Write the *opinions* that are not there yet, all or none, and return how many that were."""
        rows = list(_rows(opinions))

        def put(connection: Connection) -> int:
            known: set[str] = set()
            for start in range(0, len(rows), _AT_ONCE):
                keys = [row["key"] for row in rows[start : start + _AT_ONCE]]
                known.update(connection.scalars(select(OPINIONS.c.key).where(OPINIONS.c.key.in_(keys))))
            new = [row for row in rows if row["key"] not in known]
            if new:
                connection.execute(insert(OPINIONS), new)
            return len(new)

        return await self._database.write(put)

    async def remove_opinions(self, source: str) -> int:
        """Remove the opinions of the file called *source*, and return how many those were."""
        gone = delete(OPINIONS).where(OPINIONS.c.source == source)
        return await self._database.write(lambda connection: connection.execute(gone).rowcount)

    def opinions(self, item: str, *, since: datetime | None = None, until: datetime | None = None) -> list[Opinion]:
        """Return the opinions on *item* of the time from *since* to *until*, in their order."""
        wanted = select(OPINIONS).where(OPINIONS.c.item == item).order_by(OPINIONS.c.at, OPINIONS.c.id)
        if since is not None:
            wanted = wanted.where(OPINIONS.c.at >= since)
        if until is not None:
            wanted = wanted.where(OPINIONS.c.at < until)
        found = self._database.read(lambda connection: connection.execute(wanted).mappings().all())
        return [_opinion(row) for row in found]


def _rows(opinions: Sequence[Opinion]) -> list[dict[str, Any]]:
    """
    Return the row of each opinion. Its key is made of its file's name, of what it says, and of how often that was said.

    So a file that grew can be imported again, and two customers who said the same stay two, in one file or in two.
    """
    said: Counter[str] = Counter()
    rows = []
    for opinion in opinions:
        row = asdict(opinion) | {"survey": str(opinion.survey), "quality": opinion.quality and str(opinion.quality)}
        told = {name: value for name, value in row.items() if name != "row"}
        text = json.dumps(told | {"at": opinion.at.isoformat()}, sort_keys=True)
        said[text] += 1
        rows.append(row | {"key": hashlib.sha256(f"{text} {said[text]}".encode("utf-8", "replace")).hexdigest()})
    return rows


def _review(row: RowMapping) -> Review:
    scores: Mapping[str, int] = row["scores"]
    said = {
        "phase": Phase(row["phase"]),
        "scores": {Quality(name): score for name, score in scores.items()},
        "answers": tuple(Answer(**answer) for answer in row["answers"]),
        "runs": tuple(row["runs"]),
    }
    return Review(**(dict(row) | said))


def _opinion(row: RowMapping) -> Opinion:
    kept = {name: value for name, value in row.items() if name not in {"id", "key"}}
    words = {"survey": Survey(row["survey"]), "quality": row["quality"] and Quality(row["quality"])}
    return Opinion(**(kept | words))
