"""What carries a robot's calls, its line process and the registrar before it, broken in the midst of them."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from scripts.benches.breaking import asserts
from scripts.benches.breaking.faults import awaited
from scripts.benches.calling.kamailio import Kamailio
from scripts.benches.frame.processes import Process
from scripts.benches.frame.robot import Robot, Told

HEARD = 2
"""Steps after which a call is up, and a prompt was heard."""
DIES_S = 5.0


class What(Enum):
    """What breaks."""

    ASSERT = "an assert of the library"
    REGISTRAR = "the registrar vanishes"


class Moment(Enum):
    """When it does."""

    DIALLING = "as it dials"
    TALKING = "in the call"
    OVER = "between two calls"


@dataclass(frozen=True)
class Planned:
    """What is to break, as soon as its moment comes in that run or a later one."""

    run: int
    what: What
    moment: Moment


@dataclass
class Broken:
    """What broke, from when to when; of an assert *line* is the process that it aborted."""

    planned: Planned
    at: datetime
    until: datetime
    line: Process | None = None


@dataclass
class Breaking:
    """
    Breaks what is *planned*, one after the other, while it is told what *robot* says.

    *away_s* is how long the registrar vanishes, *rest_s* how long no other assert fails after one.
    """

    robot: Robot
    kamailio: Kamailio
    planned: deque[Planned]
    away_s: float
    rest_s: float
    done: list[Broken] = field(default_factory=list)
    _run: int = 0
    _passed: int = 0
    _away: threading.Thread | None = None
    _rests_until_s: float = 0.0
    _well: bool = False
    """A call has passed since it broke last."""

    def heard(self, told: Told) -> bool:
        """Break what is due at this moment, and return whether something was. To be called with each line."""
        moment = self._moment(told)
        self._well = self._well or moment is Moment.OVER
        if moment is None or not self._is_due(moment):
            return False
        self._well = False
        now = datetime.now(UTC)
        broken = Broken(self.planned.popleft(), now, now)
        self.done.append(broken)
        if broken.planned.what is What.REGISTRAR:
            self._away = threading.Thread(target=self._vanish, args=(broken,))
            self._away.start()
        else:
            self._abort(broken)
        return True

    def end(self) -> None:
        """Return when the registrar is back."""
        if self._away is not None:
            self._away.join()

    def _is_due(self, moment: Moment) -> bool:
        if not self.planned or not self._well or (self._away is not None and self._away.is_alive()):
            return False
        due = self.planned[0]
        rests = due.what is What.ASSERT and time.monotonic() < self._rests_until_s
        return due.moment is moment and due.run <= self._run and not rests

    def _moment(self, told: Told) -> Moment | None:
        if told.run:
            self._run, self._passed = self._run + 1, 0
            return Moment.DIALLING
        if told.outcome == "passed":
            return Moment.OVER
        if told.is_step and told.line.startswith("  ✓"):
            self._passed += 1
            return Moment.TALKING if self._passed == HEARD else None
        return None

    def _vanish(self, broken: Broken) -> None:
        self.kamailio.goes_away()
        time.sleep(self.away_s)
        self.kamailio.comes()
        broken.until = datetime.now(UTC)

    def _abort(self, broken: Broken) -> None:
        """Abort the newest line process; between two calls none begins meanwhile."""
        with self.robot.held() if broken.planned.moment is Moment.OVER else nullcontext():
            broken.line = line = asserts.line_process(self.robot)
            if line is not None:
                asserts.fail(line)
                awaited(lambda: line.buried, DIES_S)
        broken.until = datetime.now(UTC)
        self._rests_until_s = time.monotonic() + self.rest_s
