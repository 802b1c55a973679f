"""The marks in a WAV file: RIFF's `cue ` points and the labels of its `LIST adtl`."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_FORM = b"fmt "


class Kind(StrEnum):
    """What a mark tells of."""

    KEY = "key"
    PROMPT = "prompt"
    TONE = "tone"
    STEP = "step"
    SIP = "sip"
    LATE = "late"


_HEARD = (Kind.KEY, Kind.PROMPT, Kind.TONE)
_LATE = re.compile(rf"{Kind.LATE} (\d+) ms")


@dataclass(frozen=True)
class Cue:
    """A mark in a recording."""

    at_s: float
    text: str

    @property
    def kind(self) -> Kind:
        """What its first word says: `key`, `prompt`, `tone`, `late`, or a step's verb; else SIP."""
        if self.late_s:
            return Kind.LATE
        first = self.text.partition(" ")[0]
        if first in _HEARD:
            return Kind(first)
        return Kind.STEP if "." in first else Kind.SIP

    @property
    def late_s(self) -> float:
        """How long silence stands in, from here on, for packets that were late; 0 where it does not."""
        found = _LATE.fullmatch(self.text)
        return int(found[1]) / 1000 if found else 0.0

    @property
    def short(self) -> str:
        """What fits on the picture: the key, the prompt's or tone's name, with a dash if it was broken off."""
        name = self.text.partition(" ")[2] if self.kind in _HEARD else ""
        return name.replace(", broken off", " —")


def cues(content: bytes) -> tuple[Cue, ...]:
    """Return the marks of a WAV file in the order of time; none where there are none, or where they are damaged."""
    try:
        return tuple(sorted(_cues(content), key=lambda cue: cue.at_s))
    except struct.error:
        return ()


def _cues(content: bytes) -> Iterator[Cue]:
    chunks = dict(_chunks(content, 12))
    if _FORM not in chunks or b"cue " not in chunks:
        return
    (rate,) = struct.unpack_from("<I", chunks[_FORM], 4)
    labels = dict(_labels(chunks.get(b"LIST", b"")))
    (number,) = struct.unpack_from("<I", chunks[b"cue "])
    for at in range(4, 4 + 24 * min(number, len(chunks[b"cue "]) // 24), 24):
        name, _, _, _, _, sample = struct.unpack_from("<II4sIII", chunks[b"cue "], at)
        if rate and name in labels:
            yield Cue(sample / rate, labels[name])


def _labels(listed: bytes) -> Iterator[tuple[int, str]]:
    if listed[:4] == b"adtl":
        for name, content in _chunks(listed, 4):
            if name == b"labl":
                yield struct.unpack_from("<I", content)[0], content[4:].rstrip(b"\0").decode("utf-8", "replace")


def _chunks(content: bytes, at: int) -> Iterator[tuple[bytes, bytes]]:
    while at + 8 <= len(content):
        name, length = struct.unpack_from("<4sI", content, at)
        yield name, content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
