"""What `ivr.quality` finds in a call: too quiet, too loud, silent, torn, one way."""

from __future__ import annotations

import numpy as np
import pytest

from prober.channels.ivr.actions import Dial, Hear, Quality
from prober.channels.ivr.hearing.events import Tone
from prober.channels.ivr.tally import Tally
from prober.model.run import Seen
from tests.channels.ivr.test_network import RATE, alaw_wav


@pytest.fixture
def heard(tmp_path, far_end, call_as):
    """Play samples to a robot, and return it when they were: it hears what is no prompt, and waits for one."""

    async def play(samples, **plan):
        alaw_wav(tmp_path / "played.wav", samples)
        robot = await call_as((await far_end(tmp_path, answer=["played"], **plan)).server)
        assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
        await robot.do("hear", Hear(tone=Tone.BUSY), within_s=len(samples) / RATE)
        return robot

    return play


def buzz(amplitude, length_s=1.5):
    """A sound of that amplitude, which is no tone of the network."""
    at_s = np.arange(round(length_s * RATE)) / RATE
    return amplitude * np.sin(2 * np.pi * 700 * at_s)


@pytest.mark.live
@pytest.mark.parametrize(
    ("amplitude", "level_dbfs", "seen"), [(6000, -17.8, Seen.EXPECTED), (300, -43.8, Seen.POOR_QUALITY)]
)
async def test_the_level_of_what_sounds_is_held_against_its_limit(amplitude, level_dbfs, seen, heard):
    """However much silence there is around it."""
    robot = await heard(np.concatenate([buzz(amplitude), np.zeros(RATE // 2)]))
    judged = await robot.do("quality", Quality(level=-30.0))
    assert judged.facts["level_dbfs"] == pytest.approx(level_dbfs, abs=0.5)
    assert (judged.seen, judged.expected) == (seen, "level ≥ -30.0 dBFS")


@pytest.mark.live
async def test_clipping_is_told(heard):
    """Two thirds of a sine that was turned up to four times full scale are flat."""
    robot = await heard(np.clip(buzz(4 * 32767), -32256, 32256))
    judged = await robot.do("quality", Quality(clipping=0.01))
    assert judged.seen is Seen.POOR_QUALITY
    assert judged.actual.startswith("clipping 8")
    assert judged.facts["clipped"] == pytest.approx(0.84, abs=0.05)


@pytest.mark.live
async def test_a_call_with_too_little_in_it_is_told(heard):
    """Half a second of sound in two."""
    robot = await heard(np.concatenate([buzz(6000, 0.5), np.zeros(3 * RATE // 2)]))
    assert (await robot.do("quality", Quality(silence=0.5))).seen is Seen.POOR_QUALITY
    assert (await robot.do("quality", Quality(silence=0.99))).seen is Seen.EXPECTED


@pytest.mark.live
async def test_a_dropout_is_told_with_its_length(heard):
    """Nothing came for 0.3 s, however little that is of the whole call."""
    robot = await heard(buzz(6000, 2.0), drops=[1.0, 0.3])
    judged = await robot.do("quality", Quality(dropout=0.2, loss=0.5))
    assert (judged.seen, judged.expected) == (Seen.POOR_QUALITY, "loss ≤ 50.0%; dropout ≤ 200 ms")
    assert judged.actual.startswith("longest dropout 3")
    assert judged.facts["dropouts"] >= 1
    assert judged.facts["dropout_max_s"] == pytest.approx(0.32, abs=0.06)
    assert (await robot.do("quality", Quality(dropout=5.0))).seen is Seen.EXPECTED


@pytest.mark.live
async def test_one_way_audio_is_no_quality(heard):
    """We hear them, and their reports know nothing of us."""
    robot = await heard(buzz(6000, 4.5), reports="none")
    judged = await robot.do("quality", Quality())
    assert (judged.seen, judged.doubtful, judged.facts["ours_arrives"]) == (Seen.ONE_WAY, True, False)


def test_gaps_are_those_between_packets_and_after_the_last():
    """A stream that never began has none."""
    tally = Tally()
    assert tally.gaps(0.06, 9.0) == []
    for count, at_s in enumerate([1.0, 1.02, 1.2, 1.22], start=1):
        tally.counted(count, at_s)
    assert tally.gaps(0.06, 1.25) == pytest.approx([0.18])
    assert tally.gaps(0.06, 2.22) == pytest.approx([0.18, 1.0])
