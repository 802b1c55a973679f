"""A review is handed in: it is kept, and each of its findings becomes an improvement."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from prober.app.gating import Gate
from prober.app.improving import proving
from prober.app.telling import masker_of
from prober.model.improvement import Improvement
from prober.model.review import Draft, Review


@dataclass(frozen=True)
class HandedIn:
    """A review that was kept under the id *review*, and the improvements it led to."""

    review: int
    improvements: tuple[Improvement, ...]


async def handed_in(gate: Gate, draft: Draft, *, at: datetime, runs: Sequence[str]) -> HandedIn:
    """Keep what *draft* says of the gate's item, after the evidence of *runs*. Nothing secret is kept in it."""
    mask, item = masker_of(gate.settings), gate.item.name
    review = Review(
        item=item,
        phase=await asyncio.to_thread(lambda: gate.phase),
        at=at,
        by=draft.by,
        scores={quality: score for quality, score in draft.scores.items() if score is not None},
        answers=tuple(replace(one, remark=mask(one.remark)) for one in draft.answers.values()),
        comment=mask(draft.comment),
        runs=tuple(runs),
    )
    found = [
        Improvement(
            item=item,
            what=mask(one.what),
            category=one.category,
            opened_at=at,
            by=draft.by,
            owner=one.owner or gate.item.owner,
            due=one.due,
            channel=one.channel,
            blocks=one.blocks,
            scenarios=proving(gate.item, gate.scenarios, one.channel),
        )
        for one in draft.findings
    ]
    kept, improvements = await gate.store.reviews.put(review, found)
    return HandedIn(kept.id, tuple(improvements))
