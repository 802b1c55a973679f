"""A verdict of the gate as page, JSON, Markdown and JUnit XML."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from prober.model.item import Item
from prober.model.run import Phase
from prober.model.verdict import Decision, Ground, Reason, Verdict
from prober.reports import gate, gate_page

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
ITEM = Item("balance", "余额<查询>", "IVR | team", ("ivr",), ("balance",))
SUCCESS = {"hits": 80, "n": 100, "share": 0.8, "low": 0.73, "high": 0.86, "floor": 0.9}
RATIO = {"quantile": 0.9, "ratio": 1.2, "bound": 1.6, "limit": 1.5, "n": 100, "base_n": 120}
CHANGED = {"hits": 98, "n": 100, "base_hits": 99, "base_n": 100, "difference": -0.01, "low": -0.04, "high": 0.02}
VERDICT = Verdict(
    *("balance", Phase.PRE_LAUNCH, NOON, Decision.NO_GO),
    reasons=(
        Reason(Ground.REGRESSION, Decision.GO, "98 of 100", "balance", "", CHANGED | {"margin": 0.05}, what_zh="98 次"),
        Reason(Ground.LATENCY, Decision.INCONCLUSIVE, "p90", "balance", "ivr", RATIO, needed=60, what_zh="九成"),
        Reason(Ground.BASELINE, Decision.INCONCLUSIVE, "none", "other", needed=None, what_zh="无", binds=False),
        Reason(Ground.SUCCESS, Decision.NO_GO, "80 | 100", "balance", "", SUCCESS, ("run-1", "run-2"), what_zh="80 次"),
    ),
    runs=("run-1", "run-2", "run-3"),
    since=NOON,
    until=NOON,
    baseline=4,
)


def test_reasons_stand_in_the_order_they_decide() -> None:
    """What is NO_GO comes first, what only informs last."""
    grounds = [reason.ground for reason in gate.ordered(VERDICT.reasons)]
    assert grounds == [Ground.SUCCESS, Ground.LATENCY, Ground.REGRESSION, Ground.BASELINE]


def test_the_page_shows_every_reason_with_its_interval() -> None:
    """In both languages, escaped, with the runs as evidence and no other host."""
    page = gate_page.render(VERDICT, ITEM, zone=SHANGHAI)
    assert "不可上线" in page
    assert "余额&lt;查询&gt;" in page
    assert page.count('class="interval"') == 3
    assert "80.0% (73.0% … 86.0%) ≥ 90%" in page
    assert "供参考" in page
    assert "prober report run-1 run-2" in page
    assert "2026-03-02 12:00:00 – 2026-03-02 12:00:00" in page
    assert "Asia/Shanghai" in page
    assert "UTC" not in page.partition("<script>")[0]
    assert not re.findall(r"(?:src|href)=[\"']https?:", page)


@pytest.mark.parametrize(("needed", "told"), [(60, "约再拨测 60 次可定"), (None, "仅增加拨测次数不能定论")])
def test_an_inconclusive_page_says_what_is_needed(needed: int | None, told: str) -> None:
    """How many more runs, or that runs alone do not help."""
    reason = Reason(Ground.RUNS, Decision.INCONCLUSIVE, "no run counts", "balance", needed=needed, what_zh="没有")
    verdict = Verdict("balance", Phase.PRE_LAUNCH, NOON, Decision.INCONCLUSIVE, (reason,))
    assert told in gate_page.render(verdict, ITEM, zone=SHANGHAI)


def test_a_baseline_that_is_not_there_is_no_question() -> None:
    """On a page that says GO it is none, and no reason that nobody could decide."""
    none = Reason(Ground.BASELINE, Decision.INCONCLUSIVE, "none", "balance", needed=None, what_zh="无", binds=False)
    good = Reason(Ground.RUNS, Decision.GO, "enough", "balance", what_zh="足够")
    verdict = Verdict("balance", Phase.PRE_LAUNCH, NOON, Decision.GO, (none, good))
    page = gate_page.render(verdict, ITEM, zone=SHANGHAI)
    assert "无 none" in page
    assert "INCONCLUSIVE" not in page


def test_runs_lead_to_their_pages() -> None:
    """Where there is one; of the others the command that opens them, to be copied."""
    page = gate_page.render(VERDICT, ITEM, zone=SHANGHAI, linked={"run-1": "runs/run-1.html", "run-2": ""}.__getitem__)
    assert '<a href="runs/run-1.html"><code>run-1</code></a>' in page
    assert '<code class="copy">prober report run-2</code>' in page


def test_intervals_stay_within_their_picture() -> None:
    """However far a figure lies from its limit."""
    for figures in ({"share": 0.0, "low": 0.0, "high": 0.3}, {"share": 1.0, "low": 0.97, "high": 1.0}):
        reason = Reason(Ground.SUCCESS, Decision.GO, "x", figures=SUCCESS | figures)
        (interval,) = gate_page._share(reason)
        places = (interval.low, interval.value, interval.high)
        assert 0 <= interval.limit <= 100
        assert sorted(places) == list(places)
        assert places[0] >= 0
        assert places[-1] <= 100


def test_the_document_is_json() -> None:
    """With every reason, its figures and its runs."""
    told = json.loads(json.dumps(gate.document(VERDICT)))
    assert (told["decision"], told["needed"], told["baseline"], told["at"]) == (
        *("NO_GO", 60, 4),
        "2026-03-02T04:00:00.000000Z",
    )
    assert told["reasons"][3]["figures"] == SUCCESS
    assert [reason["binds"] for reason in told["reasons"]] == [True, True, False, True]


def test_markdown_is_a_table() -> None:
    """A line a reason that counts; what would break the table, or be markup, is escaped."""
    written = gate.markdown(VERDICT, ITEM).splitlines()
    assert written[0] == "## ✗ NO_GO · 余额&lt;查询> (`balance`)"
    assert written[-3:] == [
        "| ✗ | success · balance | 80 \\| 100 |  | `run-1`, `run-2` |",
        "| ? | latency against the baseline · balance · ivr | p90 | 60 |  |",
        "| ✓ | success against the baseline · balance | 98 of 100 |  |  |",
    ]


def test_markdown_says_how_many_runs_it_leaves_out() -> None:
    """Five are named of a reason; what a text holds stays what it is."""
    runs = tuple(f"run-{number}" for number in range(7))
    odd = Reason(Ground.IN_TIME, Decision.NO_GO, "a <b>&amp; [x](y) *z*", "balance", "main_menu", runs=runs)
    verdict = Verdict("balance", Phase.PRE_LAUNCH, NOON, Decision.NO_GO, (odd,))
    assert gate.markdown(verdict, ITEM).splitlines()[-1] == (
        "| ✗ | in time · balance · main\\_menu | a &lt;b>&amp;amp; \\[x\\](y) \\*z\\* |  "
        "| `run-0`, `run-1`, `run-2`, `run-3`, `run-4` and 2 more |"
    )


def test_what_is_not_go_fails_in_junit() -> None:
    """An inconclusive gate must not look green on a build server."""
    root = ET.fromstring(gate.junit(VERDICT, ITEM))  # noqa: S314 - our own
    assert (root.get("tests"), root.get("failures")) == ("3", "2")
    failed = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]
    assert failed == ["latency against the baseline ivr", "success"]


def test_whatever_a_step_is_called_the_reports_hold_it() -> None:
    """Control characters break no XML, line breaks no table."""
    odd = Reason(Ground.IN_TIME, Decision.NO_GO, "a\x00b\nc", "balance", "step\x07\nname\ud800", what_zh="步骤")
    verdict = Verdict("balance", Phase.PRE_LAUNCH, NOON, Decision.NO_GO, (odd,))
    assert ET.fromstring(gate.junit(verdict, ITEM)) is not None  # noqa: S314 - our own
    assert gate.markdown(verdict, ITEM).splitlines()[-1].count("|") == 6
