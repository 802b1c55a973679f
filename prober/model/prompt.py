"""Recorded prompts: what an IVR is expected to say, in its own recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Prompt:
    """One recording, and the text it speaks ("" where nobody wrote it down)."""

    name: str
    path: Path
    text: str = ""


@dataclass(frozen=True)
class PromptTable:
    """
    A prompt library: whole prompts, the pieces (digits, units) that numbers and amounts are joined from, and what a
    customer says.

    *sha256* covers every recording and the table of texts.
    """

    folder: Path
    prompts: Mapping[str, Prompt]
    pieces: Mapping[str, Prompt]
    sha256: str
    sayings: Mapping[str, Prompt] = field(default_factory=dict)
    learning: bool = False
    """Prompts that it does not have are to be learned: any sound is taken for one."""
