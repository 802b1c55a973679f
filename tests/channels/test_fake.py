"""The scripted channel does what its script says."""

from __future__ import annotations

from pathlib import Path

import pytest

from prober.channels.base import RunContext
from prober.channels.evidence import EvidenceBox
from prober.channels.fake import Answer, FakeDriver, Hear, Say
from prober.channels.timing import Stimulus
from prober.errors import RobotBroken
from prober.loading.masking import Masker
from prober.model.line import Line
from prober.model.run import Observation, Seen
from prober.model.scenario import Action

SAY = Action("fake", "say", Say("hello"))
HEAR = Action("fake", "hear", Hear())


@pytest.fixture
def run(tmp_path: Path) -> RunContext:
    """A run of any line."""
    return RunContext("run-1", Line("demo-1", "13800000001"), Stimulus(), EvidenceBox(tmp_path, "run-1"), Masker([]))


async def test_answers_come_in_their_order_and_the_last_again(run: RunContext) -> None:
    """Each verb has its own."""
    wrong = Observation(Seen.WRONG_CONTENT, actual="another text")
    driver = FakeDriver({"hear": [Answer(wrong), Answer()]})
    session = await driver.open(run)
    seen = [(await session.perform(HEAR, 1)).seen for _ in range(3)]
    assert seen == [Seen.WRONG_CONTENT, Seen.EXPECTED, Seen.EXPECTED]
    assert session.performed == [HEAR] * 3
    assert driver.sessions == [session]


async def test_an_answer_has_its_time(run: RunContext) -> None:
    """From the start where it acts, from the stimulus where it waits; past the deadline it does not come."""
    session = await FakeDriver({"say": [Answer(after_s=0.05)], "hear": [Answer(after_s=0.1), Answer(after_s=9)]}).open(
        run
    )
    said = await session.perform(SAY, 1)
    heard = await session.perform(HEAR, 1)
    missed = await session.perform(HEAR, 0.15)
    assert said.took_s is not None
    assert heard.took_s is not None
    assert said.took_s >= 0.05
    assert 0.1 <= heard.took_s < 1
    assert missed.seen is Seen.NOTHING


async def test_a_broken_robot_is_raised(run: RunContext) -> None:
    """From the step that the script says, or from opening."""
    broken = RobotBroken("gone", cure="Wait.")
    session = await FakeDriver({"say": [Answer(broken)]}).open(run)
    with pytest.raises(RobotBroken, match="gone"):
        await session.perform(SAY, 1)
    with pytest.raises(RobotBroken, match="gone"):
        await FakeDriver(broken=broken).open(run)


async def test_it_may_stand_in_for_any_channel(run: RunContext, tmp_path: Path) -> None:
    """Its evidence bears the channel's name, and what it closed is known."""
    driver = FakeDriver(channel="ivr")
    session = await driver.open(run)
    await session.perform(Action("ivr", "dial", Say("10086")), 1)
    (kept,) = await session.close()
    await driver.close()
    assert run.stimulus.by == "ivr.dial"
    assert "10086" in (tmp_path / kept.path).read_text(encoding="utf-8")
    assert kept.path.endswith("ivr.txt")
    assert session.closed
    assert driver.closed
