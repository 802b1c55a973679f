"""Plays a scenario: one step after another, each observed by a session, judged, and told to the sink at once."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from prober.channels.base import Driver, RunContext, Session
from prober.channels.robot import RobotSession
from prober.channels.sessions import close_all, open_all
from prober.channels.timing import Clock, LoopLag, monotonic
from prober.errors import RobotBroken, StepFailed, StoreBroken
from prober.judge import outcome, values
from prober.judge.outcome import Judgement
from prober.loading.masking import Masker
from prober.loading.robot_verbs import Ask
from prober.loading.templates import fill
from prober.loading.totp import one_time_code
from prober.model.run import Failure, Layer, Observation, Outcome, Run, Seen, StepResult
from prober.model.scenario import Action, PlayStep, Scenario, Step
from prober.model.value import Captured, ValueType
from prober.model.verb import ROBOT

_GRACE_S = 8.0
"""What a session may take past the action's own clock: 3 s to recognise what came in time, the rest for evidence."""
_SELF_CHECK_S = 10.0
"""How long the self-check of a channel may take before it counts as failed."""
_CLOSING_S = 10.0
"""How long closing the sessions of a run may take, and an `always` step that says nothing of its own."""


class Sink(Protocol):
    """Hears of a run as it is played. Each call returns when what it was told is safe."""

    async def run_started(self, run: Run) -> None: ...

    async def step_started(self, run: Run, index: int, step: Step) -> None: ...

    async def step_finished(self, run: Run, result: StepResult) -> None: ...

    async def run_finished(self, run: Run) -> None: ...


async def play(
    scenario: Scenario, run: Run, *, context: RunContext, drivers: Mapping[str, Driver], clock: Clock, sink: Sink
) -> Run:
    """
    Play *scenario* as *run* and return it whole.

    Every session is opened, and its listener armed, before the first step. A channel that cannot be opened is the
    ERROR of the first step that needs it; what was measured till then is kept.

    Raises:
        CancelledError: Somebody interrupted it. The `always` steps were played, the sessions closed, the sink told.
        StoreBroken: The sink could not keep what it was told.
    """
    player = _Player(scenario, run, context=context, clock=clock, sink=sink)
    try:
        await player.open(drivers)
        await player.play()
    except BaseException:
        player.interrupt()
        raise
    finally:
        await _closed(player)
    return player.run


async def _closed(player: _Player) -> None:
    """Close *player* to its end, also where somebody interrupts it meanwhile; who interrupts that as well ends it."""
    closing = asyncio.ensure_future(player.close())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        player.interrupt()
        await closing
        raise


async def self_check(driver: Driver) -> str:
    """
    Return in words what worked when *driver* was tried against its reference target.

    Raises:
        RobotBroken: It did not work, or took too long; whatever keeps the robot from checking itself is its own fault.
    """
    try:
        async with asyncio.timeout(_SELF_CHECK_S):
            return await driver.self_check()
    except RobotBroken:
        raise
    except TimeoutError:
        what, cure = f"its self-check took longer than {_SELF_CHECK_S:g} s", "Run less on this machine."
    except Exception as exc:  # noqa: BLE001 - as above
        what, cure = f"its self-check stumbled: {exc!r}", "Look at the machine's memory and open files."
    raise RobotBroken(what, cure=cure)


class _Player:
    """One run under way."""

    def __init__(self, scenario: Scenario, run: Run, *, context: RunContext, clock: Clock, sink: Sink) -> None:
        self.run = run
        self._scenario = scenario
        self._context = context
        self._clock = clock
        self._sink = sink
        self._captures: dict[str, Captured] = {}
        self._sessions: dict[str, Session] = {ROBOT: RobotSession(self._captures, context.attendant)}
        self._drivers: Mapping[str, Driver] = {}
        self._lag = LoopLag(asyncio.get_running_loop())
        self._ends_s = monotonic() + scenario.deadline_s
        self._broken = False
        self._unasked = False

    async def open(self, drivers: Mapping[str, Driver]) -> None:
        """Open a session on every channel of the scenario, all at once, and begin the run."""
        began_s = monotonic()
        self._drivers = drivers
        for name, text in self._scenario.let.items():
            self._captures[name] = _as_text(name, fill(text, self._value_of))
        context = replace(self._context, ahead=tuple(self._ahead()))
        self._sessions |= await open_all(self._scenario.channels, drivers, context)
        now_s = monotonic()
        self._ends_s = now_s + self._scenario.deadline_s
        self.run = replace(self.run, started_at=self._clock.at(now_s), waited_s=self.run.waited_s + now_s - began_s)
        await self._sink.run_started(self.run)

    def _ahead(self) -> Iterator[Action]:
        """Yield the actions that are to come and hold nothing that a step captures."""
        for step in self._scenario.steps:
            with contextlib.suppress(RobotBroken):
                yield self._filled(step.action)

    def _filled(self, action: Action) -> Action:
        """
        Return *action* with its references filled in.

        Raises:
            RobotBroken: One has no value, or the action makes no sense with it.
        """
        try:
            return replace(action, argument=fill(action.argument, self._value_of))
        except ValueError as exc:
            cure = "Look at what fills in its references: it may be empty."
            raise RobotBroken(f"{action.full_name} cannot be filled in: {exc}", cure=cure) from exc

    async def play(self) -> None:
        """Play the steps, or the Python function."""
        if self._scenario.play is not None:
            await self._play_python(self._scenario.play)
            return
        steps = iter(self._scenario.steps)
        try:
            for step in steps:
                await self.step(step)
        except asyncio.CancelledError:
            self._broken = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._context.farewell_s):
                    for step in steps:
                        await self.step(step)
            raise

    async def _play_python(self, play: Callable[[PlayStep], Awaitable[None]]) -> None:
        """Call the function; what it raises of its own is a step of its own: an assertion FAILED, the rest ERROR."""
        try:
            await play(self.step)
        except StepFailed:
            return
        except StoreBroken:
            raise
        except Exception as exc:  # noqa: BLE001 - whatever a scenario raises is told, and ends no other run
            judged = outcome.of_exception(exc)
            own = Step(Action(ROBOT, "play", None), f"the scenario {self._scenario.name} itself", Layer.ROBOT)
            await self._keep(self._result(own, judged, Observation(Seen.NOT_ASKED)), monotonic())

    def interrupt(self) -> None:
        """Note that the run never came to its end."""
        self.run = replace(self.run, interrupted=True)

    async def close(self) -> None:
        """Close every session, and the run, with the evidence that belongs to the whole of it."""
        self._lag.close()
        self._context.evidence.step = None
        within_s = self._context.farewell_s if self.run.interrupted else _CLOSING_S
        for channel, broken in (await close_all(self._sessions, within_s=within_s)).items():
            closing = Step(Action(channel, "close", None), f"closing {channel}", Layer.ROBOT)
            with contextlib.suppress(StoreBroken):  # it is told again with the whole run
                await self._keep(self._error(closing, broken.what, broken.cure), monotonic())
        outcomes = [step.outcome for step in self.run.steps]
        ending = outcome.of_run(outcomes, unasked=self._unasked, interrupted=self.run.interrupted)
        self.run = replace(self.run, ended_at=self._clock.now(), outcome=ending, evidence=self._context.evidence.of_run)
        await self._sink.run_finished(self.run)

    async def step(self, step: Step) -> StepResult:
        """Play one step, judge it, and have it safe before anything else is done."""
        index = len(self.run.steps)
        began_s = monotonic()
        if self._broken and not step.always:
            result = self._result(step, Judgement(Outcome.SKIPPED), Observation(Seen.NOT_ASKED))
        else:
            await self._sink.step_started(self.run, index, replace(step, name=self._context.mask.name(step.name)))
            self._context.evidence.step = index
            self._lag.worst_s()
            try:
                result = await self._try(step)
            except asyncio.CancelledError:
                # A Python scenario goes on into its `finally:`; there, too, only `always` steps are played.
                self._broken = True
                told = Judgement(Outcome.SKIPPED, None, Failure(f"{step.name}: was interrupted"))
                await self._keep(self._result(step, told, Observation(Seen.NOT_ASKED)), began_s)
                raise
            self._note(step, result)
            if step.action.argument.__class__ is Ask:
                self._ends_s += monotonic() - began_s  # the channel is not to pay for how long a person thought
        return await self._keep(result, began_s)

    async def _keep(self, result: StepResult, began_s: float) -> StepResult:
        result = replace(result, started_at=self._clock.at(began_s), ended_at=self._clock.now())
        self.run = replace(self.run, steps=(*self.run.steps, result))
        await self._sink.step_finished(self.run, result)
        return result

    def _note(self, step: Step, result: StepResult) -> None:
        """Let a step that broke, or could not be asked, end the run."""
        unasked = result.outcome is Outcome.SKIPPED and not step.optional
        self._unasked = self._unasked or unasked
        if unasked or (result.outcome in (Outcome.FAILED, Outcome.ERROR) and not step.soft):
            self._broken = True

    async def _try(self, step: Step) -> StepResult:
        try:
            action = self._filled(step.action)
            limit_s = self._limit_s(step)
            seen = await self._perform(action, limit_s)
        except RobotBroken as broken:
            return self._error(step, broken.what, broken.cure, broken.seen)
        except Exception as exc:  # noqa: BLE001 - the outer guard: whatever escapes is the robot's fault, and is told
            return self._error(step, f"the robot stumbled: {exc!r}", traceback.format_exc())
        lag_s = self._lag.worst_s(monotonic() - seen.evidence_s)
        judged = self._cut(step, limit_s, outcome.of_stall(step, outcome.judge(step, seen), seen, lag_s))
        if seen.doubtful and judged.outcome is Outcome.FAILED:
            judged, seen = await self._self_checked(action.channel, judged, seen)
        captured = self._capture(action, seen)
        if judged.outcome in (Outcome.PASSED, Outcome.SLOW):
            judged = outcome.of_captures(step, judged, captured)
        return replace(self._result(step, judged, seen, captured), loop_lag_s=lag_s)

    async def _self_checked(self, channel: str, judged: Judgement, seen: Observation) -> tuple[Judgement, Observation]:
        """Let the driver's self-check say whether a failure in doubt is the channel's or the robot's own."""
        began_s = monotonic()
        try:
            told = f"passed: {await self_check(self._drivers[channel])}"
        except RobotBroken as broken:
            judged, told = outcome.of_self_check(judged, broken), f"failed: {broken.what}"
        took_s = monotonic() - began_s
        return judged, replace(seen, facts={**seen.facts, "self_check": told}, evidence_s=seen.evidence_s + took_s)

    async def _perform(self, action: Action, limit_s: float) -> Observation:
        try:
            async with asyncio.timeout(limit_s + _GRACE_S):
                return await self._sessions[action.channel].perform(action, limit_s)
        except TimeoutError:
            raise RobotBroken(
                f"{action.full_name} did not come back within {limit_s + _GRACE_S:g} s",
                cure="The robot hangs or its machine is overloaded; look at its load, and report this if it stays.",
            ) from None

    def _limit_s(self, step: Step) -> float:
        """Return how long *step* may take: what it says, but no longer than the scenario has left, unless `always`."""
        left_s = max(0.0, self._ends_s - monotonic())
        if step.always:
            return _CLOSING_S if step.within_s is None else step.within_s
        return left_s if step.within_s is None else min(step.within_s, left_s)

    def _cut(self, step: Step, limit_s: float, judged: Judgement) -> Judgement:
        """Say that it was the scenario's deadline, where it was, that ended a step."""
        if judged.failure is None or step.within_s is None or limit_s >= step.within_s:
            return judged
        return outcome.of_deadline(judged, self._scenario.deadline_s)

    def _capture(self, action: Action, seen: Observation) -> tuple[Captured, ...]:
        if seen.seen is not Seen.EXPECTED:
            return ()
        captured = [values.capture(wanted, seen.text or "") for wanted in action.captures]
        captured += [_as_text(name, text) for name, text in seen.groups.items()]
        self._captures.update({one.name: one for one in captured})
        for one in captured:
            self._context.mask.learn(one.name, one.text, seen.text or "")
        return tuple(captured)

    def _value_of(self, name: str) -> str:
        space, _, key = name.rpartition(".")
        line = self._context.line
        known: dict[str, Callable[[str], str | None]]
        known = {
            "line": line.fact,
            "secret": line.secrets.get,
            "totp": self._one_time_code,
            "": self._captured_text,
        }
        value = known[space](key) if space in known else None
        if value is None:
            raise RobotBroken(
                f"${{{name}}} has no value here",
                cure="Give the line that fact or secret in config.yaml, or capture it in a step that is not optional.",
            )
        return value

    def _one_time_code(self, secret: str) -> str | None:
        key = self._context.line.secrets.get(secret)
        if key is None:
            return None
        code = one_time_code(key)
        self._context.mask.learn("otp", code)
        return code

    def _captured_text(self, name: str) -> str | None:
        captured = self._captures.get(name)
        return captured.text if captured else None

    def _error(self, step: Step, what: str, cure: str, seen: object = None) -> StepResult:
        judged = outcome.of_broken(what, cure)
        return self._result(step, judged, seen if isinstance(seen, Observation) else Observation(Seen.NOT_ASKED))

    def _result(
        self, step: Step, judged: Judgement, seen: Observation, captured: Sequence[Captured] = ()
    ) -> StepResult:
        """Put a step's result together, without the secrets. Its instants are set when it is over."""
        mask, now = self._context.mask, self._clock.now()
        failure = judged.failure
        return StepResult(
            index=len(self.run.steps),
            name=mask.name(step.name),
            channel=step.action.channel,
            verb=step.action.verb,
            outcome=judged.outcome,
            started_at=now,
            ended_at=now,
            layer=judged.layer,
            failure=failure and _told(failure, step.name, mask),
            within_s=step.within_s,
            warn_s=step.warn_s,
            soft=step.soft,
            waited_s=seen.waited_s,
            took_s=seen.took_s,
            evidence_s=seen.evidence_s,
            loop_lag_s=self._lag.worst_s(),
            timings=dict(seen.timings),
            facts=mask.document(seen.facts),
            captures=tuple(_masked(one, mask) for one in captured),
            evidence=seen.evidence or self._context.evidence.of_step(len(self.run.steps)),
        )


def _as_text(name: str, text: str) -> Captured:
    return Captured(name, ValueType.TEXT, text, text)


def _told(failure: Failure, name: str, mask: Masker) -> Failure:
    named = name if failure.what.startswith(name) else ""
    what = mask.name(named) + mask(failure.what.removeprefix(named))
    return Failure(what, mask(failure.expected), mask(failure.actual), mask(failure.zh))


def _masked(one: Captured, mask: Masker) -> Captured:
    """Return a captured value as it is kept. A number that was read out of a secret is one, too."""
    value = mask(one.value) if isinstance(one.value, str) else None if mask.secret(one.text) else one.value
    return replace(one, text=mask(one.text), value=value)
