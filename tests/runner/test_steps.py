"""Steps in their order: what is told, judged, captured and compared."""

from __future__ import annotations

import pytest

from prober import runner
from prober.channels.fake import FakeDriver
from prober.errors import StepFailed
from prober.loading.masking import Masker
from prober.model.run import Layer, Outcome, Seen
from prober.model.value import Captured, ValueType
from tests.runner.playing import WORDS, Told, answer, outcomes, scenario


async def test_every_step_is_told_before_the_next_begins(played):
    """The sink hears start and end of each step in order, and the run at last."""
    sink = Told()
    await played(scenario({"fake.say": "a"}, {"fake.hear": "b"}), {"hear": [answer()]}, sink=sink)
    told = ["run started", "0 started", "0 passed", "1 started", "1 passed", "run finished"]
    assert sink.calls == told


async def test_sessions_know_what_is_ahead_as_far_as_no_step_captures_it(played):
    """With what is filled in already: facts of the line, secrets, and what the scenario itself lays down."""

    class Curious(FakeDriver):
        async def open(self, run):
            self.ahead = [action.argument.words for action in run.ahead]
            return await super().open(run)

    driver, words = Curious(), ("${line.brand} ${secret.pin} ${x}", "${captured}", "bye")
    await played(scenario(*({"fake.say": one} for one in words), let={"x": "y"}), driver=driver)
    assert driver.ahead == ["全球通 246801 y", "bye"]


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
    script = {"hear": [answer()], "say": [answer(Seen.NOT_ASKED, actual="in quarantine for another 30 s")]}
    run = await played(scenario(*steps), script)
    assert (outcomes(run), run.outcome) == (["passed", "skipped", "skipped"], Outcome.SKIPPED)
    assert "quarantine" in run.steps[1].failure.actual


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
    assert "test_steps.py, line" in run.steps[1].failure.what


def test_a_number_read_out_of_a_secret_is_not_kept():
    """Its digits are the secret's; another amount stays what it is."""
    mask = Masker(["246801"])
    secret = Captured("x", ValueType.MONEY, "246801元", 24680100)
    assert runner._masked(secret, mask) == Captured("x", ValueType.MONEY, "•••元", None)
    amount = Captured("x", ValueType.MONEY, "86.50元", 8650)
    assert runner._masked(amount, mask) == amount
