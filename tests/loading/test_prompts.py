"""A folder of recordings and its table of texts become a prompt table, or every mistake in them is told at once."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from prober.errors import BadInput
from prober.loading.prompts import load_prompts

SHIPPED = Path(__file__).parents[2] / "scenarios" / "prompts"


def _record(path, *, seconds=1.0, level=3000, rate=8000, seed=1):
    samples = np.random.default_rng(seed).normal(0, level, round(seconds * rate)).clip(-32768, 32767).astype("<i2")
    header = struct.pack("<HHIIHH", 1, 1, rate, 2 * rate, 2, 16)
    data = samples.tobytes()
    path.parent.mkdir(exist_ok=True)
    chunks = b"fmt " + struct.pack("<I", 16) + header + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)


@pytest.fixture
def folder(tmp_path):
    """A folder with two prompts, one piece and their texts."""
    folder = tmp_path / "prompts"
    for seed, name in enumerate(("welcome.wav", "0123.wav", "pieces/d1.wav")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        _record(folder / name, seed=seed)
    _write(folder, "prompts: {welcome: 您好, 0123: {text: 一二三, spoken: 幺二三}}\npieces:\n  d1: 一\n")
    return folder


def _write(folder, text):
    (folder / "prompts.yaml").write_text(text, "utf-8")


def _problems(folder):
    with pytest.raises(BadInput) as refused:
        load_prompts(folder)
    return [(one.path.name, one.line, one.column, one.message) for one in refused.value.problems]


def test_every_recording_is_a_prompt_or_a_piece(folder):
    """With its text, under the name of its file as it is typed."""
    table = load_prompts(folder)
    assert {one.name: one.text for one in table.prompts.values()} == {"welcome": "您好", "0123": "一二三"}
    assert {one.name: one.text for one in table.pieces.values()} == {"d1": "一"}
    assert table.prompts["welcome"].path == folder / "welcome.wav"
    assert table.folder == folder


def test_the_shipped_prompts_load():
    """Every prompt and piece of the demo operator has its text."""
    table = load_prompts(SHIPPED)
    assert {"welcome", "main_menu", "balance", "balance_menu", "goodbye"} <= set(table.prompts)
    assert all(one.text for one in (*table.prompts.values(), *table.pieces.values()))


def test_texts_may_be_missing(folder):
    """A prompt nobody wrote down is still recognised, only it has no words."""
    (folder / "prompts.yaml").unlink()
    assert load_prompts(folder).prompts["welcome"].text == ""


def test_the_hash_covers_recordings_and_texts(folder):
    """It changes with either, and only then."""
    before = load_prompts(folder).sha256
    assert load_prompts(folder).sha256 == before
    _write(folder, "prompts: {welcome: 您好！}\n")
    with_other_text = load_prompts(folder).sha256
    _record(folder / "pieces" / "d1.wav", seed=9)
    assert len({before, with_other_text, load_prompts(folder).sha256}) == 3


def test_an_empty_or_missing_folder_is_refused(tmp_path):
    """There is nothing that an IVR could be expected to say."""
    assert "there is no prompt (*.wav) in" in _problems(tmp_path)[0][3]
    assert "there is no prompt (*.wav) in" in _problems(tmp_path / "nowhere")[0][3]


def test_all_mistakes_are_told_at_once(folder):
    """Recordings that cannot be recognised, and texts without recordings, each with its place."""
    _record(folder / "wide.wav", rate=16000, seed=3)
    _record(folder / "short.wav", seconds=0.3, seed=4)
    _record(folder / "faint.wav", level=20, seed=5)
    (folder / "pieces" / "twin.wav").write_bytes((folder / "pieces" / "d1.wav").read_bytes())
    _write(folder, "prompts:\n  welcom: 您好\n  0123:\npieces: 一\nprompt: {}\n")
    told = _problems(folder)
    assert {one[3] for one in told if one[0].endswith(".wav")} == {
        "wide.wav: it has 16000 samples a second; a telephone prompt has 8000",
        "short.wav: 0.30 s of sound; 0.5 s are needed",
        "faint.wav: nothing in it is louder than -40 dBFS",
        "twin.wav: it is the same recording as d1.wav, so the two cannot be told apart",
    }
    assert [one[1:] for one in told if one[0] == "prompts.yaml"] == [
        (2, 3, "‘welcom’ has a text but no recording: there is no welcom.wav"),
        (3, 3, "the text of ‘0123’ is missing"),
        (4, 9, "names with their texts are wanted here"),
        (5, 1, "unknown key ‘prompt’"),
    ]


def test_what_is_no_yaml_is_told_with_its_line(folder):
    """The reader of scenarios reads this table too."""
    _write(folder, "prompts:\n  welcome: [\n")
    assert _problems(folder)[0][0] == "prompts.yaml"
