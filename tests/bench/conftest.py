"""What the benches' tests share."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def bench() -> Callable[..., dict[str, Any]]:
    """Runs the quick form of a bench as its user does, and gives its document."""

    def run(name: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "scripts.benches", name, "--quick", "--json", "-"]
        ran = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, encoding="utf-8", check=False)
        assert ran.stdout, f"it said nothing, and exited with {ran.returncode}"
        document: dict[str, Any] = json.loads(ran.stdout)
        assert ran.returncode == (0 if document["met"] else 1)
        return document

    return run
