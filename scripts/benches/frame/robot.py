"""A robot as its user starts it, `prober run`, with a workspace of its own and the demo operator to speak to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.benches.frame.started import Line, Started
from scripts.demo import PROBER, environment

JOURNEYS = Path(__file__).parents[1] / "journeys"
_RUN = re.compile(r"\b(\d{8}T\d{6}-[0-9a-f]{8})$")
_STEP = re.compile(r"^  [✓◷✗!–] ")
_END = re.compile(r"^(?:\S+ │ )?[✓◷✗!–?] (\w+)  in ")


@dataclass(frozen=True)
class Site:
    """Where a bench's robots keep what they keep, and whom they speak to."""

    folder: Path
    doors: Mapping[str, Any]
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        """The SQLite file of the store."""
        return self.folder / "prober.sqlite"

    @property
    def evidence(self) -> Path:
        """The folder of the evidence."""
        return self.folder / "evidence"

    @property
    def temporary(self) -> Path:
        """Where the robot and its browser keep temporary files."""
        path = self.folder / "tmp"
        path.mkdir(exist_ok=True)
        return path

    def environment(self) -> dict[str, str]:
        """Return the environment of a robot."""
        own = {
            "PROBER__STORE__URL": f"sqlite:///{self.database}",
            "PROBER__EVIDENCE__PATH": str(self.evidence),
            "TMPDIR": str(self.temporary),
            "PYTHONUTF8": "1",
        }
        return environment(dict(self.doors)) | own | dict(self.settings)


@dataclass(frozen=True)
class Told(Line):
    """A line of `prober run`."""

    @property
    def run(self) -> str | None:
        """The id of the run that this line begins."""
        found = _RUN.search(self.line)
        return found[1] if found else None

    @property
    def is_step(self) -> bool:
        """Whether this line tells a finished step."""
        return _STEP.match(self.line) is not None

    @property
    def outcome(self) -> str | None:
        """The outcome of the run that this line ends."""
        found = _END.match(self.line)
        return found[1] if found else None


class Robot(Started[Told]):
    """
    `prober run …` under way, in a session of its own, till the context ends. What it prints is read as it comes.

    *steps* are the finished steps it told of each run, *outcomes* the runs it told the end of; both where it plays one
    run at a time.
    """

    def __init__(self, site: Site, *arguments: str) -> None:
        self.steps: dict[str, int] = {}
        self.outcomes: dict[str, str] = {}
        self.said: list[str] = []
        self._run: str | None = None
        super().__init__([*PROBER, "run", *arguments], line=Told, environment=site.environment())

    def _note(self, told: Told) -> None:
        self.said.append(told.line)
        self._run = told.run or self._run
        if self._run is None:
            return
        if told.run:
            self.steps[told.run] = 0
        elif told.is_step:
            self.steps[self._run] += 1
        elif told.outcome:
            self.outcomes[self._run] = told.outcome
