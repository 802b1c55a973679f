"""Puts a new prompt into a folder of recordings, with its text in the table beside it."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from prober.loading.prompts import TABLE
from prober.loading.wav import RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def wav(samples: NDArray[np.int16]) -> bytes:
    """Return *samples* (8 kHz) as a WAV file, 16-bit PCM."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return content.getvalue()


def add_prompt(folder: Path, name: str, samples: NDArray[np.int16], text: str = "") -> Path:
    """
    Write the recording of the prompt *name*, and its text if there is one; return the recording's path.

    Raises:
        OSError: One of them cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.wav"
    path.write_bytes(wav(samples))
    if text:
        _add_text(folder / TABLE, name, text)
    return path


def _add_text(path: Path, name: str, text: str) -> None:
    """Put a text into the table, and leave the rest of it, comments too, as it stands."""
    yaml = YAML()
    yaml.width = 4096
    table = yaml.load(path.read_text(encoding="utf-8")) if path.exists() else None
    table = CommentedMap() if table is None else table
    if table.get("prompts") is None:
        table.insert(0, "prompts", CommentedMap())
    table["prompts"][name] = text
    written = io.StringIO()
    yaml.dump(table, written)
    path.write_text(written.getvalue(), encoding="utf-8")
