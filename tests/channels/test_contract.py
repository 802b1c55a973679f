"""What every channel promises, against a real peer of each. A new channel's folder is found by itself."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import prober.channels
from prober.channels.base import RunContext
from prober.channels.evidence import EvidenceBox
from prober.channels.registry import CHANNELS
from prober.channels.timing import Stimulus, monotonic
from prober.errors import RobotBroken
from prober.loading.masking import Masker
from prober.model.run import Evidence, Seen
from tests.channels.contract import SECRET, Case

FOLDERS = sorted(path.parent.name for folder in prober.channels.__path__ for path in Path(folder).glob("*/actions.py"))
GRACE_S = 3.0
SOMETHING_ELSE = {Seen.EXPECTED, Seen.NOT_ASKED}


@pytest.fixture(params=["fake", *FOLDERS])
async def channel(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Case]:
    """Each channel in turn, with its peer."""
    name = request.param
    module = import_module("tests.channels.fake_contract" if name == "fake" else f"tests.channels.{name}.contract")
    async with module.contract(tmp_path) as case:
        yield case
        for driver in (case.driver, case.broken):
            await driver.close()
            await driver.close()


def run_of(case: Case, root: Path) -> RunContext:
    """A run of the channel's line."""
    return RunContext("run-1", case.line, Stimulus(), EvidenceBox(root, "2026-11-21/run-1"), Masker([SECRET]))


@pytest.mark.parametrize("name", FOLDERS)
def test_a_channel_is_registered_with_its_own_verbs(name: str) -> None:
    """The registry knows the folder, and every verb of it is the channel's and says what its time means."""
    room = "verbs" if find_spec(f"prober.channels.{name}.verbs") else "actions"
    verbs = import_module(f"prober.channels.{name}.{room}").VERBS
    module, driver = CHANNELS[name].driver.split(":")
    assert CHANNELS[name].verbs is verbs
    assert hasattr(import_module(module), driver)
    assert {verb.channel for verb in verbs} == {name}
    assert all(verb.took and verb.argument.__doc__ for verb in verbs)
    assert len({verb.name for verb in verbs}) == len(verbs)


async def test_an_acting_verb_marks_the_stimulus(channel: Case, tmp_path: Path) -> None:
    """Whatever is waited for next is measured from it."""
    run = run_of(channel, tmp_path)
    session = await channel.driver.open(run)
    began_s = monotonic()
    seen = await session.perform(channel.act, channel.act_deadline_s)
    ended_s = monotonic()
    await session.close()
    assert seen.seen is Seen.EXPECTED, seen
    assert run.stimulus.by == channel.act.full_name
    assert began_s <= run.stimulus.at_s <= ended_s


async def test_waiting_in_vain_ends_with_its_clock(channel: Case, tmp_path: Path) -> None:
    """Nothing to come is an observation, made at the deadline or soon after it, and never an exception."""
    run = run_of(channel, tmp_path)
    session = await channel.driver.open(run)
    await session.perform(channel.act, channel.act_deadline_s)
    began_s = monotonic()
    seen = await session.perform(channel.wait, 1.0)
    took_s = monotonic() - began_s
    await session.close()
    assert seen.seen not in SOMETHING_ELSE, seen
    assert seen.actual
    assert took_s < 1.0 + GRACE_S


async def test_what_an_action_took_is_its_own_time(channel: Case, tmp_path: Path) -> None:
    """Waiting for the robot's own things and writing evidence are counted apart, and nothing is counted twice."""
    session = await channel.driver.open(run_of(channel, tmp_path))
    for action, deadline_s in ((channel.act, channel.act_deadline_s), (channel.wait, 0.5)):
        began_s = monotonic()
        seen = await session.perform(action, deadline_s)
        whole_s = monotonic() - began_s
        took_s = seen.took_s or 0.0
        assert min(took_s, seen.waited_s, seen.evidence_s) >= 0
        if action is channel.act:
            assert took_s + seen.waited_s + seen.evidence_s <= whole_s
    await session.close()


async def test_evidence_is_what_its_record_says(channel: Case, tmp_path: Path) -> None:
    """Every file is where the record says, with that hash and length, and without the line's secrets."""
    session = await channel.driver.open(run_of(channel, tmp_path))
    kept: list[Evidence] = []
    for action, deadline_s in ((channel.act, channel.act_deadline_s), (channel.wait, 0.5)):
        kept.extend((await session.perform(action, deadline_s)).evidence)
    kept.extend(await session.close())
    assert kept
    for evidence in kept:
        content = (tmp_path / evidence.path).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (evidence.sha256, evidence.bytes)
        assert SECRET.encode() not in content, evidence.path


async def test_closing_is_safe_twice_and_after_nothing(channel: Case, tmp_path: Path) -> None:
    """A session that did nothing, and one that is closed already, close like any other."""
    session = await channel.driver.open(run_of(channel, tmp_path))
    first = await session.close()
    assert list(await session.close()) == list(first)


async def test_what_the_robot_lacks_is_its_own_fault(channel: Case, tmp_path: Path) -> None:
    """Opening without what the channel needs on our side says what is missing and what to do."""
    with pytest.raises(RobotBroken) as broken:
        await channel.broken.open(run_of(channel, tmp_path))
    assert broken.value.what
    assert broken.value.cure.endswith(".")
