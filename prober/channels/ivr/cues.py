"""Marks in a WAV file: the chunks `cue ` and `LIST adtl labl` of RIFF, which editors of sound show at their samples."""

from __future__ import annotations

import struct
from collections.abc import Sequence


def wav(samples: bytes, *, rate: int, channels: int, cues: Sequence[tuple[int, str]] = ()) -> bytes:
    """
    Return a WAV file of interleaved 16-bit *samples* with *cues*, each a sample's number and a text.

    The sound comes before the marks, so that readers that know nothing of them find it where they look.
    """
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    parts = [_chunk(b"fmt ", form), _chunk(b"data", samples)]
    if cues:
        parts += [_chunk(b"cue ", _points(cues)), _chunk(b"LIST", b"adtl" + _labels(cues))]
    body = b"WAVE" + b"".join(parts)
    return _chunk(b"RIFF", body)


def _points(cues: Sequence[tuple[int, str]]) -> bytes:
    points = (
        struct.pack("<II4sIII", number, sample, b"data", 0, 0, sample)
        for number, (sample, _) in enumerate(cues, start=1)
    )
    return struct.pack("<I", len(cues)) + b"".join(points)


def _labels(cues: Sequence[tuple[int, str]]) -> bytes:
    texts = (struct.pack("<I", number) + text.encode() + b"\0" for number, (_, text) in enumerate(cues, start=1))
    return b"".join(_chunk(b"labl", text) for text in texts)


def _chunk(name: bytes, content: bytes) -> bytes:
    """A chunk is as long as it says, and padded to an even length."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
