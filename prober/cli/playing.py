"""One loop that plays what is planned: one run after another, or several abreast."""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from prober.app import App, Order
from prober.model.run import Outcome, Run
from prober.runner import Sink

_WAIT_S = 60.0
"""How long a run waits for a line that another robot holds."""


@dataclass
class Playing:
    """
    Plays *planned* in order, *abreast* runs at once on different lines.

    With *fail_fast* nothing is begun after a run that is FAILED or ERROR; what is under way then ends by itself. When
    all is played, *more* says what is to be played then. *others* hear of the runs beside *watch*. *runs* are those
    that ended, by their start; *left* is what was never begun.
    """

    app: App
    planned: Sequence[Order]
    watch: Sink
    abreast: int = 1
    fail_fast: bool = False
    more: Callable[[], Awaitable[Sequence[Order]]] | None = None
    others: Sequence[Sink] = ()
    ended: list[Run] = field(default_factory=list)
    left: deque[Order] = field(default_factory=deque)

    @property
    def runs(self) -> list[Run]:
        """The runs that ended, in the order they began."""
        return sorted(self.ended, key=lambda run: (run.started_at, run.id))

    async def play(self) -> bool:
        """
        Play everything, close the app, and return whether it came to its end.

        A signal ends the runs under way politely, begins no other, and returns False.
        """
        self.left = deque(self.planned)
        _leave_politely_on_signals()
        try:
            while self.left and self._goes_on():
                async with asyncio.TaskGroup() as group:
                    for _ in range(self.abreast):
                        group.create_task(self._play_one_by_one())
                if self.more is not None and not self.left:
                    self.left.extend(await self.more())
        except asyncio.CancelledError:
            return False
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
        finally:
            await self.app.close()
        return True

    async def _play_one_by_one(self) -> None:
        while self.left and self._goes_on():
            order, kept = self.left.popleft(), _Kept(self.ended)
            try:
                await self.app.play(order, self.watch, *self.others, kept, wait_s=self._wait_s, wanted=self._goes_on)
            finally:
                if not kept.begun:
                    self.left.appendleft(order)

    def _goes_on(self) -> bool:
        broke = any(run.outcome in (Outcome.FAILED, Outcome.ERROR) for run in self.ended)
        return not (self.fail_fast and broke)

    @property
    def _wait_s(self) -> float:
        """Return how long a run waits for a line; the runs beside it may hold it for as long as they last."""
        longest_s = max(order.scenario.deadline_s for order in self.planned)
        return _WAIT_S + (self.abreast - 1) * longest_s


@dataclass
class _Kept:
    """Keeps a run when it ends, an interrupted one too; *begun* is whether there was one."""

    ended: list[Run]
    begun: bool = False

    async def run_started(self, *_: object) -> None:
        self.begun = True

    async def step_started(self, *_: object) -> None: ...

    async def step_finished(self, *_: object) -> None: ...

    async def run_finished(self, run: Run) -> None:
        self.begun = True
        self.ended.append(run)


def _leave_politely_on_signals() -> None:
    """Let the first signal interrupt the runs under way; a second one does not interrupt their good-byes."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    left = False

    def leave() -> None:
        nonlocal left
        if task is not None and not left:
            task.cancel()
        left = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, leave)
