"""Why what was wanted is not there: no way to it, no answer yet, sent elsewhere, a script that threw."""

from __future__ import annotations

from urllib.parse import urlsplit

from prober.channels.way import way_to
from prober.channels.web.barriers import Barrier, known
from prober.channels.web.causes import cause, is_no_contact, is_ours
from prober.channels.web.tab import Tab
from prober.channels.web.window import Blocked, Look, Window
from prober.errors import RobotBroken
from prober.model.run import Observation, Seen

_NETWORK = "Look at this machine's network, and at channels.web.proxy in config.yaml."
_THROWN = 160
_STANDING = """(barriers) => barriers.findIndex(({shows, holds}) => {
  const seen = one => one.checkVisibility({opacityProperty: true, visibilityProperty: true})
      && one.getBoundingClientRect().width * one.getBoundingClientRect().height > 1
  return shows.some(css => [...document.querySelectorAll(css)].some(seen))
      || holds.some(css => document.querySelector(css))
})"""


async def unreachable(window: Window, url: str, code: str, *, expected: str) -> Observation:
    """
    Return that *url* could not be fetched, for the browser's network error *code*.

    Behind a proxy this machine needs no way there, nor an address of its name; whether the proxy answers is for the
    self-check to say.

    Raises:
        RobotBroken: It is the robot's own network, proxy or browser that failed.
    """
    if is_ours(code):
        raise RobotBroken(f"{url} could not be asked for: {cause(code)}", cure=_NETWORK)
    actual, no_contact = f"{url}: {cause(code)}", is_no_contact(code)
    if no_contact and not window.proxied:
        actual += f"; {await way_to(urlsplit(url).hostname or '')}"
    return Observation(Seen.UNREACHABLE, expected=expected, actual=actual, doubtful=no_contact)


def no_answer(tab: Tab, url: str) -> str:
    """Return in words that *url* has not answered in time with a page."""
    return f"{url} redirects to itself again and again" if tab.circling else f"no answer from {url}"


async def barrier_before(window: Window, look: Look | None) -> Barrier | None:
    """Return what stands before the page in front; None where nothing does, or the page does not say."""
    every = [*window.barriers, *known()]
    text = look.text if look is not None else ""
    told = next((one for one in every if one.tells(text, window.front.headers)), None)
    if told is not None or look is None:
        return told
    signs = [{"shows": one.shows, "holds": one.holds} for one in every]
    try:
        index = await window.ask(window.front.page, _STANDING, signs)
    except (TimeoutError, Blocked):
        return None
    return None if index is None or index < 0 else every[index]


async def circumstances(window: Window, look: Look | None) -> list[str]:
    """Return in words what explains that the page in front does not show what was wanted."""
    tab = window.front
    told = [no_answer(tab, tab.awaited)] if tab.awaited else []
    if look is not None and (came := _came_from(window, look.url)):
        asks = await window.ask(None, "() => window.__prober?.asks()")
        told.append(f"the site had gone from {came} to {_place(look.url)}{', which asks to log in' if asks else ''}")
    if tab.thrown:
        told.append(f"the page's own script threw «{tab.thrown[0][:_THROWN]}»")
    return told


def _came_from(window: Window, url: str) -> str | None:
    """Return where the site led the customer away from: by a redirect, or since something expected was last seen."""
    trail = window.front.trail
    before = trail[-2] if len(trail) > 1 else window.expected_url
    if before is None or _place(before) == _place(url):
        return None
    return _place(before)


def _place(url: str) -> str:
    """Return the path of a page; its whole address would only hide what matters."""
    return urlsplit(url).path or url
