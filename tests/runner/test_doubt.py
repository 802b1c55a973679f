"""A failure in doubt: the self-check says whose it is."""

from __future__ import annotations

import asyncio

from prober import runner
from prober.channels.fake import Answer, FakeDriver
from prober.errors import RobotBroken
from prober.model.run import Layer, Observation, Seen
from tests.runner.playing import BROKEN, answer, outcomes, scenario

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
