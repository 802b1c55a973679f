"""Recorded prompts are recognised, timed and followed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prober.channels.ivr.hearing.ear import Ear
from prober.channels.ivr.hearing.events import Confirmed, Diverged, Started
from prober.channels.ivr.hearing.library import Library, References
from prober.model.prompt import Prompt

SKEW = 1.003
# line: most seconds from the audible beginning to the decision (median), most wrong bits (mean), onset error (p95, ms)
BOUNDS = {
    "A-law": (0.25, 0.10, 1.0),
    "mu-law -10 dB": (0.25, 0.12, 1.0),
    "+10 dB clipped": (0.25, 0.10, 1.0),
    "pink noise 20 dB": (0.35, 0.22, 1.0),
    "pink noise 10 dB": (0.50, 0.32, 1.0),
    "3 % loss": (0.30, 0.12, 1.0),
    "clock 0.3 % off": (0.30, 0.12, 5.0),
}


def _of(events, kind):
    return [event for event in events if isinstance(event, kind)]


def _story(events):
    return [
        (type(event).__name__, event.prompt) for event in events if isinstance(event, Started | Confirmed | Diverged)
    ]


@pytest.mark.parametrize("line", BOUNDS)
def test_every_prompt_is_recognised_on(line, library, lines, hear, silence):
    """Each one starts once, is confirmed once, and is timed to the millisecond: also on a bad line."""
    clock = SKEW if line.startswith("clock") else 1.0
    rng = np.random.default_rng(11)
    rows, figures = [], []
    for known in library.prompts.recordings:
        lead_s = int(rng.integers(4000, 8000)) / 8000
        stream = lines[line](np.concatenate([silence(lead_s), known.samples, silence(1)]))
        events = hear(library, stream)
        assert _story(events) == [("Started", known.name), ("Confirmed", known.name)], f"{known.name} on {line}"
        started, confirmed = _of(events, Started)[0], _of(events, Confirmed)[0]
        onset_ms = abs(confirmed.onset_s - lead_s / clock) * 1000
        end_ms = abs(confirmed.ended_s - (lead_s + known.tail_s) / clock) * 1000
        figures.append((started.decided_s - started.audible_s, confirmed.ber, onset_ms, end_ms, confirmed.coverage))
        rows.append(f"{known.name:18}" + "".join(f"{figure:9.3f}" for figure in figures[-1]))
    decided_s, ber, onset_ms, end_ms, coverage = np.array(figures).T
    table = "\n".join([f"{line:18}decided_s  ber onset_ms  end_ms  coverage", *rows])
    assert np.median(decided_s) <= BOUNDS[line][0], table
    assert ber.mean() <= BOUNDS[line][1], table
    assert np.percentile(onset_ms, 95) <= BOUNDS[line][2], table
    assert end_ms.max() <= 40, table
    assert coverage.min() > 0.9, table


def test_audible_is_the_onset_and_the_recordings_own_lead(library, prompts, hear, silence):
    """The lead of the recording itself is not taken for the IVR's slowness."""
    known = next(one for one in library.prompts.recordings if one.name == "system_busy")
    started = _of(hear(library, np.concatenate([silence(0.5), prompts["system_busy"]])), Started)[0]
    assert known.lead_s > 0.05
    assert started.audible_s == pytest.approx(0.5 + known.lead_s, abs=0.001)


def _alike(library, beginning, tails):
    """Return a library of prompts that begin with the same recording."""
    parts = {one.name: one.samples for one in library.prompts.recordings}
    made = [(Prompt(f"{beginning}+{tail}", Path()), np.concatenate([parts[beginning], parts[tail]])) for tail in tails]
    return Library(References.of(made), library.pieces)


@pytest.mark.parametrize("line", ["A-law", "pink noise 10 dB"])
def test_prompts_with_a_common_beginning_are_told_apart(line, library, lines, hear, silence):
    """They are decided within 0.5 s after they part, without a wrong start in between."""
    alike = _alike(library, "balance", ["goodbye", "agent", "wrong_key", "no_input", "system_busy"])
    part_s = next(one.length_s for one in library.prompts.recordings if one.name == "balance")
    for known in alike.prompts.recordings:
        events = hear(alike, lines[line](np.concatenate([silence(0.6), known.samples, silence(1)])))
        assert _story(events) == [("Started", known.name), ("Confirmed", known.name)]
        started = _of(events, Started)[0]
        assert 0 < started.decided_s - 0.6 - part_s < 0.5
        assert started.onset_s == pytest.approx(0.6, abs=0.005)
        assert started.score >= started.second > 0.5
        assert started.second_prompt in {one.name for one in alike.prompts.recordings} - {known.name}


def test_a_prompt_that_another_ends_with_is_recognised(library, prompts, lines, hear, silence):
    """After silence it is the shorter one that begins; behind the rest of the longer one it is the longer one."""
    parts = {"whole": ["balance", "goodbye"], "tail": ["goodbye"], "other": ["welcome"]}
    made = {name: np.concatenate([prompts[part] for part in names]) for name, names in parts.items()}
    known = Library(References.of([(Prompt(name, Path()), samples) for name, samples in made.items()]), library.pieces)
    for name, samples in made.items():
        events = hear(known, lines["A-law"](np.concatenate([silence(0.5), samples, silence(1)])))
        assert _story(events) == [("Started", name), ("Confirmed", name)]
        assert _of(events, Started)[0].onset_s == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize("line", ["A-law", "pink noise 10 dB"])
@pytest.mark.parametrize("part", [0.25, 0.5])
def test_a_late_join_is_recognised(line, part, library, lines, hear, silence):
    """Its onset lies where it would have begun, before the stream; less than 60 % of a prompt is never confirmed."""
    for known in library.prompts.recordings:
        missed = int(len(known.samples) * part)
        events = hear(library, lines[line](np.concatenate([known.samples[missed:], silence(1)])))
        ended = "Confirmed" if part < 0.4 else "Diverged"
        assert _story(events) == [("Started", known.name), (ended, known.name)]
        assert _of(events, Started)[0].onset_s == pytest.approx(-missed / 8000, abs=0.005)


@pytest.mark.parametrize("gap_s", [0, 0.4])
def test_a_cut_is_seen_and_the_next_prompt_found(gap_s, library, lines, hear, silence):
    """A prompt that is broken off diverges where it was cut (median 0.1 s), and the next is timed as ever."""
    known = library.prompts.recordings
    late_s = []
    for index, one in enumerate(known):
        other = known[(index + 3) % len(known)]
        cut_s = 0.5 + 0.55 * len(one.samples) // 1 / 8000
        cut = int(cut_s * 8000) - 4000
        stream = np.concatenate([silence(0.5), one.samples[:cut], silence(gap_s), other.samples, silence(1)])
        events = hear(library, lines["A-law"](stream))
        told = _story(events)
        assert sorted(told[:3]) == sorted([("Started", one.name), ("Diverged", one.name), ("Started", other.name)])
        assert told[3:] == [("Confirmed", other.name)]
        late_s.append(_of(events, Diverged)[0].cut_s - cut_s)
        assert _of(events, Confirmed)[0].onset_s == pytest.approx(cut_s + gap_s, abs=0.005)
    assert np.median(late_s) < 0.1, late_s
    assert -0.05 < min(late_s) < max(late_s) < 0.25, late_s


def test_a_prompt_that_plays_again_is_heard_again(library, prompts, lines, hear, silence):
    """Whole, and also when it is begun anew in its middle."""
    welcome = prompts["welcome"]
    stream = np.concatenate([silence(0.5), welcome, silence(0.3), welcome[:14000], welcome, silence(1)])
    events = hear(library, lines["A-law"](stream))
    assert [name for name, _ in _story(events)] == [
        "Started", "Confirmed", "Started", "Diverged", "Started", "Confirmed"
    ]  # fmt: skip
    onsets = [event.onset_s for event in _of(events, Started)]
    assert onsets == pytest.approx([0.5, 0.8 + len(welcome) / 8000, 2.55 + len(welcome) / 8000], abs=0.005)


def test_only_expected_prompts_are_looked_for(library, prompts, hear, silence):
    """What is not in the expected set is unknown audio."""
    stream = np.concatenate([silence(0.5), prompts["welcome"], silence(1)])
    assert _story(hear(library, stream, expected={"balance", "goodbye"})) == []
    assert _story(hear(library, stream, expected=set())) == []
    assert ("Confirmed", "welcome") in _story(hear(library, stream, expected={"welcome"}))


def test_an_inverted_line_is_no_obstacle(library, prompts, hear, silence):
    """A trunk that swaps its wires changes neither recognition nor timing."""
    events = hear(library, -np.concatenate([silence(0.5), prompts["welcome"].astype(int), silence(1)]))
    assert _of(events, Confirmed)[0].onset_s == pytest.approx(0.5, abs=0.001)


def test_a_frame_has_20_ms(library):
    """Anything else is the caller's mistake."""
    with pytest.raises(ValueError, match="320 bytes, and 160 are"):
        Ear(library).listen(bytes(160))
