"""What the customer's eyes do: see, not see, read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prober.channels.web import locate
from prober.channels.web.actions import NotSee, Read, See
from prober.channels.web.engine import Locator
from prober.channels.web.locate import Found, Level
from prober.channels.web.moment import Moment, ambiguous, missing, shortfall, wrong
from prober.channels.web.window import Look, Mark, Window
from prober.judge import values
from prober.judge.expect import Match, match, normalise, source
from prober.model.run import Observation, Seen
from prober.model.value import Capture

_FIND = "(els, [source, hidden]) => els.slice(0, 1).flatMap(el => window.__prober?.find(el, source, hidden) ?? [])"
_TEXTS = "els => els.map(el => el.innerText)"


@dataclass(frozen=True)
class Sight:
    """What was wanted is there, since *at_s*; *readable* is false while a value to be captured is not there yet."""

    at_s: float
    text: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    readable: bool = True


class TextWatch:
    """Whether the page shows a text, tried again at each change; it knows when it last did not."""

    def __init__(self, window: Window, wanted: See | NotSee, moment: Moment) -> None:
        self._window, self._wanted, self._moment = window, wanted, moment
        self._otherwise_s: float | None = None
        self.best: Sight | None = None
        """The text, where it is there without the value that was to be captured."""

    async def see(self) -> Sight | None:
        """Return the text as it is seen, None if it is not; a condition for `Window.watch`."""
        look = await self._window.look(self._moment.left_s)
        if look is None:
            return None
        where, words = await self._scope(look)
        found = match(self._wanted.text, words) if words else None
        if found is None:
            self._otherwise_s = look.at_s
            return None
        sight = await self._sight(look, where, found)
        if sight.readable:
            return sight
        self.best, self._otherwise_s = self.best or sight, look.at_s
        return None

    async def not_see(self) -> Sight | None:
        """Return since when the text is not seen, None while it is; a condition for `Window.watch`."""
        look = await self._window.look(self._moment.left_s)
        if look is None or look.loading:
            return None
        where, words = await self._scope(look)
        if match(self._wanted.text, words):
            self._otherwise_s = look.at_s
            return None
        went_s = await self._went_s(look, where)
        return Sight(max(went_s, self._otherwise_s or 0.0))

    async def _scope(self, look: Look) -> tuple[Locator, str]:
        """Return where the text is looked for, and what that shows."""
        body = self._window.front.root.locator("body")
        if self._wanted.in_ is None:
            return body, look.text
        found = await locate.find(self._window, locate.place, self._wanted.in_)
        if found is None:
            return body, ""
        texts = await self._window.ask(found.locator, _TEXTS)
        return found.locator, "\n".join(texts or [])

    async def _sight(self, look: Look, where: Locator, found: Match) -> Sight:
        told = await self._window.ask(where, _FIND, [source(found.text), False]) or []
        spots = [locate.levels(self._window, levels) for levels in told]
        level, readable = chosen(spots, found.text, self._moment.captures)
        if level is None:
            return Sight(look.at_s, found.text, found.groups, readable=readable)
        at_s = level.since_s
        if self._otherwise_s is not None and at_s < self._otherwise_s:
            at_s = look.at_s  # no change that was noted made it so; it was seen now
        return Sight(at_s, level.text.strip(), found.groups, readable)

    async def _went_s(self, look: Look, where: Locator) -> float:
        """Return since when the text is gone: taken away, or hidden; the stimulus where it was never seen."""
        window, text = self._window, self._wanted.text
        gone = await window.ask(None, "() => window.__prober?.gone()") or []
        instants = [window.clock(one["origin"]).at_s(one["at"]) for one in gone if match(text, one["text"])]
        if not text.regex:
            hidden = await window.ask(where, _FIND, [source(text.text), True]) or []
            instants += [locate.levels(window, levels)[0].since_s for levels in hidden]
        if instants:
            return max(instants)
        return self._moment.stimulus_s if self._otherwise_s is None else look.at_s


def chosen(spots: Sequence[Sequence[Level]], expected: str, captures: Sequence[Capture]) -> tuple[Level | None, bool]:
    """
    Return the text to capture from, and whether it holds the values wanted.

    That is the smallest element with the expected text; where that has no value, what encloses it, at most two up.
    """
    if not spots:
        return None, not captures
    if not captures:
        return spots[0][0], True
    bare = normalise(expected)
    for height in range(max(map(len, spots))):
        for level in (spot[height] for spot in spots if height < len(spot)):
            if normalise(level.text) != bare and all(_readable(one, level.text) for one in captures):
                return level, True
    own = [spot[0] for spot in spots]
    return next((level for level in own if normalise(level.text) != bare), own[0]), False


def beyond(spot: Sequence[Level], name: str) -> Level:
    """Return the element's text or, where that is but the name it was found by, the first around it with more."""
    return next((level for level in spot if normalise(level.text) != normalise(name)), spot[0])


def _readable(wanted: Capture, text: str) -> bool:
    return values.capture(wanted, text).value is not None


async def see(window: Window, wanted: See, moment: Moment) -> Observation:
    """Wait until the page shows the text, and the value to be captured beside it."""
    watch = TextWatch(window, wanted, moment)
    sight = await window.watch(watch.see, moment.until_s) or watch.best
    if sight is None:
        return await _not_seen(window, wanted)
    return seen(sight, moment, expected=_words(wanted))


async def _not_seen(window: Window, wanted: See) -> Observation:
    """Return what is there instead; where one element was looked at, what that says."""
    expected = _words(wanted)
    if wanted.in_ is None:
        window.marks.append(Mark(f"not on this page: {expected}"))
        return await shortfall(window, Seen.NOTHING, expected=expected)
    found = await locate.find(window, locate.place, wanted.in_)
    if found is None:
        return await missing(window, wanted.in_, "place", expected=expected)
    return await wrong(window, wanted.in_, found, expected=expected)


async def not_see(window: Window, wanted: NotSee, moment: Moment) -> Observation:
    """Wait until the page does not show the text."""
    sight = await window.watch(TextWatch(window, wanted, moment).not_see, moment.until_s)
    if sight is None:
        where = None if wanted.text.regex else window.front.root.get_by_text(wanted.text.text).locator("visible=true")
        window.marks.append(Mark(f"{wanted.text} should not be here", where))
        return await shortfall(window, Seen.NOTHING, expected=f"no {_words(wanted)}")
    return seen(sight, moment, expected=f"no {_words(wanted)}")


async def read(window: Window, wanted: Read, moment: Moment) -> Observation:
    """Wait until the element is there with a text, and return its text."""
    expected = f"a text at ‘{wanted.element}’"
    otherwise_s: float | None = None
    best: Sight | None = None

    async def condition() -> Found | Sight | None:
        nonlocal best, otherwise_s
        look = await window.look(moment.left_s)
        found = await locate.find(window, locate.readable, wanted.element, wanted.in_) if look else None
        if look is None or (found and len(found.says) > 1):
            return None if look is None or look.loading else found
        level, readable = chosen([found.levels], wanted.element, moment.captures) if found else (None, False)
        if found and not moment.captures:
            level = beyond(found.levels, wanted.element)
        if level is None or not level.text.strip():
            otherwise_s = look.at_s
            return None
        at_s = look.at_s if otherwise_s and level.since_s < otherwise_s else level.since_s
        said = Sight(at_s, level.text.strip())
        if readable:
            return said
        best, otherwise_s = best or said, look.at_s
        return None

    sight: Found | Sight | None = await window.watch(condition, moment.until_s) or best
    if isinstance(sight, Found):
        return ambiguous(window, sight, expected=expected)
    if sight is None:
        return await _not_read(window, wanted, expected=expected)
    return seen(sight, moment, expected=expected)


async def _not_read(window: Window, wanted: Read, *, expected: str) -> Observation:
    found = await locate.find(window, locate.readable, wanted.element, wanted.in_)
    if found is None or len(found.says) > 1:
        return await missing(window, wanted.element, "fill", expected=expected)
    return await wrong(window, wanted.element, found, expected=expected)


def seen(sight: Sight, moment: Moment, *, expected: str) -> Observation:
    already = sight.at_s < moment.stimulus_s
    return Observation(
        Seen.EXPECTED,
        took_s=max(sight.at_s - moment.stimulus_s, 0.0),
        expected=expected,
        text=sight.text,
        groups=sight.groups,
        facts={"already_there": True} if already else {},
    )


def _words(wanted: See | NotSee) -> str:
    inside = f" in ‘{wanted.in_}’" if wanted.in_ else ""
    return f"text {wanted.text}{inside}"
