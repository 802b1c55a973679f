"""Faults at the operator's doors, on until the robot has found them and off until it has seen them go."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Error
from typing import Any

import httpx

from scripts.benches.alarming.injection import Injected
from scripts.benches.breaking.books import instant
from scripts.benches.breaking.witness import rows
from scripts.benches.frame.bench import Plan
from tests.outcomes.playing import Case, cases

KINDS = {
    "web": ("web=wrong-balance", "web=wrong-text"),
    "sms": ("sms=throttled", "sms=destination-refused"),
    "ivr": ("ivr=busy", "ivr=reject,code=603"),
}
"""What is told at once: a kill is to fall into what follows, and not into the waiting for it."""
FOUND_S = 180.0
"""A robot that is killed again and again needs some of its lives to find a fault."""
_REST_S, _LONGER_S = 12.0, 15.0
_SINCE = "select opened_at, closed_at from incidents where channel = ? and opened_at >= ?"


@dataclass
class Faults:
    """
    Switches the faults of *doors* of the operator whose control door is *control*, until it is *over*.

    *once*: each door has one, at once, and until then.
    """

    control: str
    database: Path
    doors: Sequence[str]
    over: threading.Event
    plan: Plan
    once: bool = False
    injected: list[Injected] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        """Begin, each door for itself."""
        for number, door in enumerate(self.doors):
            chance = random.Random(self.plan.seed * 10 + number)  # noqa: S311  # chance, not secrecy
            self._threads.append(threading.Thread(target=self._at, args=(door, chance), daemon=True))
            self._threads[-1].start()

    def end(self) -> None:
        """Return when every fault is off, and what it made is over."""
        self.over.set()
        for thread in self._threads:
            thread.join()

    def _at(self, door: str, chance: random.Random) -> None:
        its = [case for case in cases() if case.fault in KINDS[door]]
        if self.once:
            self._one(its[0], FOUND_S)
            return
        while not self.over.wait(_REST_S * (1 + chance.random())):
            self._one(chance.choice(its), _LONGER_S * chance.random())

    def _one(self, case: Case, longer_s: float) -> None:
        self._switch(case.wish)
        on_at = datetime.now(UTC)
        found = awaited(lambda: bool(self._since(case.door, on_at)), FOUND_S)
        self.over.wait(longer_s)
        self._switch({case.door: None})
        fault = Injected(case, on_at, datetime.now(UTC), FOUND_S)
        self.injected.append(fault)
        lasted_s = (fault.off_at - on_at).total_seconds()
        self.plan.say(f"{case.fault} was on for {lasted_s:.0f} s{'' if found else ', and not found'}")
        awaited(lambda: all(closed is not None for _, closed in self._since(case.door, on_at)), FOUND_S)

    def _since(self, door: str, on_at: datetime) -> list[tuple[datetime, str | None]]:
        try:
            found = rows(self.database, _SINCE, door, f"{on_at:%Y-%m-%d %H:%M:%S.%f}")
        except Error:
            return []
        return [(instant(opened), closed) for opened, closed in found]

    def _switch(self, wish: Mapping[str, Any]) -> None:
        httpx.put(f"{self.control}/faults", json=dict(wish), timeout=10).raise_for_status()


def awaited(done: Callable[[], bool], within_s: float) -> bool:
    """Return as soon as *done*, or after *within_s*; whether it is."""
    until_s = time.monotonic() + within_s
    while not (there := done()) and time.monotonic() < until_s:
        time.sleep(0.05)
    return there
