"""A pair that owes a reply stays in quarantine over restarts; late replies belong to the run that asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from prober.channels.sms.quarantine import Pending, Quarantine
from prober.store.store import Store


def owed(run_id: str = "run-1", *, for_s: float = 60) -> Pending:
    """Return what a pair owes, from now on."""
    now = datetime.now(UTC)
    return Pending("13800000001", "10086", run_id, since_at=now, until_at=now + timedelta(seconds=for_s))


async def test_what_a_pair_owes_outlives_the_process(store: Store, store_url: str) -> None:
    """What was begun is pending after the store is opened again, for this pair and no other."""
    pending = owed()
    await store.quarantine(Pending).begin(pending)
    store.close()
    again = Store.open(store_url)
    quarantine: Quarantine = again.quarantine(Pending)
    assert await quarantine.pending("13800000001", "10086") == pending
    assert await quarantine.pending("13800000001", "10001") is None
    again.close()


async def test_its_end_can_be_moved_and_is_kept_to(store: Store) -> None:
    """Beginning again replaces what the pair owed; nothing is pending once its time is over."""
    quarantine = store.quarantine(Pending)
    await quarantine.begin(owed(for_s=60))
    longer = owed("run-2", for_s=90)
    await quarantine.begin(longer)
    assert await quarantine.pending("13800000001", "10086") == longer
    await quarantine.begin(replace(longer, until_at=datetime.now(UTC)))
    assert await quarantine.pending("13800000001", "10086") is None


async def test_a_late_reply_is_kept_against_the_run_that_asked(store: Store) -> None:
    """Settling ends the quarantine; only a late text is kept, and only where something was owed."""
    quarantine = store.quarantine(Pending)
    pending = owed()
    await quarantine.begin(pending)
    await quarantine.settle("13800000001", "10086", late_text="您的账户余额为86.50元。")
    await quarantine.settle("13800000001", "10086", late_text="nobody asked")
    await quarantine.begin(owed("run-2"))
    await quarantine.settle("13800000001", "10086", late_text=None)
    assert await quarantine.pending("13800000001", "10086") is None
    (late,) = store.queries.late_replies("run-1")
    assert (late.text, late.asked_at) == ("您的账户余额为86.50元。", pending.since_at)
    assert late.received_at >= late.asked_at
    assert store.queries.late_replies("run-2") == []
