"""A robot on watch, `prober serve --json`, whose news is heard as it comes."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from scripts.benches.frame.started import Line, Started
from scripts.demo import PROBER

LEADS_S = 90.0
_LONGEST_S = 86_400.0


@dataclass(frozen=True)
class Said(Line):
    """A line of `prober serve --json`."""

    @cached_property
    def news(self) -> Mapping[str, Any]:
        """The document; one that is none is an event by itself, `words`."""
        try:
            told = json.loads(self.line)
        except ValueError:
            told = None
        return told if isinstance(told, dict) else {"event": "words", "text": self.line}


class Served(Started[Said]):
    """`prober serve` in the workspace of *config*, till the context ends. *heard* is called with all it says."""

    def __init__(
        self,
        config: Path,
        *,
        heard: Callable[[Said], None] = lambda _: None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.said: list[Said] = []
        self._heard = heard
        self._more = threading.Condition()
        command = [*PROBER, "serve", "--json", "--config", str(config)]
        about = {**os.environ, "PYTHONUTF8": "1", **(environment or {})}
        super().__init__(command, line=Said, environment=about, folder=config.parent)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for _ in self.lines(time.monotonic() + _LONGEST_S):
            pass

    def _note(self, told: Said) -> None:
        self._heard(told)
        with self._more:
            self.said.append(told)
            self._more.notify_all()

    def until(self, event: str, within_s: float) -> Said | None:
        """Return the first news of *event*, as soon as it is said; None if it is not, or the robot ends before."""
        until_s = time.monotonic() + within_s
        with self._more:
            while True:
                if found := next((said for said in self.said if said.news["event"] == event), None):
                    return found
                if time.monotonic() > until_s or not self.lives:
                    return None
                self._more.wait(0.5)

    @property
    def leads(self) -> bool:
        """Whether it has said that it keeps the schedule."""
        return any(said.news["event"] == "leads" for said in self.said)
