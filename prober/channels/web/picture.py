"""
A picture of the page, with what it is about pointed out and what is private covered.

The page itself is only looked at. Outlines, captions and covers are drawn in a window of their own, the darkroom, so
that neither the page's scripts nor the times of later steps meet any of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from prober.channels.web.archives import Mask
from prober.channels.web.darkroom import Box, Darkroom, Outline
from prober.channels.web.engine import Gone, NotFetched, Page, TooLong, spoken
from prober.channels.web.window import Mark, Window

_FRAME_S = 1.0
_BOXES = "els => window.__prober ? els.map(window.__prober.box) : []"


async def take(window: Window, mask: Mask, darkroom: Darkroom) -> bytes | None:
    """Return the page in front as PNG; None where it cannot be drawn any more, or not be told what to cover."""
    with suppress(Gone, NotFetched, TooLong, TimeoutError):
        page = window.front.page
        # What moves meanwhile is covered where it was and where it is.
        covers = await _covers(window, page, mask)
        image = await window.screenshot()
        covers += await _covers(window, page, mask)
        if image is None:
            return None
        outlines = [Outline(mask(mark.caption), await _boxes(window, mark)) for mark in window.marks]
        size, browser = page.viewport_size, window.browser
        if size is None or browser is None:
            return None
        if not covers and not outlines:
            return image
        return await darkroom.draw(browser, image, covers, outlines, (size["width"], size["height"]))
    return None


async def _covers(window: Window, page: Page, mask: Mask) -> list[Box]:
    """Return where something private stands in the picture. Raises TooLong where the page does not say."""
    written = await window.ask(None, "() => window.__prober?.written()")
    if written is None:
        raise TooLong("the page does not say what is written where")
    # In a thread: a large page has thousands of texts, and other runs go on meanwhile.
    covers = [_box(one["box"]) for one in await asyncio.to_thread(_private, written, mask)]
    for frame in page.frames[1:]:
        with suppress(Gone, NotFetched), spoken(window.browser):  # it may leave the page meanwhile
            covers += await _frame_cover(frame, mask)
    return covers


def _private(written: Sequence[dict[str, Any]], mask: Mask) -> list[dict[str, Any]]:
    """Return the smallest of the elements (in document order, *end* past its last descendant) that hold such a text."""
    # All texts at once: what a search costs is paid once.
    texts = mask.document([[one["text"], one["own"]] for one in written])
    hides = [one["secret"] or text != one["text"] for one, (text, _) in zip(written, texts, strict=True)]
    return [
        one
        for at, (one, (_, own)) in enumerate(zip(written, texts, strict=True))
        if hides[at] and (one["secret"] or not any(hides[at + 1 : one["end"]]) or own != one["own"])
    ]


async def _frame_cover(frame: Any, mask: Mask) -> list[Box]:
    """Return the place of a frame, unless it is known to hold nothing private."""
    element = await frame.frame_element()
    box = await element.bounding_box()
    try:
        async with asyncio.timeout(_FRAME_S):
            hides = await asyncio.to_thread(mask.hides, await frame.evaluate(_FRAME_TEXT))
    except TimeoutError:
        hides = True
    return [] if box is None or not hides else [(box["x"], box["y"], box["width"], box["height"])]


_FRAME_TEXT = """() => [document.body?.innerText ?? "",
  ...[...document.querySelectorAll("input, textarea")].map((el) => el.value)].join("\\n")"""


async def _boxes(window: Window, mark: Mark) -> tuple[Box, ...]:
    if mark.where is None:
        return ()
    return tuple(_box(one) for one in await window.ask(mark.where, _BOXES) or ())


def _box(told: Sequence[float]) -> Box:
    x, y, width, height = told
    return x, y, width, height
