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
from prober.channels.web.engine import Gone, Locator, NotFetched, Page, TooLong, spoken
from prober.channels.web.window import Blocked, Mark, Window

_FRAME_S = 1.0
_SIZE = """whole => whole
  ? [document.documentElement.scrollWidth, document.documentElement.scrollHeight] : [innerWidth, innerHeight]"""
_BOXES = "els => window.__prober ? els.map(window.__prober.box) : []"


async def take(
    window: Window, mask: Mask, darkroom: Darkroom, *, whole: bool = False, hide: Sequence[Locator] = ()
) -> bytes | None:
    """
    Return what is in view of the page in front, or the *whole* of it, as PNG; what is to *hide* is covered as well.

    None where it cannot be drawn any more, or not be told what to cover.
    """
    with suppress(Gone, NotFetched, TooLong, TimeoutError, Blocked):
        page = window.front.page
        # What moves meanwhile is covered where it was and where it is.
        covers = await _covers(window, page, mask, whole=whole)
        image = await window.screenshot(whole=whole)
        covers += await _covers(window, page, mask, whole=whole)
        if image is None:
            return None
        for one in hide:
            covers += await boxes(window, one)
        outlines = [Outline(mask(mark.caption), await _marked(window, mark)) for mark in window.marks]
        browser = window.browser
        if browser is None:
            return None
        if not covers and not outlines:
            return image
        width, height = await window.ask(page, _SIZE, whole) or (0, 0)
        return await darkroom.draw(browser, image, covers, outlines, (width, height))
    return None


async def _covers(window: Window, page: Page, mask: Mask, *, whole: bool) -> list[Box]:
    """Return where something private stands in the picture. Raises TooLong where the page does not say."""
    written = await window.ask(page, "whole => window.__prober?.written(whole)", whole)
    left, top = (whole and await window.ask(page, "() => [scrollX, scrollY]")) or (0, 0)
    if written is None:
        raise TooLong("the page does not say what is written where")
    # In a thread: a large page has thousands of texts, and other runs go on meanwhile.
    covers = [_box(one["box"]) for one in await asyncio.to_thread(_private, written, mask)]
    for frame in page.frames[1:]:
        with suppress(Gone, NotFetched), spoken(window.browser):  # it may leave the page meanwhile
            covers += [(x + left, y + top, width, height) for x, y, width, height in await _frame_cover(frame, mask)]
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


async def _marked(window: Window, mark: Mark) -> tuple[Box, ...]:
    return await boxes(window, mark.where) if mark.where is not None else ()


async def boxes(window: Window, where: Locator) -> tuple[Box, ...]:
    """Return where in view the elements *where* are."""
    return tuple(_box(one) for one in await window.ask(where, _BOXES) or ())


def _box(told: Sequence[float]) -> Box:
    x, y, width, height = told
    return x, y, width, height
