"""Where covers, outlines and captions are drawn over a picture: a window that no page under test knows of."""

from __future__ import annotations

import asyncio
import base64
import html
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from prober.channels.web.engine import Browser, Gone, NotFetched, Page, TooLong, spoken
from prober.errors import RobotBroken
from prober.loading.masking import MASK

_DRAW_S = 5.0
_STRIP = 34
"""The height of the line under the picture, for what is not in it."""
_STYLE = """
body { margin: 0; background: #fff; font: 14px/20px sans-serif; }
img { display: block; }
i, b, span, p { position: absolute; box-sizing: border-box; font-style: normal; font-weight: normal; }
i { background: #4a5563; color: #fff; overflow: hidden;
    display: flex; align-items: center; justify-content: center; }
b { border: 3px solid #d9480f; border-radius: 4px; }
span { background: #d9480f; color: #fff; padding: 1px 8px; white-space: nowrap; max-width: 90%; overflow: hidden; }
p { left: 0; right: 0; margin: 0; padding: 7px 12px; background: #d9480f; color: #fff; white-space: nowrap; }
"""

Box = tuple[float, float, float, float]
"""x, y, width and height in CSS pixels, from the picture's upper left corner."""


@dataclass(frozen=True)
class Outline:
    """A mark with where it was found; *boxes* is empty where nothing is to be outlined."""

    caption: str
    boxes: tuple[Box, ...] = ()


class Darkroom:
    """One blank window, without scripts or network, shared by all runs in a browser."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._page: Page | None = None

    async def open(self, browser: Browser | None) -> None:
        """Open the window of *browser*, where it is not open, so that no step has to wait for it."""
        if browser is not None:
            async with self._lock:
                with spoken(browser):
                    await self._opened(browser)

    async def draw(
        self, browser: Browser, image: bytes, covers: Sequence[Box], outlines: Sequence[Outline], size: tuple[int, int]
    ) -> bytes:
        """
        Return *image*, a PNG of *size* (width and height in CSS pixels), with all that drawn over it, as PNG.

        Raises:
            Gone, TooLong, TimeoutError: The browser does not get it done.
        """
        width, height = size
        strip = _STRIP if any(not _inside(one, width, height) for one in outlines) else 0
        async with self._lock:
            try:
                async with asyncio.timeout(_DRAW_S):
                    with spoken(browser):
                        page = await self._opened(browser)
                        await page.set_viewport_size({"width": width, "height": height + strip})
                        await page.set_content(_drawing(image, covers, outlines, size))
                        return await page.screenshot()
            except (Gone, NotFetched, TooLong, TimeoutError):
                await self._leave()
                raise

    async def _opened(self, browser: Browser) -> Page:
        if self._page is None or self._page.is_closed() or self._page.context.browser is not browser:
            await self._leave()
            self._page = await browser.new_page(java_script_enabled=False, offline=True)
        return self._page

    async def _leave(self) -> None:
        page, self._page = self._page, None
        if page is not None:
            with suppress(Gone, TooLong, NotFetched, TimeoutError, RobotBroken), spoken(page.context.browser):
                async with asyncio.timeout(1):
                    await page.context.close()


def _drawing(image: bytes, covers: Sequence[Box], outlines: Sequence[Outline], size: tuple[int, int]) -> str:
    width, height = size
    png = base64.b64encode(image).decode()
    drawn = [f"<style>{_STYLE}</style><img src='data:image/png;base64,{png}' width={width} height={height}>"]
    drawn += [f"<i style='{_at(cover)}'>{MASK}</i>" for cover in covers]
    for outline in outlines:
        caption = html.escape(outline.caption)
        seen = _inside(outline, width, height)
        drawn += [f"<b style='{_at(_grown(box))}'></b>" for box in seen]
        if seen:
            x, y = max(seen[0][0] - 4, 0), seen[0][1] - 26
            below = seen[0][1] + seen[0][3] + 5
            drawn.append(f"<span style='left:{x}px;top:{y if y >= 0 else min(below, height - 22)}px'>{caption}</span>")
        else:
            where = " (outside of the picture)" if outline.boxes else ""
            drawn.append(f"<p style='top:{height}px;height:{_STRIP}px'>{caption}{where}</p>")
    return "".join(drawn)


def _inside(outline: Outline, width: int, height: int) -> list[Box]:
    """Return the boxes of which something is in the picture."""
    return [
        box
        for box in outline.boxes
        if box[0] < width and box[1] < height and box[0] + box[2] > 0 and box[1] + box[3] > 0
    ]


def _grown(box: Box) -> Box:
    x, y, width, height = box
    return x - 4, y - 4, width + 8, height + 8


def _at(box: Box) -> str:
    x, y, width, height = box
    return f"left:{x:.1f}px;top:{y:.1f}px;width:{width:.1f}px;height:{height:.1f}px"
