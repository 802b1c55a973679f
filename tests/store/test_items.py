"""What becomes of items: phases, baselines and verdicts, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from prober.model.item import Baseline, PhaseChange, Sample, StepSample
from prober.model.run import Phase
from prober.model.verdict import Decision, Ground, Reason, Verdict
from prober.store.store import Store
from tests.store.conftest import NOON

SAMPLE = Sample(
    "balance",
    n=3,
    passed=2,
    journeys={"ivr": (1.25, 1.5), "web": (0.1,)},
    steps=(StepSample("ivr", "听到余额\ud800", 6.0, 3, 2, (1.25, 1.5)), StepSample("web", "open", None, 3, 3, ())),
    failed=("run-3",),
    unequal=("run-3",),
    hours=(11, 12),
)
BASELINE = Baseline(
    "balance-query", 0, Phase.POST_LAUNCH, NOON, "QA", NOON - timedelta(days=1), NOON, {"balance": SAMPLE}
)
VERDICT = Verdict(
    *("balance-query", Phase.PRE_LAUNCH, NOON, Decision.NO_GO),
    reasons=(
        Reason(
            *(Ground.SUCCESS, Decision.NO_GO, "20 of 40 passed", "balance", "听到余额"),
            figures={"hits": 20, "share": 0.5, "ratio": None, "hours": "9"},
            runs=("run-1", "run-2"),
            needed=None,
            what_zh="40 次中 20 次通过",
        ),
        Reason(Ground.BASELINE, Decision.INCONCLUSIVE, "there is no baseline", binds=False),
    ),
    runs=("run-1", "run-2"),
    since=NOON - timedelta(hours=1),
    until=NOON,
    baseline=2,
)


def test_an_item_stands_before_its_launch(store: Store) -> None:
    """Until somebody says otherwise."""
    assert store.items.phase("balance-query") is Phase.PRE_LAUNCH
    assert store.items.changes("balance-query") == []


async def test_every_change_of_phase_is_kept(store: Store) -> None:
    """With who, when and why; the item stands where the last one says, even if the clock was set back."""
    launched = PhaseChange("balance-query", Phase.LAUNCH, NOON, "发布经理", "门禁通过\0")
    live = PhaseChange("balance-query", Phase.POST_LAUNCH, NOON - timedelta(hours=1), "发布经理", "")
    for change in (launched, PhaseChange("other", Phase.RETIRED, NOON, "x", "y"), live):
        await store.items.put_phase(change)
    assert store.items.phase("balance-query") is Phase.POST_LAUNCH
    assert store.items.begun_at("balance-query", Phase.LAUNCH) == NOON
    assert store.items.begun_at("balance-query", Phase.PRE_LAUNCH) is None
    assert store.items.changes("balance-query") == [live, replace(launched, why="门禁通过\N{REPLACEMENT CHARACTER}")]


async def test_baselines_count_up(store: Store) -> None:
    """Each is kept whole under the next version of its item, and found by its phase."""
    first = await store.items.put_baseline(BASELINE)
    second = await store.items.put_baseline(replace(BASELINE, phase=Phase.PRE_LAUNCH))
    other = await store.items.put_baseline(replace(BASELINE, item="other"))
    assert (first.version, second.version, other.version) == (1, 2, 1)
    kept, latest = first, store.items.baselines("balance-query")
    assert [one.version for one in latest] == [2, 1]
    assert latest[1].samples["balance"].steps[0].name == "听到余额?"
    named = replace(SAMPLE.steps[0], name="听到余额?")
    whole = replace(kept, samples={"balance": replace(SAMPLE, steps=(named, SAMPLE.steps[1]))})
    assert store.items.baselines("balance-query", phase=Phase.POST_LAUNCH) == [whole]
    assert [one.version for one in store.items.baselines("balance-query", limit=1)] == [2]


async def test_verdicts_are_kept_whole(store: Store) -> None:
    """With every reason, its figures and its evidence; the latest come first."""
    later = replace(VERDICT, decision=Decision.GO, at=NOON + timedelta(days=1), reasons=(), since=None, until=None)
    await store.items.put_verdict(VERDICT)
    await store.items.put_verdict(later)
    assert store.items.verdicts("balance-query") == [later, VERDICT]
    assert store.items.verdicts("other") == []
