"""The faults of a call's media, told apart: one way, none, broken off, cut off, lossy, poor."""

from __future__ import annotations

import re

import pytest

from prober.channels.ivr.actions import Dial, HangUp, Hear, KeyMode, Press, Quality
from prober.model.run import Seen

pytestmark = pytest.mark.live


async def dialled(robot):
    assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    return robot


async def test_a_key_that_never_arrives_is_one_way_audio(far_end, call_as):
    """We hear them, and their reports know of no packet of ours: the failure is that, not the missing prompt."""
    peer = await far_end(answer=["main_menu"], reports="none")
    robot = await dialled(await call_as(peer.server))
    assert (await robot.do("hear", Hear("main_menu"), within_s=0.5)).seen is Seen.EXPECTED
    await robot.do("press", Press("1"))
    seen = await robot.do("hear", Hear("balance"), within_s=1.0)
    assert (seen.seen, seen.doubtful) == (Seen.ONE_WAY, True)
    assert seen.actual.startswith(
        "we hear them, but they do not hear us: the far end's RTCP reports know of none of the "
    )
    assert "heard here: " in seen.actual
    assert seen.facts["ours_arrives"] is False


@pytest.mark.parametrize(
    ("reports", "mode"), [("all", KeyMode.RFC4733), (None, KeyMode.RFC4733), ("none", KeyMode.INFO)]
)
async def test_one_way_audio_is_not_guessed(far_end, call_as, reports, mode):
    """Where reports know our stream, or there are none, or the key went by SIP, silence is just silence."""
    plan = {} if reports is None else {"reports": reports}
    robot = await dialled(await call_as((await far_end(**plan)).server))
    await robot.do("press", Press("1", mode=mode))
    seen = await robot.do("hear", Hear("balance"), within_s=1.2)
    assert (seen.seen, seen.doubtful) == (Seen.SILENCE, True)
    assert seen.actual.startswith("packets came in, and nothing was heard for ")


async def test_a_stream_that_stops_in_a_prompt_is_a_dropout(far_end, call_as):
    """The sound broke off, and the prompt and how far it got are named; a cable of ours would look the same."""
    peer = await far_end(answer=["main_menu"], silent_after_s=1.5)
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("hear", Hear("main_menu"), within_s=4.0)
    assert (seen.seen, seen.doubtful) == (Seen.DROPOUT, True)
    assert "the sound broke off in the middle of prompt main_menu «" in seen.actual
    assert "no RTP packet has come in for " in seen.actual


async def test_a_call_cut_off_says_where(far_end, call_as):
    """The far end hung up in the middle of a prompt: which one, and how far it got."""
    peer = await far_end(answer=["main_menu"], bye_s=1.5)
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("hear", Hear("main_menu"))
    assert seen.seen is Seen.HUNG_UP
    assert re.search(
        r"the far end ended the call 1\.\d\d s after the stimulus, in the middle of prompt main_menu «", seen.actual
    )
    assert "%) were heard" in seen.actual


@pytest.mark.parametrize("loss", [0.3, 0.6])
async def test_a_prompt_is_heard_through_lost_packets(far_end, call_as, loss):
    """What is lost is left blank, so that what came still fits: the prompt, its time, and the share that was lost."""
    peer = await far_end(keys={"1": (0.5, "goodbye")}, loss=loss)
    robot = await dialled(await call_as(peer.server))
    await robot.do("press", Press("1"))
    seen = await robot.do("hear", Hear("goodbye"))
    assert seen.seen is Seen.EXPECTED, seen.actual
    assert seen.took_s == pytest.approx(0.5, abs=0.1)
    assert seen.facts["lost_share"] == pytest.approx(loss, abs=0.1)
    judged = await robot.do("quality", Quality(loss=0.05))
    assert judged.seen is Seen.POOR_QUALITY
    assert judged.actual.startswith("loss ")


async def test_loss_that_leaves_nothing_is_a_dropout(far_end, call_as):
    """Where nine packets of ten are lost, what came is called neither silence nor another sound."""
    peer = await far_end(keys={"1": (0.1, "goodbye")}, loss=0.9)
    robot = await dialled(await call_as(peer.server))
    await robot.do("press", Press("1"))
    seen = await robot.do("hear", Hear("balance"), within_s=3.0)
    assert seen.seen is Seen.DROPOUT
    assert "% of the packets since the stimulus were lost" in seen.actual


async def test_a_call_without_sound_has_no_quality(far_end, call_as):
    """No packet, no figure: not a poor call but none."""
    robot = await dialled(await call_as((await far_end(rtp=False)).server))
    seen = await robot.do("quality", Quality(mos=3.5))
    assert (seen.seen, seen.doubtful, seen.facts["estimated_mos"]) == (Seen.NO_MEDIA, True, None)


async def test_quality_is_asked_of_a_call_that_is_over_as_well(far_end, call_as):
    """The figures stay; what misses its limit is named, with the limits."""
    robot = await dialled(await call_as((await far_end(answer=["goodbye"])).server))
    assert (await robot.do("hear", Hear("goodbye"))).seen is Seen.EXPECTED
    await robot.do("hang_up", HangUp())
    good = await robot.do("quality", Quality(mos=4.0, loss=0.02, jitter=0.04))
    assert (good.seen, good.expected) == (Seen.EXPECTED, "MOS ≥ 4.00; loss ≤ 2.0%; jitter ≤ 40.0 ms")
    poor = await robot.do("quality", Quality(mos=4.45))
    assert (poor.seen, poor.actual) == (Seen.POOR_QUALITY, f"estimated MOS {poor.facts['estimated_mos']:.2f}")
