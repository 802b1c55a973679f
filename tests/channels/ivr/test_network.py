"""Tones of the network and keys of the far end, heard in a call."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from prober.channels.ivr.actions import Dial, HangUp, Hear, KeyMode, Press
from prober.channels.ivr.hearing.events import Tone
from prober.loading.wav import A_LAW_TABLE
from prober.model.run import Seen

pytestmark = pytest.mark.live
RATE = 8000


def alaw_wav(path: Path, samples: np.ndarray) -> None:
    """Write samples as the A-law file the far end plays."""
    order = np.argsort(A_LAW_TABLE)
    levels = A_LAW_TABLE[order].astype(float)
    codes = order[np.searchsorted((levels[1:] + levels[:-1]) / 2, samples)].astype(np.uint8).tobytes()
    form = struct.pack("<IHHIIHH", 16, 6, 1, RATE, RATE, 1, 8)
    parts = b"WAVE" + b"fmt " + form + b"data" + struct.pack("<I", len(codes)) + codes
    path.write_bytes(b"RIFF" + struct.pack("<I", len(parts)) + parts)


@pytest.fixture
def busy(tmp_path: Path) -> Path:
    """A folder with `busy.wav`: 450 Hz, 0.35 s on and off, for 5 s."""
    at_s = np.arange(5 * RATE) / RATE
    alaw_wav(tmp_path / "busy.wav", np.sin(2 * np.pi * 450 * at_s) * 6000 * (at_s % 0.7 < 0.35))
    return tmp_path


async def dialled(robot):
    assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    return robot


async def test_a_tone_is_dated_by_its_first_packet(far_end, call_as, busy):
    """From the key on, though the rhythm is known a second later only."""
    peer = await far_end(busy, keys={"1": (0.4, "busy")})
    robot = await dialled(await call_as(peer.server))
    await robot.do("press", Press("1"))
    seen = await robot.do("hear", Hear(tone=Tone.BUSY), within_s=1.0)
    assert seen.seen is Seen.EXPECTED
    (key_s,), (sent_s, *_) = peer.instants("key"), peer.instants("sent")
    assert seen.took_s == pytest.approx(sent_s - key_s, abs=0.06)


async def test_another_tone_is_named(far_end, call_as, busy):
    """Where a prompt is waited for, and where another tone is."""
    peer = await far_end(busy, answer=["busy"])
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("hear", Hear("welcome"), within_s=2.0)
    assert (seen.seen, seen.actual.partition(" tone")[0]) == (Seen.TONE, "busy")
    other = await robot.do("hear", Hear(tone=Tone.RINGBACK), within_s=0.5)
    assert (other.seen, other.expected) == (Seen.TONE, "ringback tone")


@pytest.fixture
def on_hold(tmp_path: Path) -> Path:
    """A folder with `on_hold.wav`: chords, a new one every second, for 8 s."""
    at_s = np.arange(8 * RATE) / RATE
    steps = np.array([(0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 12)] * 2)[at_s.astype(int)].T
    notes = (np.sin(2 * np.pi * 262 * 2 ** (step / 12) * n * at_s) / n for step in steps for n in (1, 2, 3))
    alaw_wav(tmp_path / "on_hold.wav", 2500 * sum(notes))
    return tmp_path


async def test_music_is_dated_by_its_first_packet(far_end, call_as, on_hold):
    """Whoever is put through waits with it."""
    peer = await far_end(on_hold, keys={"0": (0.4, "on_hold")})
    robot = await dialled(await call_as(peer.server))
    await robot.do("press", Press("0"))
    seen = await robot.do("hear", Hear(tone=Tone.MUSIC), within_s=2.0)
    assert (seen.seen, seen.actual) == (Seen.EXPECTED, "music")
    (key_s,), (sent_s, *_) = peer.instants("key"), peer.instants("sent")
    assert seen.took_s == pytest.approx(sent_s - key_s, abs=0.2)


async def test_music_instead_of_a_prompt_is_told_as_music(far_end, call_as, on_hold):
    """Be it that it begins behind the stimulus, or that it only goes on."""
    peer = await far_end(on_hold, answer=["on_hold"])
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("hear", Hear("welcome"), within_s=2.0)
    assert (seen.seen, seen.actual.partition(" ")[0]) == (Seen.MUSIC, "music")
    await robot.do("press", Press("1"))
    again = await robot.do("hear", Hear("welcome"), within_s=1.0)
    assert (again.seen, again.actual) == (Seen.MUSIC, "music, which was being played already, went on")


async def test_silence_is_no_tone(far_end, call_as):
    """And is told soon after the limit."""
    peer = await far_end()
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("hear", Hear(tone=Tone.BUSY), within_s=0.4)
    assert seen.seen is Seen.SILENCE


async def test_any_of_several_prompts_will_do(far_end, call_as):
    """The one that came is told."""
    peer = await far_end(keys={"1": (0.1, "agent")})
    robot = await dialled(await call_as(peer.server))
    await robot.do("press", Press("1"))
    seen = await robot.do("hear", Hear(("welcome", "agent")))
    assert (seen.seen, seen.facts["prompt"]) == (Seen.EXPECTED, "agent")


async def test_none_of_several_prompts_names_them_all(far_end, call_as, table):
    """With their texts."""
    peer = await far_end()
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("hear", Hear(("welcome", "agent")), within_s=0.3)
    texts = [table.prompts[name].text for name in ("welcome", "agent")]
    assert seen.expected == f"prompt welcome «{texts[0]}» or prompt agent «{texts[1]}»"


async def test_the_far_ends_keys_are_heard(far_end, call_as):
    """As RTP events, in their order."""
    peer = await far_end(presses=(0.3, "12#"))
    robot = await dialled(await call_as(peer.server))
    seen = await robot.do("hear", Hear(keys="12#"), within_s=3.0)
    assert (seen.seen, seen.actual) == (Seen.EXPECTED, "keys 12#")
    assert 0.6 < (seen.took_s or 0) < 1.0


async def test_other_keys_are_told(far_end, call_as):
    """Those that came, or that none did."""
    peer = await far_end(presses=(0.1, "19"))
    robot = await dialled(await call_as(peer.server))
    wrong = await robot.do("hear", Hear(keys="12"), within_s=1.0)
    assert (wrong.seen, wrong.actual) == (Seen.WRONG_CONTENT, "keys 19")
    await robot.do("press", Press("5"))
    none = await robot.do("hear", Hear(keys="1"), within_s=0.3)
    assert (none.seen, none.actual) == (Seen.NOTHING, "no key")


@pytest.mark.parametrize(("mode", "sent_as"), [(KeyMode.INBAND, "tones in the sound"), (KeyMode.AUTO, "RTP events")])
async def test_keys_leave_as_they_are_to(mode, sent_as, far_end, call_as):
    """An echo brings tones and events back alike."""
    peer = await far_end(echoes=True)
    robot = await dialled(await call_as(peer.server))
    pressed = await robot.do("press", Press("15#", mode=mode))
    assert (pressed.seen, pressed.facts["sent_as"]) == (Seen.EXPECTED, sent_as)
    back = await robot.do("hear", Hear(keys="#"), within_s=2.0)
    assert back.seen is Seen.EXPECTED
    assert back.took_s == pytest.approx(0.03, abs=0.06)
    assert (await robot.do("hang_up", HangUp())).seen is Seen.EXPECTED
