"""The sound of a call: what came in packets is heard whole, whatever stalled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prober.channels.ivr.call_sound import PAUSE_FRAMES, SILENCE, CallSound
from prober.channels.ivr.commands import HandOver, Mark, Tone, WriteRecording
from prober.channels.ivr.hearing.events import Confirmed, SoundEnded, SoundStarted
from prober.channels.ivr.hearing.library import Library
from prober.cli.learning import closed_up
from prober.loading.wav import read_wav
from prober.reports.riff import Kind, cues


@pytest.fixture
def sound(table) -> CallSound:
    """A call that has not begun."""
    return CallSound(Library.build(table).only({"goodbye"}))


def frames_of(table, name):
    """Return a recording in frames of 20 ms, with half a second of a line's own noise behind it."""
    quiet = np.full(4000, 8, "<i2")
    raw = np.concatenate([read_wav(table.prompts[name].path), quiet]).astype("<i2").tobytes()
    return [raw[at : at + 320] for at in range(0, len(raw) - 319, 320)]


def play(sound, ticks, *, underruns=0):
    """Play *ticks*, None for one at which nothing had come, a packet a frame; return what is heard."""
    heard, packets = [], 0
    for index, frame in enumerate(ticks):
        at_s = 100 + index * 0.02
        packets += frame is not None
        underruns += frame is None
        sound.arrivals.packets.counted(packets, at_s - 0.005)
        heard += sound.listen([(at_s, frame or SILENCE)], buffered=0, underruns=underruns)
    return heard


def confirmed(heard):
    """Return what was confirmed."""
    return [one for one in heard if isinstance(one.event, Confirmed)]


@pytest.mark.parametrize("stall", [3, 15, PAUSE_FRAMES])
def test_a_stall_tears_no_prompt_apart(sound, table, stall):
    """Frames that stood in for late ones are left out: the prompt is heard whole, and dated by its packets."""
    frames = frames_of(table, "goodbye")
    heard = play(sound, [*frames[:20], *[None] * stall, *frames[20:45], *[None] * 2, *frames[45:]])
    (whole,) = confirmed(heard)
    assert whole.event.ber < 0.01
    assert whole.at_s == pytest.approx(100 + whole.event.audible_s // 0.02 * 0.02 - 0.005, abs=1e-6)
    lasted_s = whole.event.ended_s - whole.event.audible_s
    assert whole.ended_at_s - whole.at_s == pytest.approx(lasted_s + (stall + 2) * 0.02, abs=0.021)
    assert sound.underrun_s == pytest.approx((stall + 2) * 0.02)
    assert len(sound.recording) == len(frames) + stall + 2


def test_who_leaves_out_what_was_late_has_what_was_sent(sound, table):
    """The recording marks where silence stands in for late packets, but for lost ones."""
    frames = frames_of(table, "goodbye")
    play(sound, [*frames[:20], *[None] * 3, *frames[20:45], *[None] * 2, *frames[45:]])
    written = sound.wav(WriteRecording(Path("call.wav"), (Tone(100.3, "1", 0.1),), (Mark(100.7, "key 1"),), ()))
    samples = np.frombuffer(b"".join([*frames[:20], SILENCE * 3, *frames[20:45], SILENCE * 2, *frames[45:]]), "<i2")
    marks = cues(written)
    assert [(mark.at_s, mark.text) for mark in marks] == [(0.4, "late 60 ms"), (0.7, "key 1"), (0.96, "late 40 ms")]
    sent, moved = closed_up(samples, marks)
    assert sent.tobytes() == b"".join(frames)
    assert [round(mark.at_s, 6) for mark in moved if mark.kind is Kind.KEY] == [0.64]


def test_the_level_is_that_of_the_prompt_behind_a_stall(sound, table):
    """The recording keeps the stall, and the prompt's level is measured where the prompt is."""
    frames = frames_of(table, "goodbye")
    (plain,) = confirmed(play(CallSound(Library.build(table).only({"goodbye"})), frames))
    (late,) = confirmed(play(sound, [frames[-1], *[None] * 40, *frames]))
    assert late.level_dbfs == pytest.approx(plain.level_dbfs, abs=0.2)


def test_a_long_pause_is_heard_as_silence(sound, table):
    """A far end that stops sending is silent after a second, at the time it is."""
    frames = frames_of(table, "goodbye")[:40]
    heard = play(sound, [*frames, *[None] * (PAUSE_FRAMES + 30)])
    kinds = [type(one.event) for one in heard]
    assert SoundStarted in kinds
    ended = next(one for one in heard if isinstance(one.event, SoundEnded))
    assert ended.reported_at_s > 0
    assert not confirmed(heard)


def test_a_new_stream_counts_its_underruns_anew(sound):
    """After a re-INVITE the buffer's count falls; what was counted before stays."""
    assert not [*sound.listen([], buffered=0, underruns=5)]
    assert not [*sound.listen([], buffered=0, underruns=2)]
    assert sound.underrun_s == pytest.approx(0.14)


def test_true_silence_is_heard(sound):
    """Digital silence that came in packets is no stand-in."""
    assert not [*sound.listen([(100.0, SILENCE), (100.02, SILENCE)], buffered=0, underruns=0)]
    assert sound.arrivals.at(0.03) == 100.02


def test_what_arrived_between_two_instants_is_handed_over(sound, table):
    """Without what stood in for late packets, each frame with its packet's arrival, silent while nobody may hear it."""
    frames = frames_of(table, "goodbye")
    play(sound, [*frames[:20], None, None, *frames[20:]])
    handed = sound.between(HandOver(100.3, 100.6, secret_s=((100.0, 100.35),)))
    came = [100 + (index + 2 * (index >= 20)) * 0.02 - 0.005 for index in range(len(frames))]
    wanted = [index for index, at_s in enumerate(came) if 100.3 <= at_s <= 100.6]
    assert handed.arrived_s == pytest.approx([came[index] for index in wanted])
    told = [handed.samples[at : at + 320] for at in range(0, len(handed.samples), 320)]
    secret = [index for index in wanted if came[index] <= 100.35]
    assert secret
    assert told == [SILENCE if index in secret else frames[index] for index in wanted]
