"""What is kept of a call: everything that happened in it, and nothing of a secret."""

from __future__ import annotations

import io
import json
import re
import wave
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from prober.channels.ivr.actions import Dial, HangUp, Hear, KeyMode, Press, Until
from prober.loading.wav import read_wav
from tests.channels.ivr.conftest import SECRET
from tests.channels.ivr.riff import cues

pytestmark = pytest.mark.live


def kept(robot, name: str) -> bytes:
    return robot.run.evidence.path(name).read_bytes()


def sides(content: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(content)) as reader:
        return np.frombuffer(reader.readframes(reader.getnframes()), "<i2").reshape(-1, 2)


@pytest.fixture
async def played(far_end, call_as):
    """A call in which a prompt answered a key, and all that was kept of it."""
    peer = await far_end(keys={"1": (0.3, "goodbye")}, reports="all")
    robot = await call_as(peer.server)
    await robot.do("dial", Dial("10086"))
    await robot.do("press", Press("1"))
    await robot.do("hear", Hear("goodbye"))
    await robot.do("hang_up", HangUp())
    await robot.session.close()
    return robot


async def test_the_recording_shows_the_whole_call(played, table):
    """The key on the right, the prompt on the left, and marks where each of them is."""
    content = kept(played, "call.wav")
    places = {label: sample for sample, label in cues(content) if not label.startswith("late ")}
    assert list(places) == [
        "ivr.dial 10086",
        "200 OK to our INVITE",
        "ivr.press 1",
        "key 1",
        "ivr.hear goodbye",
        "prompt goodbye",
        "ivr.hang_up",
        "200 OK to our BYE",
    ]
    both = sides(content)
    assert np.flatnonzero(both[:, 1])[0] == pytest.approx(places["key 1"], abs=2)
    assert np.count_nonzero(both[:, 1]) == pytest.approx(0.16 * 8000, abs=60)
    spoken = read_wav(table.prompts["goodbye"].path).astype(float)
    audible = int(np.flatnonzero(np.abs(spoken) > 327)[0])
    # Its beginning alone: a stall of the machine may part it from the rest.
    beginning = spoken[audible : audible + 2000]
    recorded = int(np.correlate(both[:, 0].astype(float), beginning, "valid").argmax())
    assert recorded == pytest.approx(places["prompt goodbye"], abs=400)


async def test_rtp_is_told_by_the_second(played):
    """Packets each way, what was lost, jitter and level, from the first second of sound on."""
    told = json.loads(kept(played, "rtp.json"))
    assert abs(datetime.fromisoformat(told["began_at"]) - datetime.now(UTC)) < timedelta(minutes=1)
    seconds = told["seconds"]
    assert [one["second"] for one in seconds] == list(range(len(seconds)))
    assert set(seconds[0]) == {"second", "received", "lost", "discarded", "jitter_s", "sent", "level_dbfs"}
    assert len(seconds) >= 2
    assert seconds[1]["received"] == pytest.approx(50, abs=10)
    assert seconds[1]["sent"] == pytest.approx(50, abs=10)
    assert -40 < seconds[1]["level_dbfs"] < -10


async def test_the_ladder_begins_with_its_instant_and_ends_with_the_delays(played):
    """What was done, sent, received and heard, in order; below it how long it took."""
    ladder = kept(played, "ladder.txt").decode()
    first, _, *rungs = ladder.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \(UTC\) is second 0", first)
    order = [
        "ivr.dial",
        "INVITE",
        "200 OK",
        "ivr.press",
        "key 1",
        "ivr.hear",
        "heard: prompt goodbye",
        "BYE sip",
        "SDD",
    ]
    places = [next(index for index, rung in enumerate(rungs) if word in rung) for word in order]
    assert places == sorted(places)


@pytest.mark.parametrize("mode", list(KeyMode))
async def test_a_secret_is_nowhere_in_the_evidence(far_end, call_as, mode):
    """A password that was keyed in is neither heard, nor seen, nor can its digits be counted on the ladder."""
    robot = await call_as((await far_end(answer=["main_menu"])).server)
    await robot.do("dial", Dial("10086"))
    await robot.do("hear", Hear("main_menu", until=Until.STARTED))
    await robot.do("press", Press("7", mode=mode))
    seen = await robot.do("press", Press(SECRET, mode=mode, hold=0.08, gap=0.08))
    await robot.session.close()
    assert seen.facts["keys"] is None
    content = kept(robot, "call.wav")
    labels = cues(content)
    texts = [kept(robot, "ladder.txt").decode(), *(label for _, label in labels)]
    assert [text for text in texts if re.search(r"key [24680]", text) or SECRET in text] == []
    told = kept(robot, "ladder.json").decode()
    assert re.findall(r"(?:key |Signal=)[24680]", told) == []
    assert ("key 7" in told) == ("key 7" in texts[0]) is True
    assert kept(robot, "ladder.txt").decode().count("•••") == 2
    (began,) = (sample for sample, label in labels if label == "ivr.press •••")
    both = sides(content)
    assert not both[began:, 1].any()
    silent = both[began : began + round((seen.took_s + 0.5) * 8000)]
    assert not silent.any()
    assert both[:began, 0].any()
