"""
How much this process plays at once: by channel, by called number, by line; all a run needs is given to it at once.

What other processes hold, and that a person's run goes before the schedule, is the store's to say (`store.leases`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from prober.app.work import Work
from prober.loading.config_service import ServeSettings
from prober.model.line import Line
from prober.model.scenario import Scenario

_PATIENCE = 3
"""So many may go before one that asked earlier, and needs some of the same; then it is its turn."""
_CALLED = {"ivr.dial": "number", "sms.send": "to"}
"""The verbs that call a number, and where they say it."""


@dataclass(frozen=True)
class Needs:
    """What a run needs of what is limited: *shared* things, and one of *lines*."""

    shared: frozenset[str]
    lines: tuple[str, ...]


@dataclass(eq=False)
class Admitted:
    """What a run was given. *line* is the one that is free as far as this process knows."""

    needs: Needs
    line: str

    @property
    def lines(self) -> list[str]:
        """The lines to ask the store for, which knows of other processes: *line*, then the others."""
        return [self.line, *(name for name in self.needs.lines if name != self.line)]


@dataclass(eq=False)
class _Waiting:
    needs: Needs
    number: int
    granted: asyncio.Future[Admitted]
    passed_over: int = 0

    @property
    def is_next(self) -> bool:
        return self.passed_over >= _PATIENCE

    @property
    def rank(self) -> tuple[bool, int]:
        return not self.is_next, self.number

    def rivals(self, other: _Waiting) -> bool:
        """Whether it needs some of what *other* needs."""
        return bool(self.needs.shared & other.needs.shared) or bool({*self.needs.lines} & {*other.needs.lines})


@dataclass
class Admission:
    """
    Admits runs within *limits*, the most at once of each shared thing; what has none is not limited.

    Who waits is served in the order of asking. Nobody holds a part of what it needs, so no two wait for
    each other; who was passed over often enough has all it needs kept for it, so nobody waits for ever.
    """

    limits: Mapping[str, int]
    _held: Counter[str] = field(default_factory=Counter)
    _lines: Counter[str] = field(default_factory=Counter)
    _used: dict[str, int] = field(default_factory=dict)
    _waiting: list[_Waiting] = field(default_factory=list)
    _asked: int = 0

    async def admit(self, needs: Needs, *, wait_s: float) -> Admitted | str:
        """Return what *needs* asks for as soon as it is free, or in words what was busy all of *wait_s*."""
        self._asked += 1
        loop = asyncio.get_running_loop()
        waiting = _Waiting(needs, self._asked, loop.create_future())
        self._waiting.append(waiting)
        self._serve()
        try:
            if not waiting.granted.done():
                await asyncio.wait([waiting.granted], timeout=max(0.0, wait_s))
        except BaseException:
            self._leave(waiting)
            if waiting.granted.done():
                self.release(waiting.granted.result())
            raise
        if waiting.granted.done():
            return waiting.granted.result()
        busy = self._busy(needs)
        self._leave(waiting)
        return busy

    def release(self, admitted: Admitted) -> None:
        """Take back what was given, and give it to who waits."""
        self._held.subtract(admitted.needs.shared)
        self._lines[admitted.line] -= 1
        self._serve()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def queue(self) -> Mapping[str, int]:
        """How many wait, by channel; one that needs two channels waits in both."""
        counted = Counter(name for one in self._waiting for name in one.needs.shared)
        return {name.removeprefix("channel "): counted[name] for name in self.limits if name.startswith("channel ")}

    def _leave(self, waiting: _Waiting) -> None:
        if waiting in self._waiting:
            self._waiting.remove(waiting)
            self._serve()

    def _serve(self) -> None:
        """Go through those who wait, and give each what it needs if that is free and nobody before it waits for it."""
        kept: Counter[str] = Counter()
        for one in sorted(self._waiting, key=lambda one: one.rank):
            line = self._free_line(one.needs, kept)
            if line is not None and not any(self._is_full(name, kept) for name in one.needs.shared):
                self._give(one, line)
            elif one.is_next:
                kept.update(one.needs.shared)
                kept.update(f"line {name}" for name in one.needs.lines)

    def _give(self, one: _Waiting, line: str) -> None:
        self._waiting.remove(one)
        self._held.update(one.needs.shared)
        self._lines[line] += 1
        self._asked += 1
        self._used[line] = self._asked
        one.granted.set_result(Admitted(one.needs, line))
        for other in self._waiting:
            if other.number < one.number and one.rivals(other):
                other.passed_over += 1

    def _free_line(self, needs: Needs, kept: Counter[str]) -> str | None:
        """Return the free line that was used longest ago, so that none is left out for good."""
        free = [name for name in needs.lines if not self._lines[name] and not kept[f"line {name}"]]
        return min(free, key=lambda name: self._used.get(name, 0), default=None)

    def _is_full(self, name: str, kept: Mapping[str, int] = {}) -> bool:
        return name in self.limits and self._held[name] + kept.get(name, 0) >= self.limits[name]

    def _busy(self, needs: Needs) -> str:
        full = sorted(name for name in needs.shared if self._is_full(name))
        told = [f"{name}: {self._held[name]} at once is the limit" for name in full]
        if not any(not self._lines[name] for name in needs.lines):
            told.append(f"other runs hold {some(needs.lines)}")
        return "; ".join(told) or "others waited for the same before it"


def some(names: Iterable[str]) -> str:
    """Return *names* as a person reads them: not all of very many."""
    told = list(names)
    return ", ".join(told[:8]) + (f" and {len(told) - 8} more" if len(told) > 8 else "")


def limits(serve: ServeSettings) -> dict[str, int]:
    """Return the limits of config.yaml by the words they are told in."""
    channels = {f"channel {name}": most for name, most in serve.at_once}
    return channels | {f"number {number}": most for number, most in serve.numbers.items()}


def wanted(work: Work) -> dict[str, list[Line]]:
    """Return the lines that probes are played on, by channel; of each channel no more than may have runs at once."""
    most = limits(work.settings.serve)
    found: dict[str, dict[str, Line]] = {}
    for probe in work.probes:
        for channel in probe.scenario.channels:
            found.setdefault(channel, {}).update({line.name: line for line in probe.lines})
    return {channel: list(lines.values())[: most.get(f"channel {channel}", 1)] for channel, lines in found.items()}


def shared(scenario: Scenario) -> frozenset[str]:
    """Return what a run of *scenario* shares with others: its channels, and the numbers it calls or texts."""
    numbers = {_number(step.action.full_name, step.action.argument) for step in scenario.steps}
    return frozenset({f"channel {name}" for name in scenario.channels} | {f"number {one}" for one in numbers if one})


def _number(verb: str, argument: Any) -> str:
    return str(getattr(argument, _CALLED[verb], "")) if verb in _CALLED else ""
