"""Holds a page against the picture a person has approved: `looks_like`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prober.channels.timing import monotonic
from prober.channels.web import locate, looks, picture
from prober.channels.web.moment import Moment
from prober.channels.web.page_checks import LooksLike
from prober.channels.web.studio import Studio
from prober.channels.web.window import Window
from prober.errors import RobotBroken
from prober.model.run import Evidence, Observation, Seen

CANDIDATE = "-candidate-"
"""Stands before the name that a picture would have if it were approved."""


async def looks_like(window: Window, wanted: LooksLike, moment: Moment, studio: Studio, approved: Path) -> Observation:
    """
    Wait until the page looks as the picture *approved*; where it does not, keep the candidate for the next one.

    Raises:
        RobotBroken: There is no such picture yet; a candidate was kept.
    """
    try:
        before = await asyncio.to_thread(looks.approved_picture, approved)
    except RobotBroken:
        await studio.keep("candidate", await _taken(window, wanted, studio), ending=f"{CANDIDATE}{approved.name}")
        raise
    now, found = b"", looks.Difference(1.0, why="the page, or that part of it, cannot be drawn")

    async def alike() -> bool | None:
        nonlocal now, found
        if await window.look(moment.left_s) is None or (taken := await _taken(window, wanted, studio)) is None:
            return None
        now, found = taken, await asyncio.to_thread(looks.difference, before, taken)
        return found.share <= wanted.tolerance or None

    right = await window.watch(alike, moment.until_s)
    began_s = monotonic()
    kept: tuple[Evidence, ...] = ()
    if not right:
        kept = await studio.keep("candidate", now, ending=f"{CANDIDATE}{approved.name}")
        kept += await studio.keep("approved", before, ending="-approved.png")
        kept += await studio.keep("difference", found.picture, ending="-unlike.png")
    return Observation(
        Seen.EXPECTED if right else Seen.OTHER_LOOK,
        expected=f"no more than {wanted.tolerance:.2%} unlike {approved.name}",
        actual=found.why or f"{found.share:.2%} of it are unlike",
        facts={"unlike": round(found.share, 5)},
        evidence=kept,
        evidence_s=monotonic() - began_s,
    )


async def _taken(window: Window, wanted: LooksLike, studio: Studio) -> bytes | None:
    found = [await locate.find(window, locate.anything, one) for one in wanted.hide]
    taken = await studio.take(whole=wanted.whole, hide=[one.locator for one in found if one is not None])
    if taken is None or wanted.in_ is None:
        return taken
    part = await locate.find(window, locate.place, wanted.in_)
    boxes = await picture.boxes(window, part.locator) if part else ()
    return await asyncio.to_thread(looks.cut, taken, boxes[0]) if boxes else None
