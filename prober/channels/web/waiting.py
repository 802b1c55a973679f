"""Waits for what an element is: there, gone, enabled, checked; and brings one into view: `wait_for`, `scroll`."""

from __future__ import annotations

from prober.channels.web import locate
from prober.channels.web.actions import Scroll, State, WaitFor
from prober.channels.web.conditions import Sight, seen
from prober.channels.web.locate import Found
from prober.channels.web.moment import Moment, ambiguous, missing, shortfall
from prober.channels.web.window import Look, Mark, Window
from prober.model.run import Observation, Seen

_STATES = {
    State.ENABLED: ("enabled", True),
    State.DISABLED: ("enabled", False),
    State.CHECKED: ("checked", True),
    State.UNCHECKED: ("checked", False),
}
_EDGES = ("top", "bottom")


class ElementWatch:
    """Whether an element is what it is waited to be, tried again at each change; it knows when it last was not."""

    def __init__(self, window: Window, wanted: WaitFor, moment: Moment) -> None:
        self._window, self._wanted, self._moment = window, wanted, moment
        self._otherwise_s: float | None = None

    async def see(self) -> Found | Sight | None:
        """Return since when it is, None while it is not, the elements where there are several; for `Window.watch`."""
        look = await self._window.look(self._moment.left_s)
        if look is None:
            return None
        found = await self._found()
        if found and len(found.says) > 1:
            return None if look.loading else found
        at_s = await (self._hidden_s if self._wanted.state is State.HIDDEN else self._shown_s)(look, found)
        return None if at_s is None else Sight(at_s)

    async def _found(self) -> Found | None:
        return await locate.find(self._window, locate.anything, self._wanted.element, self._wanted.in_)

    async def _shown_s(self, look: Look, found: Found | None) -> float | None:
        if found is None or not await self._is(found):
            self._otherwise_s = look.at_s
            return None
        if self._wanted.state is not State.VISIBLE:  # it may have become so after it was found
            found = await self._found() or found
        since_s = found.levels[0].since_s
        # Where no change that was noted made it so, it was seen now.
        return look.at_s if self._otherwise_s is not None and since_s < self._otherwise_s else since_s

    async def _is(self, found: Found) -> bool:
        if self._wanted.state is State.VISIBLE:
            return True
        name, wanted = _STATES[self._wanted.state]
        told = await self._window.ask(found.locator, "els => els.slice(0, 1).map(el => window.__prober?.state(el))")
        return bool(told and told[0] and told[0][name] == wanted)

    async def _hidden_s(self, look: Look, found: Found | None) -> float | None:
        if found is not None:
            self._otherwise_s = look.at_s
            await self._window.ask(found.locator, "els => els.slice(0, 1).map(el => { window.__prober?.keep(el); })")
            return None
        if look.loading:
            return None
        if self._otherwise_s is None:
            return self._moment.stimulus_s
        told = await self._window.ask(None, "() => window.__prober?.went()")
        went_s = self._window.clock(told["origin"]).at_s(told["at"]) if told and told["at"] is not None else 0.0
        return went_s if went_s >= self._otherwise_s else look.at_s


async def wait_for(window: Window, wanted: WaitFor, moment: Moment) -> Observation:
    """Wait until the element is what it is waited to be."""
    expected = f"‘{wanted.element}’ {wanted.state}"
    sight: Found | Sight | None = await window.watch(ElementWatch(window, wanted, moment).see, moment.until_s)
    if isinstance(sight, Found):
        return ambiguous(window, sight, expected=expected)
    if sight is None:
        return await _not_so(window, wanted, expected=expected)
    return seen(sight, moment, expected=expected)


async def _not_so(window: Window, wanted: WaitFor, *, expected: str) -> Observation:
    found = await locate.find(window, locate.anything, wanted.element, wanted.in_)
    if found is None:
        return await missing(window, wanted.element, "click", expected=expected)
    window.marks.append(Mark(f"expected {expected}", found.locator))
    return await shortfall(window, Seen.NOTHING, expected=expected)


async def scroll(window: Window, wanted: Scroll, moment: Moment) -> Observation:
    """Scroll there; what a page does about it is measured from that instant."""
    expected = f"to scroll to {wanted.to}" if wanted.to in _EDGES else f"to scroll to ‘{wanted.to}’"
    if wanted.to in _EDGES:
        told = await window.ask(None, "edge => window.__prober?.scrolled(null, edge)", wanted.to)
    else:

        async def there() -> Found | None:
            look = await window.look(moment.left_s)
            found = await locate.find(window, locate.anything, wanted.to, wanted.in_) if look else None
            return None if look is None or (found and len(found.says) > 1 and look.loading) else found

        found = await window.watch(there, moment.until_s)
        if found is None:
            return await missing(window, wanted.to, "click", expected=expected)
        if len(found.says) > 1:
            return ambiguous(window, found, expected=expected)
        answers = await window.ask(
            found.locator, "els => Promise.all(els.slice(0, 1).map(el => window.__prober?.scrolled(el, null)))"
        )
        told = answers[0] if answers else None
    if told is None:
        return await shortfall(window, Seen.NOTHING, expected=expected)
    clock = window.clock(told["origin"])
    moment.acted(clock.at_s(told["at"]))
    return Observation(Seen.EXPECTED, took_s=(told["done"] - told["at"]) / 1000, expected=expected)
