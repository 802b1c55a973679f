"""What stands around the schedule: figures, traces, vital signs, the robot's door, and who is told of incidents."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from prober.app.work import Work
from prober.metrics import Figures
from prober.model.probe import Start
from prober.runner import Sink

if TYPE_CHECKING:
    from prober.app.serving import Serving


class Surroundings:
    """Everything that serves beside the schedule, made anew where its settings change."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self.figures = Figures()

    @property
    def watchers(self) -> Sequence[Sink]:
        """Who hears of every run."""
        return (self.figures,)

    def started(self, late_s: float) -> None:
        """Note how late a start was."""

    def missed(self, start: Start) -> None:
        """Note a start that was missed."""

    def wake(self) -> None:
        """Have it told that an incident changed."""

    def take(self, work: Work) -> None:
        """Go on by *work*."""

    async def run(self) -> None:
        """Serve until cancelled."""
        await asyncio.Event().wait()
