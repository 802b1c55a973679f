"""When keys leave."""

from __future__ import annotations

import pytest

from prober.channels.ivr.keying import Keying


def test_keys_leave_at_ticks_and_wait_for_each_other():
    """Each key leaves at the tick after it was queued, and the next is queued when hold and gap are over."""
    queued: list[str] = []
    keying = Keying("12", hold_s=0.1, gap_s=0.1, queue=queued.append)
    sent = []
    for millisecond in range(400):
        now_s = 1 + millisecond / 1000
        keying.go_on(lambda now_s=now_s: now_s)
        if millisecond % 20 == 5:
            sent += filter(None, [keying.ticked(now_s)])
    assert keying.done
    assert queued == ["1", "2"]
    assert [key.at_s for key in sent] == pytest.approx([1.005, 1.225])
    assert sent[0].ended_s == pytest.approx(1.085)
