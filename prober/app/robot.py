"""The robot of one workspace: it leases a line, plays a scenario, and keeps the run."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from prober.app.orders import Order, whom
from prober.app.phases import Phases
from prober.channels.base import Attendant, Driver, RunContext, StartsAhead
from prober.channels.evidence import EvidenceBox
from prober.channels.registry import CHANNELS
from prober.channels.sms.quarantine import Pending
from prober.channels.timing import Clock, Stimulus
from prober.judge import undo
from prober.loading.config import Settings
from prober.loading.config_secrets import secret_values
from prober.loading.experience import load_experience
from prober.loading.masking import Masker
from prober.loading.sealing import Seal
from prober.model.briefing import Briefing
from prober.model.line import Line
from prober.model.order import Caps, Claim, OrderState, Placed, still_stands
from prober.model.prompt import PromptTable
from prober.model.run import Outcome, Run, StepResult
from prober.model.scenario import Scenario, Step
from prober.runner import Sink, play, self_check
from prober.store.orders import Orders
from prober.store.store import Store


class App:
    """
    A robot of one workspace. `close()` ends every browser, call and binding it started.

    Drivers are made when the first run wants them and shared by the later ones; those given stand in for the channels'
    own. Without a *store* it opens one: then it is made before the event loop starts, for that blocks. *farewell_s*
    is how long an interrupted run may take to hang up, and as long again to close; *attendant* answers what a scenario
    asks a person.

    Raises:
        StoreBroken: The results cannot be kept where the settings say.
        BadInput: There are mistakes in the workspace's own list of words.
    """

    def __init__(
        self,
        settings: Settings,
        prompts: PromptTable,
        *,
        store: Store | None = None,
        drivers: Mapping[str, Driver] | None = None,
        farewell_s: float = 10.0,
        attendant: Attendant | None = None,
    ) -> None:
        self.settings = settings
        self.store = store or Store.open(settings.store.url, durable=settings.store.durable, key=settings.store.key)
        self._closes_store = store is None
        self._farewell_s = farewell_s
        self._attendant = attendant
        self._prompts = prompts
        self._services: Mapping[str, Any] = {"prompts": prompts, "quarantine": self.store.quarantine(Pending)}
        self._drivers: dict[str, Driver] = dict(drivers or {})
        self._phases = Phases(self.store.items, [item.name for item in settings.items])
        self._references = {
            item.name: {str(channel): text for channel, text in item.reference.items()} for item in settings.items
        }
        self._wording = load_experience(settings.experience.wording).wording
        self._remembered = False
        self._remembering = asyncio.Lock()

    @staticmethod
    def prepare(scenarios: Sequence[Scenario]) -> None:
        """Do what the channels of *scenarios* must do first of all, before any loop or thread."""
        for name in dict.fromkeys(name for scenario in scenarios for name in scenario.channels):
            CHANNELS[name].prepare()

    async def play(
        self, order: Order, *watchers: Sink, wait_s: float = 60.0, wanted: Callable[[], bool] = lambda: True
    ) -> Run | None:
        """
        Lease a line, waiting up to *wait_s* for one, play the scenario on it, and return the run, kept in the store.

        *watchers* hear of the run after the store did. A run that finds no free line, or may not order, is SKIPPED,
        with a remark that says why, and kept as that. None if it was not *wanted* any more after the wait: nothing is
        kept then.
        """
        await self._remember()
        clock = Clock()
        phase = order.phase or await self._phases.of(order.scenario.item)
        run = self._new_run(replace(order, phase=phase), clock)
        sink = _Sinks((self.store, *watchers))
        standing = await self._standing(order)
        lines = {line.name: line for line in order.lines if line.msisdn not in standing}
        if standing and not lines:
            return await _skip(replace(run, remark=next(iter(standing.values())).told), clock, sink)
        try:
            leased = await self.store.leases.lease(list(lines), run.id, wait_s, first=order.first)
            if not wanted():
                return None
            if leased is None:
                return await _skip(replace(run, waited_s=wait_s, remark=_no_line(order, wait_s)), clock, sink)
            name, waited_s = leased
            return await self._play_on(lines[name], order, replace(run, line=name, waited_s=waited_s), clock, sink)
        finally:
            await self.store.leases.release(run.id)

    async def start_ahead(self, wanted: Mapping[str, Sequence[Line]]) -> None:
        """Have channels start what they can for the lines they are *wanted* on, before a run comes."""
        for channel, lines in wanted.items():
            driver = self._driver(channel)
            if isinstance(driver, StartsAhead):
                await driver.start_ahead(lines)

    async def self_check(self, channel: str) -> str:
        """
        Return in words what worked when *channel* was tried against a reference target of its own on loopback.

        Raises:
            RobotBroken: It did not work: the fault is the robot's.
        """
        return await self_check(self._driver(channel))

    async def close(self) -> None:
        """End everything that was started; a store that was given stays open. Safe to call twice."""
        async with AsyncExitStack() as ending:
            if self._closes_store:
                ending.callback(self.store.close)
            for driver in self._drivers.values():
                ending.push_async_callback(driver.close)

    async def _play_on(self, line: Line, order: Order, run: Run, clock: Clock, sink: _Sinks) -> Run:
        if order.scenario.effects.orders:
            if refused := await self.store.orders.claim(self._claim(order.scenario, line, run), self._caps):
                return await _skip(replace(run, remark=refused), clock, sink)
            sink = _Sinks(sink.sinks, _Ordering(order.scenario, line, self.store.orders))
        try:
            await play(
                order.scenario,
                run,
                context=self._context(run, line, order.scenario),
                drivers=self._drivers_of(order.scenario),
                clock=clock,
                sink=sink,
            )
        except BaseException:
            if sink.ordering and not sink.ordering.begun:
                await self.store.orders.end(run.id, OrderState.UNPLACED)
            raise
        return sink.ended[run.id]

    async def _standing(self, order: Order) -> Mapping[str, Placed]:
        """Return the orders that may stand on the lines of *order*, if it is one that orders."""
        if not order.scenario.effects.orders:
            return {}
        return await self.store.orders.standing_on([line.msisdn for line in order.lines])

    def _claim(self, scenario: Scenario, line: Line, run: Run) -> Claim:
        effects, said = scenario.effects, self.settings.orders
        return Claim(
            run_id=run.id,
            scenario=scenario.name,
            line=line.name,
            msisdn=line.msisdn,
            day=run.planned_at.astimezone(ZoneInfo(said.timezone)).date(),
            orders=effects.orders,
            cost_fen=said.cost if effects.cost_fen is None else effects.cost_fen,
        )

    @property
    def _caps(self) -> Caps:
        return Caps(self.settings.orders.per_day, self.settings.orders.cost_per_day)

    async def _remember(self) -> None:
        """Write once who the lines are, so that results can be read by brand, province or site."""
        async with self._remembering:
            if not self._remembered:
                await self.store.remember(self.settings.lines)
                self._remembered = True

    def _new_run(self, order: Order, clock: Clock) -> Run:
        now, scenario = clock.now(), order.scenario
        return Run(
            id=f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
            scenario=scenario.name,
            title=scenario.title,
            line="",
            planned_at=order.planned_at or now,
            started_at=now,
            scenario_sha256=scenario.sha256,
            prompts_sha256=self._prompts.sha256,
            config_sha256=self.settings.sha256,
            item=scenario.item,
            phase=order.phase,
            probe=order.probe,
            attempt=order.attempt,
        )

    def _context(self, run: Run, line: Line, scenario: Scenario) -> RunContext:
        folder = f"{run.started_at:%Y-%m-%d}/{run.id}"
        known = [*line.secrets.values(), line.sip.password, *secret_values(self.settings.channels)]
        return RunContext(
            run_id=run.id,
            line=line,
            stimulus=Stimulus(),
            evidence=EvidenceBox(self.settings.evidence.path, folder, Seal(self.settings.evidence.key)),
            mask=Masker(known, self.settings.masking),
            farewell_s=self._farewell_s,
            attendant=self._attendant,
            briefing=Briefing(self._references.get(scenario.item or "", {}), self._wording),
        )

    def _drivers_of(self, scenario: Scenario) -> Mapping[str, Driver]:
        return {name: self._driver(name) for name in scenario.channels}

    def _driver(self, channel: str) -> Driver:
        if channel not in self._drivers:
            self._drivers[channel] = CHANNELS[channel].open(self.settings.channels[channel], self._services)
        return self._drivers[channel]


@dataclass(frozen=True)
class _Ordering:
    """Says, when a run that orders has ended, what became of its order."""

    scenario: Scenario
    line: Line
    orders: Orders
    begun: dict[int, Step] = field(default_factory=dict)

    async def judged(self, run: Run) -> Run:
        """Keep what became of the order, and return *run* with a remark where it may still stand."""
        state = undo.of_order(self.scenario, self.begun, run)
        await self.orders.end(run.id, state)
        if state is not OrderState.STANDING:
            return run
        return replace(run, remark=still_stands(self.line.name, self.line.msisdn, run.id))


@dataclass(frozen=True)
class _Sinks:
    """
    Tells several sinks in their order: the store first, so that nobody is told what is not safe.

    *ordering* has its say on a run that ends, before anybody is told; *ended* is what they were told then.
    """

    sinks: tuple[Sink, ...]
    ordering: _Ordering | None = None
    ended: dict[str, Run] = field(default_factory=dict)

    async def run_started(self, run: Run) -> None:
        for sink in self.sinks:
            await sink.run_started(run)

    async def step_started(self, run: Run, index: int, step: Step) -> None:
        if self.ordering:
            self.ordering.begun[index] = step
        for sink in self.sinks:
            await sink.step_started(run, index, step)

    async def step_finished(self, run: Run, result: StepResult) -> None:
        for sink in self.sinks:
            await sink.step_finished(run, result)

    async def run_finished(self, run: Run) -> None:
        if self.ordering:
            run = await self.ordering.judged(run)
        self.ended[run.id] = run
        for sink in self.sinks:
            await sink.run_finished(run)


def _no_line(order: Order, wait_s: float) -> str:
    of_whom = f" ({whom(order.facts)})" if order.facts else ""
    held = ", ".join(line.name for line in order.lines)
    return f"no line{of_whom} came free within {wait_s:g} s: other runs hold {held}"


async def _skip(run: Run, clock: Clock, sink: Sink) -> Run:
    run = replace(run, started_at=clock.now(), ended_at=clock.now(), outcome=Outcome.SKIPPED)
    await sink.run_started(run)
    await sink.run_finished(run)
    return run
