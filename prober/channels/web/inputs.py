"""What the customer's hands do: click, fill, choose, check, press."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from prober.channels.timing import monotonic
from prober.channels.web import locate
from prober.channels.web.actions import Check, Choose, Click, Fill, Press, Upload
from prober.channels.web.engine import Gone, Locator, TooLong, spoken
from prober.channels.web.locate import Found, Naming, Root
from prober.channels.web.moment import Moment, ambiguous, missing, shortfall
from prober.channels.web.window import Blocked, Input, Mark, Window
from prober.model.run import Observation, Seen

_HANDLED_S = 0.25
"""How long after an input the page is given to say that it has handled it; one that was left never says so."""

Act = Callable[[Locator, float], Awaitable[None]]
"""Does it to the element, within so many milliseconds."""


@dataclass(frozen=True)
class _Wanted:
    """One input: to what, what to do, and the words for it. *kind* names the list a missing name is compared with."""

    said: str
    inside: str | None
    naming: Naming
    act: Act
    words: str
    kind: str = "fill"
    text: str = ""


def _click(wanted: Click) -> list[_Wanted]:
    async def act(element: Locator, limit_ms: float) -> None:
        await element.click(timeout=limit_ms, no_wait_after=True)

    words = f"to click ‘{wanted.element}’"
    return [_Wanted(wanted.element, wanted.in_, locate.clickable, act, words, "click")]


def _fill(wanted: Fill, label: str, text: str) -> _Wanted:
    async def act(element: Locator, limit_ms: float) -> None:
        await element.fill(text, timeout=limit_ms)

    return _Wanted(label, wanted.in_, locate.fillable, act, f"to fill in ‘{label}’", text=text)


def _choose(wanted: Choose, label: str, option: str) -> _Wanted:
    def naming(root: Root, said: str) -> Iterator[locate.Tier]:
        yield from locate.option_of(root, said, option)
        yield from locate.fillable(root, said)

    async def act(element: Locator, limit_ms: float) -> None:
        if await element.evaluate("el => el.localName === 'select'", timeout=limit_ms):
            await element.select_option(label=option, timeout=limit_ms)
        else:
            await element.check(timeout=limit_ms)

    return _Wanted(label, wanted.in_, naming, act, f"to choose ‘{option}’ of ‘{label}’")


def _check(wanted: Check) -> list[_Wanted]:
    async def act(element: Locator, limit_ms: float) -> None:
        await element.set_checked(wanted.checked, timeout=limit_ms)

    words = f"to {'tick' if wanted.checked else 'untick'} ‘{wanted.element}’"
    return [_Wanted(wanted.element, wanted.in_, locate.fillable, act, words)]


def _press(wanted: Press) -> list[_Wanted]:
    async def act(element: Locator, _: float) -> None:
        await element.page.keyboard.press(wanted.key)

    return [_Wanted("css:body", None, locate.clickable, act, f"to press {wanted.key}")]


def _upload(wanted: Upload, label: str, path: str) -> _Wanted:
    async def act(element: Locator, limit_ms: float) -> None:
        if await element.evaluate("el => el.matches('input[type=file]')", timeout=limit_ms):
            await element.set_input_files(path, timeout=limit_ms)
            return
        async with element.page.expect_file_chooser(timeout=limit_ms) as chooser:
            await element.click(timeout=limit_ms, no_wait_after=True)
        await (await chooser.value).set_files(path, timeout=limit_ms)

    return _Wanted(label, wanted.in_, locate.uploadable, act, f"to upload a file at ‘{label}’")


Inputs = Click | Fill | Choose | Check | Press | Upload


async def do(window: Window, wanted: Inputs, moment: Moment) -> Observation:
    """
    Do the inputs in the order they are written, each once its element can take it.

    A click or key acts when it is dispatched; a form is done with its last input.
    """
    match wanted:
        case Click():
            return await _do(window, _click(wanted), moment)
        case Press():
            return await _do(window, _press(wanted), moment)
        case Check():
            return await _do(window, _check(wanted), moment, last=True)
        case Fill():
            every = [_fill(wanted, label, text) for label, text in wanted.fields.items()]
        case Choose():
            every = [_choose(wanted, label, option) for label, option in wanted.options.items()]
        case Upload():
            every = [_upload(wanted, label, path) for label, path in wanted.files.items()]
    return await _do(window, every, moment, last=True)


async def _do(window: Window, every: list[_Wanted], moment: Moment, *, last: bool = False) -> Observation:
    window.inputs.clear()
    used: list[str] = []
    called_s = monotonic()
    for wanted in every:
        found = await window.watch(_element(window, wanted, moment), moment.until_s)
        if found is None:
            return await missing(window, wanted.said, wanted.kind, expected=wanted.words)
        if len(found.says) > 1:
            return ambiguous(window, found, expected=wanted.words)
        if found.says[0].startswith("password "):
            window.passwords.append(wanted.text)
        window.typed += [(name, wanted.text) for name in (wanted.said, _own_name(found))]
        called_s = monotonic()
        if failed := await _act(window, wanted, found, moment):
            return failed
        used.append(f"{found.how}: {found.says[0]}")
    came_back_s = monotonic()
    await window.change_until(
        lambda: window.dialog or (_told(window, "input", moment) and window.inputs[-1].kind == "handled"), _HANDLED_S
    )
    inputs = _told(window, "input", moment) or [Input("input", called_s, 0.0)]
    first = inputs[0]
    moment.acted(inputs[-1].at_s if last else first.at_s)
    handled_s = max((one.at_s for one in _told(window, "handled", moment)), default=came_back_s)
    return Observation(
        Seen.EXPECTED,
        took_s=max(handled_s - first.at_s, 0.0),
        timings={"actionable_s": max(first.at_s - moment.started_s, 0.0), "input_delay_s": first.delay_s},
        facts={"locator": "; ".join(used)},
    )


def _own_name(found: Found) -> str:
    """Return what the page calls an element, without the colon or star of a form."""
    return found.says[0].partition("«")[2].rpartition("»")[0].strip(" :：*")


def _element(window: Window, wanted: _Wanted, moment: Moment) -> Callable[[], Awaitable[Found | None]]:
    async def condition() -> Found | None:
        look = await window.look(moment.left_s)
        if look is None:
            return None
        found = await locate.find(window, wanted.naming, wanted.said, wanted.inside)
        # While the page is still coming, what looks like two may yet become one.
        return None if found and len(found.says) > 1 and look.loading else found

    return condition


async def _act(window: Window, wanted: _Wanted, found: Found, moment: Moment) -> Observation | None:
    """Do it; return what kept it from being done, None if nothing did."""
    before = len(window.inputs)
    limit_ms = max(moment.left_s, 0.05) * 1000
    try:
        with spoken(window.browser):
            await window.unless_blocked(wanted.act(found.locator, limit_ms))
    except Blocked:
        await window.change_until(lambda: len(window.inputs) > before, _HANDLED_S)
        if len(window.inputs) == before:  # else it was this input that opened the dialog
            raise
    except TooLong as exc:
        seen = await shortfall(window, Seen.NOTHING, expected=wanted.words)
        hindrance = _hindrance(str(exc))
        hindered = f"{found.says[0]} {hindrance or 'is there, but did not take it in time'}"
        window.marks.append(Mark(hindered, found.locator))
        # What nothing hindered a browser that is too slow would not have done, either.
        return dataclasses.replace(seen, actual=f"{hindered}: {seen.actual}", doubtful=seen.doubtful or not hindrance)
    except Gone:
        if len(window.inputs) == before:  # else it was done, and the page went away over it
            raise
    return None


def _hindrance(log: str) -> str:
    """Return why the element did not take the input, from Playwright's log of its waits; "" if it names none."""
    lines = [line.strip(" -") for line in log.splitlines()]
    covering = next((line for line in lines if "intercepts pointer events" in line), None)
    if covering:
        return f"is there, but covered: {covering.split(' intercepts')[0]}"
    for sign, words in _HINDRANCES.items():
        if sign in log:
            return f"is there, but {words}"
    return ""


_HINDRANCES = {
    "strict mode violation": "so is another of the same name by now",
    "did not find some options": "has no such option",
    "element is not enabled": "is disabled",
    "element is not editable": "is read-only",
    "element is not stable": "keeps moving",
    "element is not visible": "went out of sight",
    "outside of the viewport": "cannot be scrolled into view",
}


def _told(window: Window, kind: str, moment: Moment) -> list[Input]:
    """Return what the page told of this step's inputs; word of an earlier step's may come late."""
    return [one for one in window.inputs if one.kind == kind and one.at_s >= moment.started_s]
