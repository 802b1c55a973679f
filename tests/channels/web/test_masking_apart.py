"""Masking beside the robot: the robot goes on hearing, and what is too large or takes too long is refused."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from statistics import median

import pytest

from prober.channels.timing import monotonic
from prober.channels.web.archives import Unreadable
from prober.channels.web.masking import WindowMask
from prober.channels.web.masking_apart import masked
from prober.loading.masking import Masker, MaskingRules
from prober.loading.masking_patterns import own_pattern


@pytest.fixture
def mask():
    made = WindowMask(Masker(["246801"], MaskingRules(patterns=(own_pattern("工号[0-9]+"),))))
    made.typed("typed it")
    return made


@pytest.fixture
def har(tmp_path):
    def written(megabytes):
        text = "余额 246801 typed it 工号77 " + "x" * 999_960
        entry = {"request": {"url": "http://hall/"}, "response": {"content": {"text": text}}}
        path = tmp_path / "web.har"
        path.write_text(json.dumps({"log": {"entries": [entry] * megabytes}}))
        return path

    return written


async def test_the_loop_runs_on_while_a_large_har_is_masked(har, mask):
    """20 MB: a tick every 10 ms is late by less than 0.2 s, typically by next to nothing."""
    masking = asyncio.ensure_future(masked(har(20), mask, largest_mb=64, within_s=60))
    ticks = [monotonic()]
    while not masking.done():
        await asyncio.sleep(0.01)
        ticks.append(monotonic())
    late_s = sorted(later - earlier - 0.01 for earlier, later in pairwise(ticks))
    assert median(late_s) < 0.05
    assert late_s[int(len(late_s) * 0.95)] < 0.2
    kept = masking.result().decode()
    assert len(kept) > 19_000_000
    assert "余额 ••• ••• •••" in kept
    assert not any(hidden in kept for hidden in ("246801", "typed it", "工号77"))


@pytest.mark.parametrize(
    ("largest_mb", "within_s", "told"),
    [(1, 60, "it holds 2 MB, and channels.web.archive_mb is 1"), (64, 0, "it took too long")],
)
async def test_what_is_too_much_is_refused(har, mask, largest_mb, within_s, told):
    """Too large, or too slow to mask: the reason is told."""
    with pytest.raises(Unreadable, match=told):
        await masked(har(2), mask, largest_mb=largest_mb, within_s=within_s)


async def test_what_is_no_archive_is_refused(tmp_path, mask):
    """With the reason the process found."""
    for name in ("web.har", "trace.zip"):
        path = tmp_path / name
        path.write_text("neither")
        with pytest.raises(Unreadable, match="it is no"):
            await masked(path, mask, largest_mb=1, within_s=60)
