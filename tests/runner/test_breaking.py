"""What breaks, hangs or is interrupted while a scenario is played."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace

import pytest

from prober import runner
from prober.channels.fake import VERBS, Answer, FakeDriver, Say
from prober.errors import RobotBroken, StoreBroken
from prober.loading.vocabulary import Vocabulary
from prober.model.run import Layer, Observation, Outcome, Seen
from tests.runner.playing import BROKEN, WORDS, Gone, Told, outcomes, scenario


async def test_a_broken_robot_is_an_error_never_a_failure(played):
    """What the session could not ask is ERROR with what to do, and ends the run."""
    run = await played(scenario({"fake.say": "a"}, {"fake.say": "b"}), {"say": [Answer(BROKEN)]})
    assert (outcomes(run), run.outcome) == (["error", "skipped"], Outcome.ERROR)
    assert run.steps[0].layer is Layer.ROBOT
    assert run.steps[0].failure.what == "no browser"
    assert run.steps[0].failure.actual == "Install one."


async def test_closing_that_stumbles_is_an_error_of_its_own(played):
    """Whatever a session raises when it is closed is told, and the run comes to its end."""

    class Stumbling(FakeDriver):
        async def open(self, run):
            session = await super().open(run)
            session.close = self.stumble
            return session

        async def stumble(self):
            raise RecursionError("too deep")

    sink = Told()
    run = await played(scenario({"fake.say": "a"}), driver=Stumbling(), sink=sink)
    assert (outcomes(run), run.outcome) == (["passed", "error"], Outcome.ERROR)
    assert "too deep" in run.steps[1].failure.what
    assert sink.calls[-1] == "run finished"


async def test_keeping_evidence_is_no_standing_still(played):
    """The robot's own work after the step's clock has stopped never turns a failure into its own fault."""

    class Keeping(FakeDriver):
        async def open(self, run):
            session = await super().open(run)
            session.perform = self.keep
            return session

        async def keep(self, action, deadline_s):
            time.sleep(1.2)  # noqa: ASYNC251 - evidence that holds the loop up
            return Observation(Seen.NOTHING, evidence_s=1.2)

    run = await played(scenario({"fake.hear": "a", "within": "2s"}), driver=Keeping())
    assert (outcomes(run), run.steps[0].loop_lag_s < 0.5) == (["failed"], True)


async def test_what_was_measured_is_kept_though_its_evidence_is_not(played):
    """A screenshot that cannot be kept is the robot's ERROR; the latency it belongs to stays."""
    full = RobotBroken("evidence cannot be kept", cure="Free some space.").after(Observation(Seen.EXPECTED, 0.25))
    run = await played(scenario({"fake.say": "a"}), {"say": [Answer(full)]})
    assert (outcomes(run), run.steps[0].took_s) == (["error"], 0.25)


async def test_a_channel_that_cannot_be_opened_is_the_error_of_the_first_step_that_needs_it(played):
    """What other steps measured before is kept."""
    run = await played(scenario({"let": {"x": "1"}}, {"fake.say": "${x}"}), driver=FakeDriver(broken=BROKEN))
    assert outcomes(run) == ["passed", "error"]
    assert run.steps[1].failure.what == "no browser"


async def test_an_action_that_makes_no_sense_once_filled_in_is_an_error_with_what_to_do(played):
    """A value may turn out to be empty; a traceback would tell nobody what to look at."""

    @dataclass(frozen=True)
    class Whole(Say):
        def __post_init__(self):
            if not self.words:
                raise ValueError("there is nothing to say")

    step, _ = Vocabulary([replace(VERBS[0], argument=Whole)]).step({"fake.say": "${x}"})
    run = await played(replace(scenario(), steps=(step,), let={"x": ""}))
    assert outcomes(run) == ["error"]
    assert run.steps[0].failure.what == "fake.say cannot be filled in: there is nothing to say"
    assert run.steps[0].failure.actual == "Look at what fills in its references: it may be empty."


async def test_an_unforeseen_exception_is_an_error_with_its_traceback(played):
    """Nothing that escapes a session ends the robot."""

    class Clumsy(FakeDriver):
        async def open(self, run):
            session = await super().open(run)
            session.perform = self.stumble
            return session

        async def stumble(self, action, deadline_s):
            raise ZeroDivisionError("oops")

    run = await played(scenario({"fake.say": "a"}), driver=Clumsy())
    assert run.outcome is Outcome.ERROR
    assert "oops" in run.steps[0].failure.what
    assert "stumble" in run.steps[0].failure.actual


async def test_a_session_that_hangs_is_an_error(played, monkeypatch):
    """A session that does not come back past its grace is the robot's fault, and the run goes to its end."""
    monkeypatch.setattr(runner, "_GRACE_S", 0.05)

    class Stuck(FakeDriver):
        async def open(self, run):
            session = await super().open(run)
            session.perform = self.hang
            return session

        async def hang(self, action, deadline_s):
            await asyncio.Event().wait()

    run = await played(scenario({"fake.say": "a", "within": "50ms"}), driver=Stuck())
    assert run.outcome is Outcome.ERROR
    assert "did not come back" in run.steps[0].failure.what


async def test_an_interrupted_run_says_good_bye_and_is_kept(played):
    """Ctrl-C plays what must always be played, closes the sessions, and tells the sink."""
    steps = ({"fake.hear": "a", "within": "60s"}, {"fake.say": "b"}, {"fake.say": "bye", "always": "true"})
    sink, driver = Told(), FakeDriver()
    task = asyncio.create_task(played(scenario(*steps), driver=driver, sink=sink))
    await sink.step_is_on.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sink.run.interrupted
    assert sink.run.outcome is Outcome.ERROR
    assert outcomes(sink.run) == ["skipped", "skipped", "passed"]
    assert sink.run.steps[0].failure.what == "fake.hear a: was interrupted"
    assert driver.sessions[0].closed


async def test_an_interrupted_python_scenario_plays_only_what_must_always_be(played):
    """In its `finally:`, a step without `always` is SKIPPED after Ctrl-C."""
    hear, say = (WORDS.step({f"fake.{verb}": "x", "within": "60s"})[0] for verb in ("hear", "say"))

    async def play(play_step):
        try:
            await play_step(hear)
        finally:
            await play_step(say)
            await play_step(replace(say, always=True))

    sink = Told()
    task = asyncio.create_task(played(scenario(play=play), sink=sink))
    await sink.step_is_on.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert outcomes(sink.run) == ["skipped", "skipped", "passed"]


async def test_interrupting_the_opening_closes_what_is_open(played):
    """A session that was opened already is closed when another one's opening is interrupted."""
    quick, opening = FakeDriver(), asyncio.Event()

    class Slow(FakeDriver):
        async def open(self, run):
            opening.set()
            await asyncio.Event().wait()

    both = replace(scenario({"fake.say": "a"}), channels=("fake", "slow"))
    task = asyncio.create_task(played(both, driver=quick, slow=Slow()))
    await opening.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [session.closed for session in quick.sessions] == [True]


async def test_a_run_that_is_interrupted_while_it_closes_is_closed_to_its_end(played):
    """The sink hears of its end; who interrupts that as well ends it."""
    closing, go_on = asyncio.Event(), asyncio.Event()

    class Leaving(FakeDriver):
        async def open(self, run):
            session = await super().open(run)
            session.close = self.leave
            return session

        async def leave(self):
            closing.set()
            await go_on.wait()
            return ()

    for twice in (False, True):
        closing.clear()
        go_on.clear()
        sink = Told()
        task = asyncio.create_task(played(scenario({"fake.say": "a"}), driver=Leaving(), sink=sink))
        await closing.wait()
        task.cancel()
        await asyncio.sleep(0)
        task.cancel() if twice else go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ("run finished" in sink.calls) is not twice
        assert twice or (sink.run.interrupted, sink.run.outcome) == (True, Outcome.ERROR)


async def test_evidence_that_cannot_be_kept_is_an_error(played):
    """A run whose recording is lost at its end does not pass as if nothing had happened."""

    class Full(FakeDriver):
        async def open(self, run):
            session = await super().open(run)
            session.close = self.fail
            return session

        async def fail(self):
            raise RobotBroken("evidence cannot be kept", cure="Free some disk space.")

    run = await played(scenario({"fake.say": "a"}), driver=Full())
    assert (outcomes(run), run.outcome) == (["passed", "error"], Outcome.ERROR)
    assert (run.steps[1].name, run.steps[1].failure.what) == ("closing fake", "evidence cannot be kept")


async def test_a_store_that_breaks_ends_the_run_and_closes_the_sessions(played):
    """What cannot be kept is not played on."""
    driver = FakeDriver()
    with pytest.raises(StoreBroken):
        await played(scenario({"fake.say": "a"}, {"fake.say": "b"}), driver=driver, sink=Told(broken_at=0))
    assert driver.sessions[0].closed
    assert len(driver.sessions[0].performed) == 1


async def test_a_run_that_a_watcher_cut_off_never_passed(played):
    """Whatever ends a run before its steps are played, it is interrupted, and no success."""

    class Leaving(Told):
        async def step_started(self, run, index, step):
            if index == 1:
                raise Gone

    sink = Leaving()
    with pytest.raises(Gone):
        await played(scenario({"fake.say": "a"}, {"fake.say": "b"}), sink=sink)
    assert (sink.run.interrupted, sink.run.outcome) == (True, Outcome.ERROR)


async def test_setting_the_clock_back_bends_nothing(played):
    """Instants of a run go by the monotonic clock."""
    run = await played(scenario({"fake.say": "a"}, {"fake.say": "b"}))
    instants = [run.started_at, *(at for step in run.steps for at in (step.started_at, step.ended_at)), run.ended_at]
    assert instants == sorted(instants)
    assert replace(run, ended_at=None).ended_at is None
