"""Other pages than the one in front: another tab, a frame of the page."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from prober.channels.timing import monotonic
from prober.channels.web import actions
from prober.channels.web.engine import Gone, NotFetched, TooLong, spoken
from prober.channels.web.moment import Moment, shortfall
from prober.channels.web.tab import Tab
from prober.channels.web.window import Window
from prober.errors import RobotBroken
from prober.judge.expect import match, normalise
from prober.model.run import Observation, Seen

_TOP = "top"
_NAMES = "el => [el.title, el.getAttribute('aria-label'), el.name, el.id].filter(Boolean)"


async def go_to(window: Window, wanted: actions.Tab, moment: Moment) -> Observation:
    """Wait for such a tab, and bring it to the front."""
    expected = f"a tab {wanted.page}"
    left = window.front

    async def found() -> Tab | None:
        for tab in reversed(window.tabs):
            if match(wanted.page, f"{await _title(window, tab)}\n{tab.page.url}"):
                return tab
        return None

    tab = await window.watch(found, moment.until_s)
    if tab is None:
        there = "; ".join([f"{await _title(window, one) or 'no title'} ({one.page.url})" for one in window.tabs])
        return Observation(Seen.NOTHING, expected=expected, actual=f"the tabs are: {there}")
    at_s = monotonic()
    await window.bring_to_front(tab)
    if wanted.close and tab is not left:
        with suppress(Gone, TooLong), spoken(window.browser):
            await left.page.close()
    return Observation(Seen.EXPECTED, took_s=max(at_s - moment.stimulus_s, 0.0), expected=expected, actual=tab.page.url)


async def _title(window: Window, tab: Tab) -> str:
    with suppress(Gone, TooLong, NotFetched, RobotBroken), spoken(window.browser):
        return await window.unless_blocked(tab.page.title())
    return ""


async def enter(window: Window, wanted: actions.Frame, moment: Moment) -> Observation:
    """Wait for such a frame, and look and act inside it from now on."""
    tab = window.front
    if wanted.frame == _TOP:
        tab.frame = None
        return Observation(Seen.EXPECTED, took_s=0.0, expected="the page itself")
    expected = f"a frame ‘{wanted.frame}’"
    tab.frame = None

    async def found() -> Any:
        await window.look(moment.left_s)
        frames = [frame for frame in tab.page.frames[1:] if not frame.is_detached()]
        named = [(frame, await _names(window, frame)) for frame in frames]
        name = normalise(wanted.frame)
        for frame, names in named:
            if name in map(normalise, names):
                return frame
        return next((frame for frame in frames if wanted.frame in frame.url), None)

    frame = await window.watch(found, moment.until_s)
    if frame is None:
        names = [" / ".join([*await _names(window, one), one.url]) for one in tab.page.frames[1:]]
        seen = await shortfall(window, Seen.MISSING_ELEMENT, expected=expected)
        if seen.seen is not Seen.MISSING_ELEMENT:
            return seen
        actual = f"the page's frames are: {'; '.join(names) or 'none'}"
        return Observation(Seen.MISSING_ELEMENT, expected=expected, actual=f"{actual}; {seen.actual}")
    at_s = monotonic()
    tab.frame = frame
    return Observation(
        Seen.EXPECTED, took_s=max(at_s - moment.stimulus_s, 0.0), expected=expected, facts={"frame": frame.url}
    )


async def _names(window: Window, frame: Any) -> list[str]:
    with suppress(Gone, TooLong, NotFetched, RobotBroken), spoken(window.browser):
        element = await window.unless_blocked(frame.frame_element())
        names: list[str] = await window.unless_blocked(element.evaluate(_NAMES))
        return names
    return []
