"""What a robot says of itself on /readyz while something is wrong with it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Self

import httpx

from scripts.benches.breaking.served import Served

_LOOK_S = 0.5


class Signs:
    """Asks till the context ends; *said* is what signs said that they did not say at first, by their names."""

    def __init__(self, robot: Served) -> None:
        self.said: dict[str, str] = {}
        door = robot.until("door", 10)
        self._address = door.news["address"] if door else ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._before = {name for name, _ in self._asked()}
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_S):
            for name, what in self._asked():
                if name not in self._before:
                    self.said[name] = what

    def _asked(self) -> Iterator[tuple[str, str]]:
        """Yield the name of each sign that has something to say now, and what."""
        told: dict[str, Any] = {"signs": ()}
        with suppress(httpx.HTTPError):
            told = httpx.get(f"{self._address}/readyz", timeout=2).json()
        for sign in told["signs"]:
            if sign["what"]:
                yield sign["name"], sign["what"]
