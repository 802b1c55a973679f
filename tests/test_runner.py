"""The runner, against channels that answer from a script."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from prober import runner
from prober.channels.base import RunContext
from prober.channels.evidence import EvidenceBox
from prober.channels.fake import VERBS, Answer, FakeDriver
from prober.channels.timing import Clock, Stimulus
from prober.errors import RobotBroken, StepFailed, StoreBroken
from prober.loading.masking import Masker
from prober.loading.vocabulary import Vocabulary
from prober.model.line import Line
from prober.model.run import Layer, Observation, Outcome, Run, Seen
from prober.model.scenario import Scenario
from prober.model.value import Captured, ValueType

LINE = Line("l1", "13800000001", facts={"brand": "全球通"}, secrets={"pin": "246801"})
BROKEN = RobotBroken("no browser", cure="Install one.")
WORDS = Vocabulary(VERBS)


def answer(seen=Seen.EXPECTED, after_s=0.0, **kwargs):
    return Answer(Observation(seen, **kwargs), after_s)


def scenario(*written, play=None, **kwargs):
    steps = []
    for mapping in written:
        step, mistakes = WORDS.step(mapping)
        assert not mistakes, mistakes
        steps.append(step)
    return Scenario("s", "S", Path("s.yaml"), "0", ("fake",), tuple(steps), play=play, **kwargs)


class Gone(Exception):
    """Whoever watched went away in the middle."""


class Told:
    """A sink that remembers; *broken_at* is the step it cannot keep."""

    def __init__(self, broken_at=None):
        self.calls = []
        self.run = None
        self.broken_at = broken_at
        self.step_is_on = asyncio.Event()

    async def run_started(self, run):
        self.calls.append("run started")

    async def step_started(self, run, index, step):
        self.calls.append(f"{index} started")
        self.step_is_on.set()

    async def step_finished(self, run, result):
        if result.index == self.broken_at:
            raise StoreBroken("the disk is full", cure="Free some space.")
        self.calls.append(f"{result.index} {result.outcome}")

    async def run_finished(self, run):
        self.calls.append("run finished")
        self.run = run


@pytest.fixture
def played(tmp_path):
    async def play(what, script=None, *, driver=None, slow=None, sink=None):
        clock = Clock()
        run = Run("r1", "s", "S", "l1", clock.now(), clock.now(), "0", "0", "0")
        box = EvidenceBox(tmp_path, "r1")
        context = RunContext("r1", LINE, Stimulus(), box, Masker(LINE.secrets.values()))
        drivers = {"fake": driver or FakeDriver(script), "slow": slow}
        return await runner.play(what, run, context=context, drivers=drivers, clock=clock, sink=sink or Told())

    return play


def outcomes(run):
    return [str(step.outcome) for step in run.steps]


async def test_every_step_is_told_before_the_next_begins(played):
    """The sink hears start and end of each step in order, and the run at last."""
    sink = Told()
    await played(scenario({"fake.say": "a"}, {"fake.hear": "b"}), {"hear": [answer()]}, sink=sink)
    told = ["run started", "0 started", "0 passed", "1 started", "1 passed", "run finished"]
    assert sink.calls == told


async def test_after_a_failure_only_always_steps_are_played(played):
    """A failed step ends the run; the others are SKIPPED, those that must be played are."""
    steps = ({"fake.hear": "a"}, {"fake.say": "b"}, {"fake.say": "bye", "always": "true"})
    driver = FakeDriver({"hear": [answer(Seen.SILENCE, expected="a", actual="silence")]})
    run = await played(scenario(*steps), driver=driver)
    assert outcomes(run) == ["failed", "skipped", "passed"]
    assert run.outcome is Outcome.FAILED
    assert run.steps[0].layer is Layer.PROMPT
    assert [action.verb for action in driver.sessions[0].performed] == ["hear", "say"]


async def test_a_soft_failure_fails_the_run_at_its_end(played):
    """A soft step lets the run go on, and the run is FAILED all the same."""
    steps = ({"fake.hear": "a", "soft": "true"}, {"fake.say": "b"})
    run = await played(scenario(*steps), {"hear": [answer(Seen.SILENCE)]})
    assert (outcomes(run), run.outcome) == (["failed", "passed"], Outcome.FAILED)


async def test_a_broken_robot_is_an_error_never_a_failure(played):
    """What the session could not ask is ERROR with what to do, and ends the run."""
    run = await played(scenario({"fake.say": "a"}, {"fake.say": "b"}), {"say": [Answer(BROKEN)]})
    assert (outcomes(run), run.outcome) == (["error", "skipped"], Outcome.ERROR)
    assert run.steps[0].layer is Layer.ROBOT
    assert run.steps[0].failure.what == "no browser"
    assert run.steps[0].failure.actual == "Install one."


DOUBTFUL = Answer(Observation(Seen.NO_MEDIA, actual="no RTP packet came in", doubtful=True))


async def test_a_failure_in_doubt_is_the_channels_where_the_self_check_passes(played):
    """What may be the robot's own fault stays FAILED once the robot has shown that it can."""
    run = await played(scenario({"fake.hear": "a"}), {"hear": [DOUBTFUL]})
    assert (outcomes(run), run.steps[0].layer) == (["failed"], Layer.MEDIA)
    assert run.steps[0].facts["self_check"] == "passed: the script is there"


async def test_a_failure_in_doubt_is_the_robots_where_the_self_check_fails(played):
    """The robot that cannot do better against its own reference target never accuses the channel."""
    deaf = FakeDriver({"hear": [DOUBTFUL]}, self_check=RobotBroken("the sound clock stands", cure="Restart it."))
    run = await played(scenario({"fake.hear": "a"}), driver=deaf)
    assert (outcomes(run), run.steps[0].layer) == (["error"], Layer.ROBOT)
    assert "the sound clock stands" in run.steps[0].failure.what
    assert run.steps[0].failure.expected == "no RTP packet came in"
    assert run.steps[0].failure.actual == "Restart it."
    assert run.steps[0].facts["self_check"] == "failed: the sound clock stands"


async def test_what_is_certain_needs_no_self_check(played):
    """A failure beyond doubt is judged at once."""
    deaf = FakeDriver({"hear": [answer(Seen.OTHER_PROMPT)]}, self_check=BROKEN)
    run = await played(scenario({"fake.hear": "a"}), driver=deaf)
    assert outcomes(run) == ["failed"]
    assert "self_check" not in run.steps[0].facts


async def test_a_self_check_that_never_ends_has_failed(played, monkeypatch):
    """A robot that hangs in its own self-check is at fault."""

    class Hanging(FakeDriver):
        async def self_check(self):
            await asyncio.Event().wait()

    monkeypatch.setattr(runner, "_SELF_CHECK_S", 0.05)
    run = await played(scenario({"fake.hear": "a"}), driver=Hanging({"hear": [DOUBTFUL]}))
    assert outcomes(run) == ["error"]
    assert "its self-check took longer than 0.05 s" in run.steps[0].failure.what


async def test_a_self_check_that_stumbles_has_failed(played):
    """No exception of a self-check loses the step it was to judge."""

    class Stumbling(FakeDriver):
        async def self_check(self):
            raise OSError(24, "Too many open files")

    run = await played(scenario({"fake.hear": "a"}), driver=Stumbling({"hear": [DOUBTFUL]}))
    assert outcomes(run) == ["error"]
    assert "Too many open files" in run.steps[0].failure.what


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


@pytest.mark.parametrize(("name", "told"), [("otp", "您的动态码 882301，请勿"), ("code", "您的验证码为882301，请勿")])
async def test_a_one_time_code_is_a_secret_from_the_moment_it_is_told(played, name, told):
    """What is captured under the name of a masked field, or beside one, is used, and kept nowhere in plain."""
    steps = ({"fake.hear": "码", "capture": {name: "digits"}}, {"fake.say": f"${{{name}}}"})
    hear = [answer(text=told)]
    driver = FakeDriver({"hear": hear, "say": [answer(actual="typed 882301")]})
    run = await played(scenario(*steps), driver=driver)
    assert driver.sessions[0].performed[1].argument.words == "882301"
    assert run.outcome is Outcome.PASSED
    assert "882301" not in repr(run)


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


async def test_values_are_captured_compared_and_masked(played):
    """A capture is used by later steps; a secret is used too, but never leaves the robot in a text."""
    steps = (
        {"fake.hear": "余额", "capture": {"spoken": "money"}},
        {"fake.hear": "x"},
        {"fake.say": "${spoken} ${line.brand} ${secret.pin}"},
        {"same": ["spoken", "shown"], "as": "money"},
    )
    hear = [
        answer(text="您的余额为八十六元五角，密码246801"),
        answer(text="", groups={"shown": "96.50元", "leak": "246801"}),
    ]
    driver = FakeDriver({"hear": hear, "say": [answer(actual="246801", facts={"echo": "246801"})]})
    run = await played(scenario(*steps), driver=driver)
    assert driver.sessions[0].performed[2].argument.words == "八十六元五角 全球通 246801"
    assert run.outcome is Outcome.FAILED
    assert run.steps[3].failure.actual == "spoken = 86.50元 («八十六元五角»), shown = 96.50元"
    assert run.steps[3].layer is Layer.CONTENT
    assert "246801" not in repr(run)
    assert run.steps[2].facts["echo"] == "•••"


async def test_an_unreadable_capture_fails(played):
    """A prompt that came, but without an amount in it, is a failure of content."""
    steps = ({"fake.hear": "余额", "capture": {"spoken": "money"}},)
    run = await played(scenario(*steps), {"hear": [answer(text="系统繁忙")]})
    assert (run.outcome, run.steps[0].layer) == (Outcome.FAILED, Layer.CONTENT)
    assert "系统繁忙" in run.steps[0].failure.actual


async def test_a_name_without_a_value_is_the_robots_error(played):
    """A capture of an optional step that was absent leaves nothing to ask with."""
    steps = ({"fake.hear": "a", "optional": "true", "capture": {"x": "text"}}, {"fake.say": "${x}"})
    run = await played(scenario(*steps), {"hear": [answer(Seen.NOTHING)]})
    assert outcomes(run) == ["skipped", "error"]
    assert "${x} has no value" in run.steps[1].failure.what


async def test_a_step_that_could_not_be_asked_keeps_the_run_from_passing(played):
    """A number in quarantine: the run is SKIPPED, though a step before passed."""
    steps = ({"fake.hear": "a"}, {"fake.say": "b"}, {"fake.hear": "c"})
    script = {"hear": [answer()], "say": [answer(Seen.NOT_ASKED, actual="in quarantine until 12:00:00")]}
    run = await played(scenario(*steps), script)
    assert (outcomes(run), run.outcome) == (["passed", "skipped", "skipped"], Outcome.SKIPPED)
    assert "quarantine" in run.steps[1].failure.actual


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


async def test_the_deadline_of_a_scenario_cuts_a_steps_limit(played):
    """A step gets no more than what the scenario has left."""
    run = await played(scenario({"fake.hear": "a", "within": "60s"}, deadline_s=0.1))
    assert run.outcome is Outcome.FAILED
    assert "the deadline of the scenario (0.1 s) ended the wait" in run.steps[0].failure.what


async def test_what_must_always_be_played_gets_its_own_time(played):
    """Past the scenario's deadline an order is still undone, with the limit of its own step."""
    steps = ({"fake.hear": "a"}, {"fake.hear": "undone", "always": "true", "within": "5s"})
    script = {"hear": [answer(after_s=60), answer(after_s=0.15)]}
    run = await played(scenario(*steps, deadline_s=0.1), script)
    assert outcomes(run) == ["failed", "passed"]


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


async def test_a_python_scenario_is_played_by_the_same_rules(played):
    """Its steps are recorded one by one; a failed one ends the function, and finally: is played."""
    step = {name: WORDS.step({f"fake.{name}": "x", "always": str(always).lower()})[0]
            for name, always in (("hear", False), ("say", True))}  # fmt: skip

    async def play(play_step):
        try:
            if (await play_step(step["hear"])).outcome is Outcome.FAILED:
                raise StepFailed
        finally:
            await play_step(step["say"])

    run = await played(scenario(play=play), {"hear": [answer(Seen.SILENCE)]})
    assert (outcomes(run), run.outcome) == (["failed", "passed"], Outcome.FAILED)


@pytest.mark.parametrize(("said", "outcome"), [(AssertionError("86 < 100"), "failed"), (KeyError("x"), "error")])
async def test_what_a_python_scenario_raises_is_told_as_a_step(played, said, outcome):
    """Its own assertion is the channel's failure, any other exception the robot's error; both name the line."""

    async def play(play_step):
        await play_step(WORDS.step({"fake.say": "x"})[0])
        raise said

    run = await played(scenario(play=play))
    assert outcomes(run) == ["passed", outcome]
    assert run.outcome == outcome
    assert "test_runner.py, line" in run.steps[1].failure.what


async def test_setting_the_clock_back_bends_nothing(played):
    """Instants of a run go by the monotonic clock."""
    run = await played(scenario({"fake.say": "a"}, {"fake.say": "b"}))
    instants = [run.started_at, *(at for step in run.steps for at in (step.started_at, step.ended_at)), run.ended_at]
    assert instants == sorted(instants)
    assert replace(run, ended_at=None).ended_at is None


def test_a_number_read_out_of_a_secret_is_not_kept():
    """Its digits are the secret's; another amount stays what it is."""
    mask = Masker(["246801"])
    secret = Captured("x", ValueType.MONEY, "246801元", 24680100)
    assert runner._masked(secret, mask) == Captured("x", ValueType.MONEY, "•••元", None)
    amount = Captured("x", ValueType.MONEY, "86.50元", 8650)
    assert runner._masked(amount, mask) == amount
