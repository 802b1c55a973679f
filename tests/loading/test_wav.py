"""Telephone recordings are read as they are, and what is no telephone recording is refused in a sentence."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from prober.errors import BadInput
from prober.loading.wav import A_LAW_TABLE, MU_LAW_TABLE, audible, read_wav


def _wav(encoding=1, *, channels=1, rate=8000, bits=16, data=b"\x01\x00\xff\x7f", promised=None, more=b""):
    header = struct.pack("<HHIIHH", encoding, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)
    chunks = b"fmt " + struct.pack("<I", len(header + more)) + header + more
    chunks += b"LIST" + struct.pack("<I", 3) + b"abc\0"
    chunks += b"data" + struct.pack("<I", len(data) if promised is None else promised) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _read(tmp_path, content):
    path = tmp_path / "some.wav"
    path.write_bytes(content)
    return read_wav(path)


def test_pcm_comes_back_sample_by_sample(tmp_path):
    """16-bit PCM, with other chunks between, or of a length that its writer did not know."""
    assert _read(tmp_path, _wav()).tolist() == [1, 32767]
    assert _read(tmp_path, _wav(promised=0xFFFFFFFF)).tolist() == [1, 32767]
    assert _read(tmp_path, _wav()).dtype == np.int16


def test_extensible_headers_are_looked_through(tmp_path):
    """Some programs write every WAV with the long header."""
    more = struct.pack("<HHIH14s", 22, 8, 4, 6, b"")
    assert _read(tmp_path, _wav(0xFFFE, bits=8, data=b"\x55\xd5", more=more)).tolist() == [-8, 8]


@pytest.mark.parametrize(
    ("encoding", "table", "expected"),
    [
        (6, A_LAW_TABLE, {0x55: -8, 0xD5: 8, 0x2A: -32256, 0xAA: 32256}),
        (7, MU_LAW_TABLE, {0x7F: 0, 0xFF: 0, 0x00: -32124}),
    ],
)
def test_g711_is_expanded_as_the_standard_says(encoding, table, expected, tmp_path):
    """ITU-T G.711: the smallest and the largest codes, at 16 bits; the others lie between in order."""
    samples = _read(tmp_path, _wav(encoding, bits=8, data=bytes(range(256))))
    assert samples.tolist() == table.tolist()
    assert {code: int(samples[code]) for code in expected} == expected
    assert len(np.unique(np.abs(samples.astype(int)))) == 128


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is not a WAV file"),
        (b"RIFF\0\0\0\0AVI ", "it is not a WAV file"),
        (b"RIFF\0\0\0\0WAVE", "it does not say how its sound is coded"),
        (_wav(rate=16000), "it has 16000 samples a second; a telephone prompt has 8000"),
        (_wav(channels=2), "it has 2 channels; a telephone prompt has one"),
        (_wav(bits=8), "it has 8 bits a sample; 16 are needed"),
        (_wav(0x55), r"its coding \(format 85\) is none of 16-bit PCM, A-law and mu-law"),
        (_wav(data=b""), "there is no sound in it"),
        (_wav(promised=400), "it is cut off: 400 bytes are promised, 4 are there"),
        (_wav()[:30], "it is cut off"),
    ],
)
def test_what_is_no_telephone_recording_is_refused(content, why, tmp_path):
    """The file and the reason are named."""
    with pytest.raises(BadInput, match=f"some.wav: {why}"):
        _read(tmp_path, content)


def test_garbage_never_raises_anything_else(tmp_path):
    """Whatever was overwritten in a good file, it is read or refused."""
    rng = np.random.default_rng(9)
    good = np.frombuffer(_wav(data=bytes(64)), np.uint8)
    refused = 0
    for _ in range(300):
        spoilt = good.copy()
        spoilt[rng.integers(0, len(good), 4)] = rng.integers(0, 256, 4)
        try:
            _read(tmp_path, spoilt.tobytes())
        except BadInput:
            refused += 1
    assert 100 < refused < 300


def test_audible_is_from_the_first_to_the_last_packet_above_minus_40_dbfs():
    """Half a frame of loud sound makes the whole 20 ms frame it lies in audible; a quieter one before it does not."""
    samples = np.zeros(8000, np.int16)
    samples[800:1000] = 200
    samples[1690:2500] = 4000
    assert audible(samples) == (pytest.approx(0.20), pytest.approx(0.32))


def test_what_is_faint_is_never_audible():
    """A click above -40 dBFS does not make its packet so."""
    faint = np.full(4000, 100, np.int16)
    faint[1000] = 2000
    assert audible(faint) is None
