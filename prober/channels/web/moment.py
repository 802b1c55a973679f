"""One step's frame: when it began, what it is measured from, and what it says when what was wanted did not come."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from prober.channels.timing import Stimulus, monotonic
from prober.channels.web.barriers import PASSING
from prober.channels.web.circumstances import barrier_before, circumstances, unreachable
from prober.channels.web.engine import Gone, browser_ended
from prober.channels.web.locate import Found
from prober.channels.web.window import Blocked, Look, Mark, Window
from prober.loading.fields import did_you_mean
from prober.model.run import Observation, Seen
from prober.model.value import Capture

_EXCERPT = 160


@dataclass(frozen=True)
class Moment:
    """A step under way: instants of the monotonic clock, and the values to be captured from what it brings back."""

    verb: str
    started_s: float
    until_s: float
    stimulus: Stimulus
    stimulus_s: float
    captures: tuple[Capture, ...] = ()

    @property
    def left_s(self) -> float:
        """The seconds left until the deadline."""
        return self.until_s - monotonic()

    def acted(self, at_s: float) -> None:
        """Note the instant of this step's own act: what is waited for from now on is measured from there."""
        self.stimulus.mark(at_s, self.verb)


def excerpt(text: str) -> str:
    """Return the beginning of a page's text, on one line."""
    line = " ".join(text.split())
    return f"«{line[:_EXCERPT]}…»" if len(line) > _EXCERPT else f"«{line}»"


def shown(look: Look | None) -> str:
    """Return what the customer has before them, in words."""
    if look is None:
        return "the page does not answer: it is still on its way, or busy, or no HTML"
    return f"{look.url} ({look.title or 'no title'}): {excerpt(look.text)}"


async def shortfall(window: Window, otherwise: Seen, *, expected: str) -> Observation:
    """
    Return why what was wanted is not there: the page could not be fetched, was an error, or is another one.

    Raises:
        RobotBroken: The robot's own network, proxy or browser kept the page from being fetched or seen.
    """
    tab, look = window.front, await last_look(window)
    if look is None and not await window.alive():
        raise browser_ended()
    if tab.failed and tab.failed != "ABORTED":
        return await unreachable(window, tab.trail[-1] if tab.trail else tab.page.url, tab.failed, expected=expected)
    if (barrier := await barrier_before(window, look)) is not None and not window.answered:
        actual = f"{barrier.name} stands before {shown(look)}; {PASSING}"
        return Observation(Seen.BARRED, expected=expected, actual=actual, facts={"barrier": barrier.name})
    if tab.status is not None and tab.status >= 400:
        actual, facts = f"HTTP {tab.status} at {shown(look)}", {"status": tab.status}
        return Observation(Seen.HTTP_ERROR, expected=expected, actual=actual, facts=facts)
    told = await circumstances(window, look)
    told += [f"{barrier.name} stands there, which was answered before"] if barrier is not None else []
    # While an answer is awaited the browser says nothing of the page that asked for it.
    actual = "; ".join(told if look is None and tab.awaited else [*told, shown(look)])
    return Observation(
        otherwise,
        expected=expected,
        actual=actual,
        doubtful=not tab.circling and (look is None or tab.awaited is not None),
    )


async def last_look(window: Window) -> Look | None:
    """Return what the page shows, for words and evidence; None where it does not answer."""
    try:
        return await window.look(0)
    except (Gone, TimeoutError, Blocked):
        return None


async def missing(window: Window, said: str, kind: str, *, expected: str) -> Observation:
    """Return that nothing on the page is called *said*, and what the things there are called."""
    if (seen := await shortfall(window, Seen.MISSING_ELEMENT, expected=expected)).seen is not Seen.MISSING_ELEMENT:
        return seen
    window.marks.append(Mark(f"not on this page: ‘{said}’ ({expected})"))
    there = await _names(window, kind)
    actual = f"nothing is called ‘{said}’: {seen.actual}"
    if there is not None:
        hint = did_you_mean(said, there) or (
            f"there are: {', '.join(there[:12])}" if there else "there is none of its kind"
        )
        actual += f"; {hint}"
    return dataclasses.replace(seen, actual=actual)


async def _names(window: Window, kind: str) -> list[str] | None:
    """Return what things of that kind are called; None where the page does not say, which hinders no verdict."""
    try:
        names: list[str] | None = await window.ask(None, "kind => window.__prober?.names(kind)", kind)
    except (TimeoutError, Blocked):
        return None
    return names


def ambiguous(window: Window, found: Found, *, expected: str) -> Observation:
    """Return that several visible elements bear the name, and which."""
    window.marks.append(Mark(f"{len(found.says)} elements have this name ({expected})", found.locator))
    which = ", ".join(found.says[:5]) + (", …" if len(found.says) > 5 else "")
    actual = f"{len(found.says)} elements have this {found.how}: {which}; add `in:`, a role (link:…) or css:"
    return Observation(Seen.AMBIGUOUS_ELEMENT, expected=expected, actual=actual)


async def wrong(window: Window, said: str, found: Found, *, expected: str) -> Observation:
    """Return that the element called *said* is there, and says something else, or nothing yet."""
    seen = await shortfall(window, Seen.WRONG_CONTENT, expected=expected)
    if seen.seen is not Seen.WRONG_CONTENT:
        return seen
    window.marks.append(Mark(f"expected {expected}", found.locator))
    says = found.levels[0].text.strip() if found.levels else ""
    if not says:
        return dataclasses.replace(seen, seen=Seen.NOTHING, actual=f"‘{said}’ is there, but empty: {seen.actual}")
    return dataclasses.replace(seen, actual=f"‘{said}’ says {excerpt(says)}: {seen.actual}")
