"""Telephone recordings: 8 kHz mono WAV files, as 16-bit PCM, A-law or mu-law. (Python's `wave` reads no A-law.)"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from prober.errors import BadInput, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 8000
PCM, A_LAW, MU_LAW, EXTENSIBLE = 1, 6, 7, 0xFFFE
BITS = {PCM: 16, A_LAW: 8, MU_LAW: 8}
AUDIBLE_DBFS = -40.0
PACKET = 160
"""Samples of the 20 ms that a server sends at a time."""
UNKNOWN_LENGTH = (0, 0xFFFFFFFF)
"""What a program writes for the length of a chunk when it writes to a pipe; then the chunk runs to the end."""
CONVERT = "convert it once, for example: sox FILE -r 8000 -c 1 -e a-law OUT.wav"


def read_wav(path: Path) -> NDArray[np.int16]:
    """
    Return the samples of a telephone recording, 8000 a second, full scale 32767.

    Raises:
        BadInput: It cannot be read, is no telephone recording, is cut off, or holds no sound.
    """
    try:
        return _samples(path.read_bytes())
    except OSError as exc:
        raise _unusable(path, f"cannot be read: {exc.strerror or exc}", "") from exc
    except _Unusable as exc:
        raise _unusable(path, exc.why, exc.hint) from exc


def audible(samples: NDArray[np.int16]) -> tuple[float, float] | None:
    """Return the start of the first and the end of the last packet above -40 dBFS, in seconds; None if none is."""
    whole = np.concatenate([samples, np.zeros(-len(samples) % PACKET, np.int16)]).reshape(-1, PACKET)
    power = (whole.astype(np.float32) ** 2).mean(axis=1)
    loud = np.flatnonzero(power > (32768 * 10 ** (AUDIBLE_DBFS / 20)) ** 2)
    if not len(loud):
        return None
    return float(loud[0]) * PACKET / RATE, min(float(loud[-1] + 1) * PACKET, len(samples)) / RATE


class _Unusable(Exception):
    """Why these bytes are no telephone recording."""

    def __init__(self, why: str, hint: str = CONVERT) -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint


def _unusable(path: Path, why: str, hint: str) -> BadInput:
    return BadInput([Problem(path, 0, 0, f"{path.name}: {why}", hint)])


def _samples(content: bytes) -> NDArray[np.int16]:
    chunks = _chunks(content)
    if b"fmt " not in chunks or len(chunks[b"fmt "]) < 16:
        raise _Unusable("it does not say how its sound is coded (no fmt chunk)")
    encoding = _encoding(chunks[b"fmt "])
    data = chunks.get(b"data", b"")
    if len(data) < BITS[encoding] // 8:
        raise _Unusable("there is no sound in it", "record it again")
    if encoding == PCM:
        return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16)
    table = A_LAW_TABLE if encoding == A_LAW else MU_LAW_TABLE
    return table[np.frombuffer(data, np.uint8)]


def _chunks(content: bytes) -> dict[bytes, bytes]:
    """Return the first chunk of each kind."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise _Unusable("it is not a WAV file")
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(content):
        kind, length = struct.unpack_from("<4sI", content, at)
        there = len(content) - at - 8
        if kind == b"data" and length in UNKNOWN_LENGTH:
            length = there
        if length > there:
            raise _Unusable(f"it is cut off: {length} bytes are promised, {there} are there", "copy it again")
        chunks.setdefault(kind, content[at + 8 : at + 8 + length])
        at += 8 + length + length % 2
    return chunks


def _encoding(header: bytes) -> int:
    encoding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", header)
    if encoding == EXTENSIBLE and len(header) >= 26:
        encoding = struct.unpack_from("<H", header, 24)[0]
    if encoding not in BITS:
        raise _Unusable(f"its coding (format {encoding}) is none of 16-bit PCM, A-law and mu-law")
    if bits != BITS[encoding]:
        raise _Unusable(f"it has {bits} bits a sample; {BITS[encoding]} are needed")
    if rate != RATE:
        raise _Unusable(f"it has {rate} samples a second; a telephone prompt has {RATE}")
    if channels != 1:
        raise _Unusable(f"it has {channels} channels; a telephone prompt has one")
    return int(encoding)


def _a_law_table() -> NDArray[np.int16]:
    """ITU-T G.711, table 1a, at 16 bits."""
    code = np.arange(256) ^ 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    size = np.where(exponent > 0, (mantissa * 16 + 264) << np.maximum(exponent - 1, 0), mantissa * 16 + 8)
    return np.where(code & 0x80, size, -size).astype(np.int16)


def _mu_law_table() -> NDArray[np.int16]:
    """ITU-T G.711, table 2a, at 16 bits."""
    code = ~np.arange(256) & 0xFF
    size = (((code & 15) * 8 + 132) << (code >> 4 & 7)) - 132
    return np.where(code & 0x80, -size, size).astype(np.int16)


A_LAW_TABLE = _a_law_table()
MU_LAW_TABLE = _mu_law_table()
