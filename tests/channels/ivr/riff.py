"""Reads the marks of a WAV file, by the letter of RIFF and of nobody's writer."""

from __future__ import annotations

import struct
from collections.abc import Iterator


def chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks: name and content; each is padded to an even length."""
    at = 0
    while at < len(content):
        name, length = struct.unpack_from("<4sI", content, at)
        yield name, content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def cues(content: bytes) -> list[tuple[int, str]]:
    """Return the marks of a WAV file: sample and label, in the file's order."""
    ((form, body),) = chunks(content)
    assert (form, body[:4]) == (b"RIFF", b"WAVE")
    found = dict(chunks(body[4:]))
    (count,) = struct.unpack_from("<I", found[b"cue "])
    points = [struct.unpack_from("<II4sIII", found[b"cue "], 4 + 24 * index) for index in range(count)]
    labels = found[b"LIST"]
    assert labels[:4] == b"adtl"
    texts = {
        struct.unpack_from("<I", text)[0]: text[4:].rstrip(b"\0").decode()
        for name, text in chunks(labels[4:])
        if name == b"labl"
    }
    assert all(point[2] == b"data" for point in points)
    return [(point[5], texts[point[0]]) for point in points]
