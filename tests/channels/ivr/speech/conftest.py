"""Settings of a recognizer that truly recognises speech."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def speech(whisper_base: Path) -> dict[str, Any]:
    """`channels.ivr.speech`, as a person writes it."""
    return {"engine": "whisper", "model": str(whisper_base)}
