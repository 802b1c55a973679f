"""The operator's recordings: 8 kHz A-law WAV files, found beside the package and decoded without a vendor library."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 8000
"""Samples a second."""

Pcm = NDArray[np.int16]


def _decoding_table() -> Pcm:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    step = np.where(exponent == 0, mantissa * 16 + 8, (mantissa * 16 + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, step, -step).astype(np.int16)


A_LAW = _decoding_table()
"""Linear 16-bit value of each A-law byte. Source: ITU-T G.711, table 1a."""


@dataclass(frozen=True)
class Recordings:
    """Decoded recordings by name: whole prompts, and the pieces that amounts are joined from."""

    prompts: Mapping[str, Pcm]
    pieces: Mapping[str, Pcm]


def find_folder() -> Path:
    """
    Return the folder of the recordings, in a checkout or in an installed package.

    Raises:
        FileNotFoundError: There is neither.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package.parent / "scenarios" / "prompts", package / "workspace" / "scenarios" / "prompts"):
        if (folder / "welcome.wav").is_file():
            return folder
    raise FileNotFoundError(f"no recordings beside {package}: reinstall the package, or run scripts/render-prompts")


def load(folder: Path | None = None) -> Recordings:
    """Decode every recording of *folder*, which is found if it is not given."""
    folder = folder or find_folder()
    return Recordings(
        prompts={path.stem: read_wav(path) for path in sorted(folder.glob("*.wav"))},
        pieces={path.stem: read_wav(path) for path in sorted(folder.glob("pieces/*.wav"))},
    )


def read_wav(path: Path) -> Pcm:
    """
    Return the samples of an 8 kHz mono A-law WAV file.

    Raises:
        ValueError: The file is something else.
    """
    content = path.read_bytes()
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise ValueError(f"{path}: not a RIFF/WAVE file")
    chunks = dict(_chunks(content))
    try:
        layout, data = struct.unpack_from("<HHI", chunks[b"fmt "]), chunks[b"data"]
    except KeyError as exc:
        raise ValueError(f"{path}: no {exc.args[0]!r} chunk") from exc
    if layout != (6, 1, RATE):
        raise ValueError(f"{path}: not 8 kHz mono A-law, but format, channels, rate = {layout}")
    return A_LAW[np.frombuffer(data, np.uint8)]


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(content):
        name, length = struct.unpack_from("<4sI", content, at)
        yield name, content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
