"""Whether a page looks as it was approved, picture against picture."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prober.errors import RobotBroken

_NOTICEABLE = 32
"""A difference of a colour, of 255, that people see beside the other."""
_NEAR = 1
"""How many pixels a stroke may stand elsewhere: fonts are drawn anew at each size and place."""
_MARK = (217, 72, 15)


@dataclass(frozen=True)
class Difference:
    """
    How far two pictures differ: *share* of the pixels, 0..1.

    *picture* shows where, as PNG; *why* says it where there is nothing to be shown.
    """

    share: float
    picture: bytes = b""
    why: str = ""


def difference(approved: bytes, now: bytes) -> Difference:
    """Return how far the PNG *now* differs from the PNG *approved*."""
    before, after = _pixels(approved), _pixels(now)
    if before.shape != after.shape:
        sizes = [f"{width}x{height}" for height, width, _ in (before.shape, after.shape)]
        return Difference(1.0, why=f"it is {sizes[1]}, and was {sizes[0]} when it was approved")
    unlike = _unlike(after, before) | _unlike(before, after)
    shown = (after // 3 + 170).astype(np.uint8)
    shown[unlike] = _MARK
    return Difference(float(np.mean(unlike)), _png(shown))


def cut(picture: bytes, box: tuple[float, float, float, float]) -> bytes:
    """Return the part of a PNG within *box*: x, y, width and height."""
    x, y, width, height = box
    with Image.open(io.BytesIO(picture)) as image:
        whole = (
            max(round(x), 0),
            max(round(y), 0),
            min(round(x + width), image.width),
            min(round(y + height), image.height),
        )
        made = io.BytesIO()
        image.crop(whole).save(made, "PNG")
    return made.getvalue()


def approved_picture(path: Path) -> bytes:
    """
    Return the approved picture at *path*.

    Raises:
        RobotBroken: There is none, or it cannot be read.
    """
    try:
        content = path.read_bytes()
        _pixels(content)
    except FileNotFoundError as exc:
        raise RobotBroken(
            f"there is no approved picture {path}",
            cure="Look at the candidate in the report of this run, and accept it: prober approve RUN.",
        ) from exc
    except (OSError, ValueError, SyntaxError) as exc:
        raise RobotBroken(f"the approved picture {path} cannot be read: {exc}", cure="Approve a new one.") from exc
    return content


def _unlike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where a pixel of *one* is like none of *other* at its place or right beside it."""
    height, width, _ = one.shape
    around = np.pad(other, ((_NEAR, _NEAR), (_NEAR, _NEAR), (0, 0)), mode="edge").astype(np.int16)
    wanted = one.astype(np.int16)
    unlike = np.ones((height, width), dtype=bool)
    for down in range(2 * _NEAR + 1):
        for right in range(2 * _NEAR + 1):
            beside = around[down : down + height, right : right + width]
            unlike &= np.abs(wanted - beside).max(axis=2) > _NOTICEABLE
    return unlike


def _pixels(content: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"))


def _png(pixels: NDArray[np.uint8]) -> bytes:
    made = io.BytesIO()
    Image.fromarray(pixels).save(made, "PNG")
    return made.getvalue()
