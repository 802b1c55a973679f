"""A film of a run: its page as it stood after each step, masked, one after the other as an animated WebP."""

from __future__ import annotations

import asyncio
import io
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from prober.channels.web.apart import serve, work
from prober.channels.web.archives import Unreadable
from prober.channels.web.config import Keep
from prober.model.run import Observation

_FRAMES = 40
_HELD_BYTES = 32_000_000
_SHOWN_S = 0.5, 3.0
_LARGEST = 960, 960
_BAR = 26
_QUALITY = 80
_INK, _DONE, _WRONG, _WORDS = "#1a2130", "#48c3d8", "#c2203a", "#ffffff"


@dataclass(frozen=True)
class Still:
    """The page after a step: *picture* is a masked PNG, shown for *shown_s* above the *caption*."""

    picture: bytes
    caption: str
    shown_s: float
    wrong: bool


class Film:
    """The latest stills of one run, held until it is known whether they are kept."""

    def __init__(self, keep: Keep) -> None:
        self.keep = keep
        self.stills: deque[Still] = deque(maxlen=_FRAMES)

    @property
    def wanted(self) -> bool:
        """Whether a picture is to be taken after each step."""
        return self.keep is not Keep.NEVER

    def add(self, picture: bytes, seen: Observation, *, step: int | None, wrong: bool) -> None:
        """Show the masked PNG *picture* for as long as its step took, within limits."""
        if not self.wanted:
            return
        shortest_s, longest_s = _SHOWN_S
        took_s = seen.took_s or 0.0
        number = "" if step is None else f"{step + 1}"
        caption = "   ".join(filter(None, (number, f"{took_s:.2f} s" if seen.took_s is not None else "")))
        self.stills.append(Still(picture, caption, min(max(took_s, shortest_s), longest_s), wrong))
        while len(self.stills) > 1 and sum(len(still.picture) for still in self.stills) > _HELD_BYTES:
            self.stills.popleft()

    async def made(self, within_s: float) -> tuple[str, bytes]:
        """Return name and content of the film, made by a process of its own; where it cannot be, but the word of it."""
        try:
            async with asyncio.timeout(max(within_s, 0)):
                return "film.webp", await work(__name__, list(self.stills))
        except (Unreadable, OSError) as exc:  # a TimeoutError is an OSError
            why = str(exc) or "it took too long"
            return "film.webp.txt", f"film.webp was not kept: it could not be made ({why}).\n".encode()


def developed(stills: Sequence[Still]) -> bytes:
    """
    Return *stills* as an animated WebP that begins anew at its end; the last one stands longest.

    Raises:
        Unreadable: One is no picture.
    """
    try:
        pictures = [_small(still.picture) for still in stills]
    except (OSError, ValueError, SyntaxError) as exc:
        raise Unreadable(f"a still is no picture: {exc!r}") from exc
    size = max(one.width for one in pictures), max(one.height for one in pictures)
    frames = [_frame(picture, still, size) for picture, still in zip(pictures, stills, strict=True)]
    for at, frame in enumerate(frames, start=1):
        width, height = frame.size
        ImageDraw.Draw(frame).rectangle((0, height - _BAR, width * at // len(frames), height - _BAR + 2), fill=_DONE)
    shown_ms = [round(still.shown_s * 1000) for still in stills[:-1]] + [round(_SHOWN_S[1] * 1000)]
    made = io.BytesIO()
    frames[0].save(
        made,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=shown_ms,
        loop=0,
        quality=_QUALITY,
        method=2,
    )
    return made.getvalue()


def _small(picture: bytes) -> Image.Image:
    with Image.open(io.BytesIO(picture)) as image:
        image.thumbnail(_LARGEST)
        return image.convert("RGB")


def _frame(picture: Image.Image, still: Still, size: tuple[int, int]) -> Image.Image:
    """Return *picture* on a frame of *size*, with its caption in a bar beneath."""
    width, height = size
    frame = Image.new("RGB", (width, height + _BAR), _INK)
    frame.paste(picture, ((width - picture.width) // 2, 0))
    draw = ImageDraw.Draw(frame)
    if still.wrong:
        draw.rectangle((0, height, width, height + _BAR), fill=_WRONG)
    draw.text((12, height + _BAR // 2 + 1), still.caption, fill=_WORDS, font=ImageFont.load_default(14), anchor="lm")
    return frame


if __name__ == "__main__":
    sys.exit(serve(developed))
