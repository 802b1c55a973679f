"""`prober phase` and `prober gate`, as a release manager uses them."""

from __future__ import annotations

import asyncio
import getpass
import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from urllib.parse import quote
from zoneinfo import ZoneInfo

from prober.app.launching import Launch
from prober.cli.items import open_gate
from prober.errors import BadInput
from prober.model.item import Sample
from prober.model.run import Outcome, Phase
from prober.store.store import Store
from tests.cli.offering import SCENARIO, URL, gate, grounds, prober


def written(kind: str) -> str:
    """The report of that kind."""
    return Path(f"reports/g.{kind}").read_text(encoding="utf-8")


def test_enough_good_runs_are_go(keep) -> None:
    """25 flawless runs: GO and exit 0; the verdict is kept with its runs."""
    runs = keep([Outcome.PASSED] * 25)
    code, told = gate("balance")
    assert (code, told["decision"], told["phase"], told["needed"]) == (0, "GO", "pre-launch", 0)
    assert told["runs"] == [run.id for run in runs]
    store = Store.open(URL)
    (kept,) = store.items.verdicts("balance")
    store.close()
    assert (str(kept.decision), list(kept.runs)) == ("GO", told["runs"])


def test_no_data_is_never_go(folder) -> None:
    """Nothing was ever played: exit 4, and how many runs it takes."""
    code, told = gate("balance")
    assert (code, told["decision"], told["needed"]) == (4, "INCONCLUSIVE", 25)
    assert grounds(told, "INCONCLUSIVE") == ["runs"]


def test_stale_data_is_never_go(keep) -> None:
    """Flawless runs of last month, or of the scenario as it was before: exit 4, and why none counts."""
    keep([Outcome.PASSED] * 30, started_at=datetime.now(UTC) - timedelta(days=10))
    code, told = gate("balance")
    assert (code, told["reasons"][0]["what"]) == (4, "no run counts: 30 too old")


def test_another_version_is_never_go(keep, folder) -> None:
    """What was played before the scenario changed says nothing of what it is now."""
    keep([Outcome.PASSED] * 30)
    (folder / "scenarios/balance.yaml").write_text(SCENARIO.replace("30s", "20s"), encoding="utf-8")
    code, told = gate("balance")
    assert code == 4
    assert "30 of another version" in told["reasons"][0]["what"]


def test_a_robot_fault_is_never_go(keep) -> None:
    """Where the robot could not ask in too many runs, nothing is decided, and the exit says whose fault it is."""
    keep([*[Outcome.PASSED] * 30, *[Outcome.ERROR] * 10])
    code, told = gate("balance")
    assert (code, told["decision"], grounds(told, "INCONCLUSIVE")) == (3, "INCONCLUSIVE", ["robot faults"])


def test_an_unknown_item_is_never_go(folder) -> None:
    """It is bad input, and it says which there are."""
    for command in (("gate", "balanse", "--no-run", "--json"), ("phase", "balanse")):
        done = prober(*command)
        assert isinstance(done.exception, BadInput)
        (problem,) = done.exception.problems
        assert (problem.message, problem.hint) == ("there is no item called ‘balanse’", "did you mean ‘balance’?")
        assert done.stdout == ""


def test_an_item_without_scenarios_is_never_go(folder) -> None:
    """An empty list judges nothing: exit 4."""
    code, told = gate("nothing")
    assert (code, told["decision"], grounds(told, "INCONCLUSIVE")) == (4, "INCONCLUSIVE", ["scenarios"])


def test_missing_reviews_are_never_go(keep) -> None:
    """However good its runs are."""
    keep([Outcome.PASSED] * 40, item="reviewed")
    code, told = gate("reviewed")
    assert (code, grounds(told, "INCONCLUSIVE")) == (4, ["reviews"])


def test_what_is_worse_is_no_go(keep, folder) -> None:
    """Half fail: exit 1; the page, the XML and the Markdown name the runs, the terminal says where to look."""
    runs = keep([Outcome.PASSED, Outcome.FAILED] * 15)
    files = ["--html=reports/g.html", "--junit=reports/g.xml", "--markdown=reports/g.md"]
    done = prober("gate", "balance", "--no-run", *files)
    assert done.exit_code == 1, done.output
    failed = [run.id for run in runs if run.outcome is Outcome.FAILED]
    assert "✗ NO_GO 不可上线" in done.stdout
    assert f"see: prober report {' '.join(failed[:3])} and 12 more" in " ".join(done.stdout.split())
    page, summary = written("html"), written("md")
    assert failed[-1] in page
    assert "成功率" in page
    assert summary.startswith("## ✗ NO_GO · 余额查询 (`balance`)")
    assert f"`{failed[0]}`" in summary
    cases = list(ET.parse("reports/g.xml").getroot().iter("testcase"))  # noqa: S314 - our own file
    assert [case.get("name") for case in cases if case.find("failure") is not None] == [
        "success",
        "in time sms.receive",
    ]


def test_the_page_of_a_gate_leads_to_pages_of_runs_beside_it(keep) -> None:
    """As `prober report` writes them: of a folder, or beside the index of many; it is told in the workspace's zone."""
    runs = keep([Outcome.PASSED, Outcome.FAILED] * 15)
    for folder in ("runs", "all of them-runs"):
        written_to = Path("reports", folder)
        written_to.mkdir(parents=True)
        (written_to / f"{runs[1].id}.html").write_text("")
        assert prober("gate", "balance", "--no-run", "--html=reports/g.html").exit_code == 1
        assert f'<a href="{quote(folder)}/{runs[1].id}.html"' in written("html")
        assert f'href="{quote(folder)}/{runs[3].id}.html"' not in written("html")
        rmtree(written_to)
    began = runs[0].started_at.astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"{began:%Y-%m-%d %H:%M:%S} – " in written("html")


def test_a_phase_is_changed_with_who_and_why(folder) -> None:
    """It stands where the last change says; none is made without a reason."""
    assert "pre-launch" in prober("phase", "balance").stdout
    assert prober("phase", "balance", "launch").exit_code == 2
    assert prober("phase", "balance", "launch", "--why=门禁通过", "--by=发布经理").exit_code == 0
    assert prober("phase", "balance", "post-launch", "--why=观察期结束").exit_code == 0
    told = json.loads(prober("phase", "balance", "--json").stdout)
    assert (told["phase"], [(one["phase"], one["by"], one["why"]) for one in told["changes"]]) == (
        "post-launch",
        [("post-launch", getpass.getuser(), "观察期结束"), ("launch", "发布经理", "门禁通过")],
    )


def test_the_gate_is_of_the_phase_the_item_stands_in(keep) -> None:
    """Runs of before the launch say nothing of it after."""
    keep([Outcome.PASSED] * 25)
    assert prober("phase", "balance", "post-launch", "--why=live").exit_code == 0
    code, told = gate("balance")
    assert (code, told["phase"]) == (4, "post-launch")


def test_what_is_mended_is_judged_anew(keep) -> None:
    """By runs from then on, once somebody said that it is, and why."""
    keep([Outcome.PASSED, Outcome.FAILED] * 15)
    assert gate("balance")[0] == 1
    assert prober("phase", "balance", "pre-launch", "--why=mended").exit_code == 0
    code, told = gate("balance")
    assert (code, told["reasons"][0]["what"]) == (4, "no run counts: 30 from before its phase was last changed")


def test_a_baseline_is_recorded_of_runs_that_are_well(keep) -> None:
    """Too few, or too many that fail, are not what is normal; each record is a new version, and is compared with."""
    keep([Outcome.PASSED] * 40)
    refused = prober("baseline", "balance", "--record")
    assert isinstance(refused.exception, BadInput)
    assert "40 runs of ‘balance-sms’ passed (pre-launch), and it takes 50" in refused.exception.problems[0].message
    assert prober("baseline", "balance").stdout.startswith("no baseline yet")


def test_versions_of_a_baseline_count_up(keep) -> None:
    """The latest is what the gate compares with."""
    keep([Outcome.PASSED] * 120)
    for _ in range(2):
        assert prober("baseline", "balance", "--record", "--by=QA").exit_code == 0
    told = json.loads(prober("baseline", "balance", "--json").stdout)
    assert [(one["version"], one["by"]) for one in told["baselines"]] == [(2, "QA"), (1, "QA")]
    assert told["baselines"][0]["scenarios"]["balance-sms"]["runs"] == 120
    shown = prober("baseline", "balance").stdout
    assert "balance-sms" in shown
    assert "100.0%" in shown
    code, judged = gate("balance")
    assert (code, judged["baseline"]) == (0, 2)
    assert "latency against the baseline" in grounds(judged, "GO")


def test_what_often_fails_is_no_baseline(keep) -> None:
    """However many runs there are."""
    keep([Outcome.PASSED, Outcome.PASSED, Outcome.FAILED] * 40)
    refused = prober("baseline", "balance", "--record")
    assert isinstance(refused.exception, BadInput)
    assert "less than its gate asks for" in refused.exception.problems[0].message


def test_a_matrix_is_go_only_as_a_whole(keep, folder) -> None:
    """A brand that nobody asked for may be the one that fails."""
    config = folder / "config.yaml"
    config.write_text(
        config.read_text(encoding="utf-8").replace(
            "lines: [{name: demo-1, msisdn: 13800000001, gateway: demo}]",
            "lines: [{name: demo-1, msisdn: 13800000001, gateway: demo, brand: 全球通},"
            " {name: demo-2, msisdn: 13800000002, gateway: demo, brand: 动感地带}]",
        ),
        encoding="utf-8",
    )
    (folder / "scenarios/balance.yaml").write_text(
        SCENARIO.replace("item: balance\n", "item: balance\nmatrix: {brand: [全球通, 动感地带]}\n"), encoding="utf-8"
    )
    keep([Outcome.PASSED] * 30)
    code, told = gate("balance")
    assert (code, grounds(told, "INCONCLUSIVE")) == (4, ["runs"])
    assert told["reasons"][0]["about"] == "brand 动感地带"
    keep([Outcome.PASSED], line="demo-2")
    assert gate("balance")[0] == 0


def test_what_is_played_in_maintenance_counts_for_nothing(keep, folder) -> None:
    """Neither for nor against."""
    with (folder / "config.yaml").open("a", encoding="utf-8") as config:
        config.write("maintenance: [{name: all day, cron: 0 0 * * *, lasts: 24h, items: [balance]}]\n")
    keep([Outcome.FAILED] * 30)
    code, told = gate("balance")
    assert (code, told["reasons"][0]["what"]) == (4, "no run counts: 30 in a maintenance window")


def test_what_is_retired_is_never_go(keep) -> None:
    """However well its runs were."""
    keep([Outcome.PASSED] * 40)
    assert prober("phase", "balance", "retired", "--why", "nobody wants it").exit_code == 0
    for arguments in (["gate", "balance", "--no-run"], ["launch", "balance"]):
        done = prober(*arguments)
        assert isinstance(done.exception, BadInput)
        assert "‘balance’ is retired" in str(done.exception)


async def _taken_up() -> tuple[Launch, int]:
    with open_gate("balance", Path("config.yaml")) as (found, _):
        launch = Launch.of(found, {"balance-sms": Sample("balance-sms", n=40, passed=40)}, "somebody")
        await launch.begin("its gate says GO")
        return launch, len(found.store.items.changes("balance"))


def test_a_launch_that_is_watched_on_knows_what_was_seen(keep) -> None:
    """Whoever breaks it off and begins again loses no failure, and writes no other beginning."""
    keep([Outcome.PASSED] * 40)
    assert prober("phase", "balance", "launch", "--why", "live").exit_code == 0
    later = datetime.now(UTC) + timedelta(seconds=5)
    keep([Outcome.FAILED] * 3, phase=Phase.LAUNCH, started_at=later)
    launch, changes = asyncio.run(_taken_up())
    assert (launch.asked, changes) == (3, 1)
    assert [look.evidence > 1 for look in launch.looks] == [True] * 3, "its page tells the whole course"
    assert launch.watch.evidence > 3
    assert launch.failed is not None


def test_a_launch_lasts(keep) -> None:
    """No time is no launch."""
    keep([Outcome.PASSED] * 40)
    for option in ("--for=0s", "--every=0s"):
        done = prober("launch", "balance", option)
        assert (done.exit_code, "longer than nothing" in done.output) == (2, True)
