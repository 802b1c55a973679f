"""What `hear` makes of what comes, and of what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from prober.channels.ivr.actions import Dial, HangUp, Hear, Press, Until
from prober.model.run import Seen

pytestmark = pytest.mark.live
PROMPTS = Path(__file__).parents[3] / "scenarios" / "prompts"


async def dialled(robot):
    assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    return robot


async def test_an_answer_without_sound_is_no_media(far_end, call_as):
    """No RTP packet since the stimulus is a failure of the media, and no quality is made up for it."""
    peer = await far_end(rtp=False)
    robot = await dialled(await call_as(peer.server))
    assert (await robot.do("hear", Hear("welcome"), within_s=0.5)).seen is Seen.NO_MEDIA
    ended = await robot.do("hang_up", HangUp())
    assert (ended.facts["rtp_received"], ended.facts["estimated_mos"]) == (0, None)


async def test_silent_packets_are_silence(far_end, call_as):
    """RTP that carries nothing audible is silence, all of the time."""
    peer = await far_end()
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("hear", Hear("welcome"), within_s=0.6)
    assert seen.seen is Seen.SILENCE
    assert seen.timings["silence_s"] >= 0.6


async def test_another_prompt_is_named_with_its_text(far_end, call_as, table):
    """The wrong prompt is told by name, text and score."""
    peer = await far_end(keys={"1": (0.2, "packages")})
    robot = await dialled(await call_as(peer.server))
    await robot.do("press", Press("1"))
    seen = await robot.do("hear", Hear("balance"), within_s=2.0)
    assert seen.seen is Seen.OTHER_PROMPT
    assert f"prompt packages «{table.prompts['packages'].text}»" in seen.actual
    assert "», score " in seen.actual
    assert seen.expected.startswith("prompt balance «")


async def test_a_prompt_with_another_word_in_it_is_another_prompt(far_end, call_as, tmp_path):
    """A price that changed in a recording that did not otherwise is no pass, and no dropout."""
    content, word_s = bytearray((PROMPTS / "new_item.wav").read_bytes()), 0.3
    at, length = len(content) // 2, int(word_s * 8000)
    content[at : at + length] = (PROMPTS / "packages.wav").read_bytes()[: -length - 1 : -1]
    (tmp_path / "changed.wav").write_bytes(content)
    peer = await far_end(tmp_path, answer=["changed"])
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("hear", Hear("new_item"), within_s=3.0)
    assert seen.seen is Seen.OTHER_PROMPT
    assert "prompt new_item «" in seen.actual
    assert "began, and went on otherwise: " in seen.actual


async def test_another_prompt_before_the_right_one_is_only_noted(far_end, call_as):
    """Waiting goes on past another prompt, unless it is strict."""
    peer = await far_end(answer=["goodbye"], keys={"1": (0.0, "goodbye"), "2": (3.0, "welcome")})
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("hear", Hear("welcome", strict=True), within_s=8.0)
    assert seen.seen is Seen.OTHER_PROMPT
    await robot.do("press", Press("12"))
    noted = await robot.do("hear", Hear("welcome", until=Until.STARTED), within_s=8.0)
    assert noted.seen is Seen.EXPECTED
    assert noted.took_s > 2.9


async def test_what_began_before_the_key_does_not_answer_it(far_end, call_as):
    """A prompt that was being played already, and goes on, is not the key's effect."""
    peer = await far_end(answer=["welcome"])
    robot = await dialled(await call_as(peer.server))
    assert (await robot.do("hear", Hear("welcome", until=Until.STARTED))).seen is Seen.EXPECTED
    await robot.do("press", Press("1"))
    seen = await robot.do("hear", Hear("welcome"), within_s=1.0)
    assert seen.seen is Seen.OTHER_PROMPT
    assert "was being played already" in seen.actual


async def test_an_onset_in_time_passes_though_recognised_late(far_end, call_as):
    """The clock stops the wait for the beginning, not the recognition of what began in time."""
    peer = await far_end(keys={"1": (0.1, "new_item")})
    robot = await dialled(await call_as(peer.server))
    await robot.do("press", Press("1"))
    seen = await robot.do("hear", Hear("new_item"), within_s=0.22)
    assert seen.seen is Seen.EXPECTED
    assert seen.took_s < 0.22 < seen.timings["recognised_s"]


async def test_a_hang_up_ends_the_wait(far_end, call_as):
    """When the far end hangs up, nothing more is waited for."""
    peer = await far_end(bye_s=0.4)
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("hear", Hear("welcome"), within_s=20.0)
    assert seen.seen is Seen.HUNG_UP
    assert "the far end ended the call" in seen.actual


async def test_a_prompt_cut_by_the_hang_up_is_no_pass(far_end, call_as):
    """A prompt that breaks off with the call was not heard to its end."""
    peer = await far_end(answer=["main_menu"], bye_s=1.5)
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("hear", Hear("main_menu"))
    assert seen.seen is Seen.HUNG_UP


async def test_a_prompt_longer_than_the_clock_does_not_hold_up_the_run(far_end, call_as):
    """It passes when it was followed beyond doubt, and the facts say that its end was not heard."""
    peer = await far_end(answer=["main_menu"])
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("hear", Hear("main_menu"), within_s=0.5)
    assert (seen.seen, seen.facts["to_its_end"]) == (Seen.EXPECTED, False)
