"""The recordings that are shipped."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from prober.demo import recordings

FOLDER = recordings.find_folder()
ALL = [path.relative_to(FOLDER).as_posix() for path in sorted(FOLDER.rglob("*.wav"))]


def test_all_there():
    """Every text of the table is recorded, and nothing else is."""
    table = YAML(typ="safe").load(FOLDER / "prompts.yaml")
    texts = {f"{name}.wav" for name in table["prompts"]} | {f"pieces/{name}.wav" for name in table["pieces"]}
    assert set(ALL) == texts


def test_decoding():
    """Decoding follows G.711: its smallest and largest values, and the two signs alike."""
    assert [int(recordings.A_LAW[code]) for code in (0xD5, 0x55, 0xAA, 0x2A)] == [8, -8, 32256, -32256]
    assert len(set(recordings.A_LAW.tolist())) == 256


@pytest.mark.parametrize("name", ALL)
def test_sound(name):
    """A recording begins within 30 ms, ends within 100 ms of its last sound, and is about as loud as the others."""
    samples = recordings.read_wav(FOLDER / name) / 32768
    frames = np.sqrt(np.square(samples[: len(samples) // 40 * 40].reshape(-1, 40)).mean(axis=1))
    audible = np.flatnonzero(frames > 10 ** (-60 / 20))  # a soft consonant begins there
    assert audible[0] * 0.005 <= 0.030
    assert (len(frames) - audible[-1]) * 0.005 <= 0.150
    assert -26 < 20 * np.log10(np.sqrt(np.square(frames[audible]).mean())) < -17


def test_not_a_wav(tmp_path: Path):
    """A file that is no WAV is named."""
    (tmp_path / "a.wav").write_bytes(b"ID3")
    with pytest.raises(ValueError, match=r"a\.wav: not a RIFF/WAVE file"):
        recordings.read_wav(tmp_path / "a.wav")


def test_not_a_law(tmp_path: Path):
    """A WAV file of another kind is refused, with what it is."""
    with wave.open(str(tmp_path / "linear.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(320))
    with pytest.raises(ValueError, match=r"linear\.wav: not 8 kHz mono A-law.*\(1, 1, 16000\)"):
        recordings.read_wav(tmp_path / "linear.wav")
