"""A captcha that the operator's own program answers: `captcha`."""

from __future__ import annotations

import asyncio
import dataclasses
import shlex

from prober.channels.timing import monotonic
from prober.channels.web import inputs, locate
from prober.channels.web.actions import Captcha, Fill
from prober.channels.web.engine import Locator, TooLong, spoken
from prober.channels.web.moment import Moment, ambiguous, missing
from prober.channels.web.window import Window
from prober.errors import RobotBroken
from prober.model.run import Observation, Seen

_NEAREST = "xpath=ancestor::*[.//img or .//canvas][1]/descendant::*[self::img or self::canvas][1]"
_PICTURE_S = 5.0
_STEPS = 24
"""Of a drag: as many as a hand makes in half a second."""
_CURE = "Look at channels.web.captcha in config.yaml: it reads a PNG picture, and writes the answer."


async def answer(window: Window, wanted: Captcha, moment: Moment, program: str) -> Observation:
    """
    Have *program* read the picture beside the field, and type what it says; or drag the slider so far.

    Raises:
        RobotBroken: There is no such program, or it has no answer.
    """
    if not program:
        raise RobotBroken("there is nobody to answer a captcha", cure="Name a program as channels.web.captcha.")
    words = f"to answer the captcha at ‘{wanted.element}’"
    field = await _found(window, wanted.element, wanted.in_, moment)
    if field is None:
        return await missing(window, wanted.element, "fill", expected=words)
    if len(field.says) > 1:
        return ambiguous(window, field, expected=words)
    picture = field.locator.locator(_NEAREST)
    if wanted.picture is not None:
        named = await _found(window, wanted.picture, wanted.in_, moment)
        if named is None:
            return await missing(window, wanted.picture, "click", expected=words)
        picture = named.locator
    try:
        with spoken(window.browser):
            shown = await window.unless_blocked(picture.first.screenshot(timeout=_PICTURE_S * 1000))
    except TooLong:
        return await missing(window, wanted.picture or f"a picture near {wanted.element}", "click", expected=words)
    said = await _said(program, shown, moment.left_s)
    window.answered = True
    if not wanted.drag:
        typed = await inputs.do(window, Fill({wanted.element: said}, wanted.in_), moment)
        return dataclasses.replace(typed, expected=words)
    moment.acted(await _drag(window, field.locator, _pixels(said)))
    return Observation(Seen.EXPECTED, expected=words)


async def _found(window: Window, said: str, inside: str | None, moment: Moment) -> locate.Found | None:
    async def there() -> locate.Found | None:
        await window.look(moment.left_s)
        return await locate.find(window, locate.anything, said, inside)

    return await window.watch(there, moment.until_s)


async def _said(program: str, picture: bytes, within_s: float) -> str:
    """Return what *program* writes when it is given *picture*."""
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(*shlex.split(program), stdin=pipe, stdout=pipe, stderr=pipe)
    except (OSError, ValueError) as exc:
        raise RobotBroken(f"the program that answers captchas cannot be started: {exc}", cure=_CURE) from exc
    try:
        async with asyncio.timeout(max(within_s, 0)):
            answer, errors = await process.communicate(picture)
    except TimeoutError:
        raise RobotBroken(f"the program that answers captchas said nothing in {within_s:.1f} s", cure=_CURE) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    said = answer.decode(errors="replace").strip()
    if process.returncode or not said:
        why = errors.decode(errors="replace").strip().rpartition("\n")[2] or f"exit code {process.returncode}"
        raise RobotBroken(f"the program that answers captchas has no answer: {why}", cure=_CURE)
    return said


def _pixels(said: str) -> float:
    try:
        return float(said)
    except ValueError:
        what = f"the program that answers captchas was to say how many pixels, and said «{said[:80]}»"
        raise RobotBroken(what, cure=_CURE) from None


async def _drag(window: Window, handle: Locator, right_px: float) -> float:
    """Drag it, and return the instant at which it was let go."""
    mouse = window.front.page.mouse
    with spoken(window.browser):
        box = await window.unless_blocked(handle.bounding_box())
        if box is None:
            raise RobotBroken("the slider's handle went out of sight", cure="Play the scenario once more.")
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        await mouse.move(x, y)
        await mouse.down()
        await mouse.move(x + right_px, y, steps=_STEPS)
        let_go_s = monotonic()
        await window.unless_blocked(mouse.up())
    return let_go_s
