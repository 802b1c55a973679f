"""With a key, evidence is encrypted where it lies, and its record is of what lies there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from prober.channels.evidence import EvidenceBox
from prober.loading.sealing import Seal
from prober.reports.files import Files

KEY = "a key of many characters"


@pytest.fixture
def box(tmp_path: Path) -> EvidenceBox:
    """A run's box, of a workspace with a key."""
    return EvidenceBox(tmp_path, "day/run", Seal(KEY))


@pytest.mark.parametrize("own_writer", [False, True])
async def test_what_is_kept_is_encrypted_and_reports_open_it(
    box: EvidenceBox, tmp_path: Path, own_writer: bool
) -> None:
    """Be it given as bytes or written by a writer of its own; verified as it lies, shown as it was."""
    content = b"balance 86.50" * 10_000
    if own_writer:
        path = box.path("call.wav")
        path.write_bytes(content)
        kept = await box.kept("recording", path)
    else:
        kept = await box.keep("recording", "call.wav", content)
    lies = (tmp_path / kept.path).read_bytes()
    assert b"balance" not in lies
    assert (kept.sha256, kept.bytes) == (hashlib.sha256(lies).hexdigest(), len(lies))

    def shown(key: str):
        return Files(lambda one: (tmp_path / one.path).read_bytes(), opened=Seal(key).opened).open(kept)

    assert (shown(KEY).content, shown(KEY).problem) == (content, "")
    assert (shown("").content, shown("").problem) == (None, "无法解密 · this evidence is encrypted, and no key is set")
    assert "with another key" in shown("another key, as long as this").problem
