"""Going to a page, and how it fared."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urljoin, urlsplit

from prober.channels.timing import monotonic
from prober.channels.web import figures
from prober.channels.web.actions import Back, Open, See
from prober.channels.web.circumstances import no_answer
from prober.channels.web.conditions import TextWatch
from prober.channels.web.engine import TooLong
from prober.channels.web.moment import Moment, shortfall
from prober.channels.web.tab import Tab
from prober.channels.web.window import Blocked, Window
from prober.errors import RobotBroken
from prober.model.run import Observation, Seen
from prober.model.scenario import Pattern

_CRASH_S = 0.5
"""How long after a navigation broke off the browser may take to say that the page crashed."""


async def open_page(window: Window, wanted: Open, moment: Moment, base_url: str) -> Observation:
    """Go there, and wait for its load event or its `ready` text. The navigation start is the stimulus."""
    url = address(wanted.url, base_url)
    words = f"page {url}" + (f" with text {wanted.ready}" if wanted.ready else "")
    tab = await window.usable()
    window.expected_url = url
    return await _go(window, partial(tab.go, url), wanted.ready, moment, url=url, expected=words)


async def go_back(window: Window, wanted: Back, moment: Moment) -> Observation:
    """Go back to the page before, and wait for its load event or the `ready` text."""
    words = "the page before" + (f" with text {wanted.ready}" if wanted.ready else "")
    tab = window.front
    if (before := await tab.before()) is None:
        return Observation(Seen.NOTHING, expected=words, actual=f"there is no page before {tab.page.url}")
    window.expected_url = before
    return await _go(window, tab.go_back, wanted.ready, moment, url=before, expected=words)


async def _go(
    window: Window,
    go: Callable[[float], Awaitable[None]],
    ready: Pattern | None,
    moment: Moment,
    *,
    url: str,
    expected: str,
) -> Observation:
    tab, called_s = window.front, monotonic()
    moment.acted(called_s)
    try:
        await go(moment.left_s)
    except TooLong:
        told, circling = no_answer(tab, url), tab.circling
        nothing = await shortfall(window, Seen.NOTHING, expected=expected)
        return dataclasses.replace(nothing, actual=told, doubtful=not circling)
    if tab.failed:
        return await _not_fetched(window, tab, expected=expected)
    arrived_s = await _arrived(window, ready, moment, called_s)
    started_s = max(window.first_document_s(called_s) or called_s, called_s)
    moment.acted(started_s)
    if arrived_s is None or (tab.status or 0) >= 400:
        seen = await shortfall(window, Seen.NOTHING, expected=expected)
        seen = dataclasses.replace(seen, doubtful=seen.seen is Seen.NOTHING and not tab.circling)
    else:
        seen = Observation(Seen.EXPECTED, expected=expected, facts={"status": tab.status})
    if arrived_s is None:
        return seen
    return await _with_vitals(window, dataclasses.replace(seen, took_s=max(arrived_s - started_s, 0.0)))


def address(url: str, base_url: str) -> str:
    """
    Return the whole address of *url*, a path from *base_url* or an address itself.

    Raises:
        RobotBroken: It is a path, and there is no base to start from.
    """
    if urlsplit(url).scheme:
        return url
    if not base_url:
        raise RobotBroken(
            f"{url} is only a path", cure="Say where it starts from: channels.web.base_url in config.yaml."
        )
    return urljoin(base_url, url)


async def _not_fetched(window: Window, tab: Tab, *, expected: str) -> Observation:
    if tab.failed == "ABORTED":
        await window.change_until(lambda: tab.crashed, _CRASH_S)
        tab.check()
        actual = "the site sent no page to show (a download, or no content)"
        return Observation(Seen.NOTHING, expected=expected, actual=f"{tab.page.url}: {actual}", doubtful=True)
    return await shortfall(window, Seen.UNREACHABLE, expected=expected)


async def _arrived(window: Window, ready: Pattern | None, moment: Moment, called_s: float) -> float | None:
    """Return the instant of the load event, of the ready text, or of a dialog before either; None if none came."""
    if ready is not None:
        sight = await window.watch(TextWatch(window, See(ready), moment).see, moment.until_s)
        return sight.at_s if sight else None

    async def loaded() -> float | None:
        look = await window.look(moment.left_s)
        if look is None or look.loaded_s is None:
            return None
        if look.loaded_s < called_s and window.front.status is None:
            return look.at_s  # only the part behind # changed: the document is the same
        return look.loaded_s if look.loaded_s >= called_s else None

    try:
        return await window.watch(loaded, moment.until_s)
    except Blocked as exc:  # whether it belongs there, the next step tells
        return exc.opened.at_s


async def _with_vitals(window: Window, seen: Observation) -> Observation:
    """Add how the page was fetched and painted, asked for after the clock stopped."""
    asked_s = monotonic()
    told = await figures.told(window)
    facts = {**seen.facts, **figures.facts(told)}
    return dataclasses.replace(seen, timings=figures.timings(told), facts=facts, evidence_s=monotonic() - asked_s)
