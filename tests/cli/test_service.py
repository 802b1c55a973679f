"""`prober report day`, `week`, `month` and `life`, as quality people use them."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from prober.errors import BadInput
from prober.model.run import Failure, Layer, Outcome, StepResult
from tests.cli.offering import prober
from tests.cli.test_review import review


@pytest.fixture
def lived(keep):
    """An item with runs, a failure, two reviews, a defect that was mended, a verdict and two changes of phase."""
    keep([Outcome.PASSED] * 28)
    at = datetime.now(UTC) - timedelta(minutes=1)
    failure = Failure("sms.receive: another text", "余额为", "系统繁忙 <b>&", "短信内容不对")
    named = {"channel": "sms", "verb": "receive", "layer": Layer.CONTENT, "failure": failure, "took_s": 2.0}
    broken = StepResult(0, "sms.receive", outcome=Outcome.FAILED, started_at=at, ended_at=at, within_s=30.0, **named)
    keep([Outcome.FAILED], steps=(broken,))
    review("张三", "what: 回复太长, category: content, channel: sms, blocks: yes, due: 2026-01-01")
    review("李四", score=2)
    assert prober("gate", "balance", "--no-run").exit_code == 1
    assert prober("improvements", "mended", "IMP-1", "缩短了", "--by=王五").exit_code == 0
    assert prober("phase", "balance", "launch", "--why=门禁通过", "--by=发布经理").exit_code == 0
    assert prober("phase", "balance", "post-launch", "--why=观察期结束", "--by=发布经理").exit_code == 0


def test_a_comparison_that_failed_is_the_worst_step(keep) -> None:
    """Though no channel was asked in it."""
    keep([Outcome.PASSED] * 5)
    at = datetime.now(UTC) - timedelta(minutes=1)
    unequal = Failure("same: they differ", "86.50元", "96.50元", "不一致")
    named = {"channel": "robot", "verb": "same", "layer": Layer.CONTENT, "failure": unequal}
    keep(
        [Outcome.FAILED],
        steps=(StepResult(0, "same a, b", outcome=Outcome.FAILED, started_at=at, ended_at=at, **named),),
    )
    (item,) = report("life", "balance")["items"]
    worst = item["worst_steps"][0]
    assert (worst["step"], worst["figures"]["failed"], worst["last_failure"] is None) == ("same a, b", 1, False)


def report(*arguments: str) -> dict:
    done = prober("report", *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def this_month() -> str:
    return f"{datetime.now(UTC) + timedelta(hours=8):%Y-%m}"


def test_the_life_of_an_item_is_told_whole(lived) -> None:
    """What was played, decided, said and mended, with the evidence of what was worst."""
    told = report("life", "balance")
    (item,) = told["items"]
    assert (told["label"], item["phase"], item["figures"]["runs"]) == ("balance", "post-launch", 29)
    assert item["worst_steps"][0]["last_failure"] is not None
    assert [one["decision"] for one in item["verdicts"]] == ["NO_GO"]
    assert [one["phase"] for one in item["changes"]] == ["launch", "post-launch"]
    assert [(one["id"], one["stage"]) for one in item["improvements"]] == [("IMP-1", "check")]
    assert sum(one["runs"] for one in item["by_hour"].values()) == 29
    graded = {one["phase"]: one["qualities"] for one in item["qualities"]}
    assert graded[None]["simplicity"]["reviewers"] == 3.0
    assert graded["pre-launch"]["reliability"]["parts"]["success"]["n"] == 29


def test_a_life_begins_with_its_first_run(lived) -> None:
    """Not with its last stay in a phase."""
    assert prober("phase", "balance", "pre-launch", "--why=taken back", "--by=发布经理").exit_code == 0
    (item,) = report("life", "balance")["items"]
    assert (item["figures"]["runs"], len(item["changes"]), len(item["verdicts"])) == (29, 3, 1)


def test_a_month_is_a_page_a_pdf_and_a_workbook(lived) -> None:
    """The page needs nothing else; nobody's text is markup; Excel has numbers as numbers."""
    files = ["--html=out/month.html", "--pdf=out/month.pdf", "--xlsx=out/month.xlsx"]
    done = prober("report", "month", this_month(), *files)
    assert done.exit_code == 0, done.output
    assert "月报 Monthly report" in done.stdout
    page = Path("out/month.html").read_text(encoding="utf-8")
    for told in ("六个品质", "回复太长", "逾期", "发布经理", "系统繁忙 &lt;b&gt;&amp;", "<svg", "NO_GO"):
        assert told in page, told
    assert "://" not in page.replace("http://www.w3.org", "")
    assert Path("out/month.pdf").read_bytes().startswith(b"%PDF-")
    book = load_workbook(io.BytesIO(Path("out/month.xlsx").read_bytes()))
    overview = {head.value: cell.value for head, cell in zip(*list(book["总览 Overview"].rows)[:2], strict=True)}
    assert (overview["业务 Item"], overview["拨测 Runs"], overview["失败 Failed"]) == ("balance", 29, 1)
    assert overview["成功率 Success"] == pytest.approx(28 / 29)
    assert [row[2].value for row in list(book["改进 Improvements"].rows)[1:]] == ["IMP-1"]
    decisions = [[cell.value for cell in row] for row in list(book["决定 Decisions"].rows)[1:]]
    assert [row[3] for row in decisions] == ["不可上线 NO_GO", "上线中 Launch", "上线后 Post-launch"], "by time"
    assert "存在未关闭的阻断性缺陷" in decisions[0][5]
    assert "a defect that blocks is open" in decisions[0][6]
    assert all(cell.data_type != "f" for sheet in book for row in sheet.rows for cell in row)


def test_without_a_file_it_is_a_page_beside_the_others(keep) -> None:
    """A time in which nothing was played is told as that, with every item in it."""
    keep([Outcome.PASSED])
    done = prober("report", "week")
    assert done.exit_code == 0, done.output
    (page,) = Path("reports").glob("service-*-W*.html")
    assert "这段时间没有拨测" in page.read_text(encoding="utf-8")
    told = report("day", "--item=balance")
    assert [(one["item"], one["figures"]["runs"]) for one in told["items"]] == [("balance", 0)]
    assert told["items"][0]["figures"]["success"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("month", "2026-13"), "‘2026-13’ is no month"),
        (("day", "tomorrow"), "‘tomorrow’ is no day"),
        (("week", "2999-W01"), "or one that is yet to come"),
        (("day", "2026-11-20", "2026-11-21"), "one day at a time"),
        (("life",), "of which item?"),
        (("life", "balanse"), "there is no item called ‘balanse’"),
        (("month", "--item=x"), "there is no item called ‘x’"),
        (("run-1", "--pdf=x.pdf"), "a PDF, a workbook or one item is of a day, week or month"),
    ],
)
def test_what_there_is_not_is_bad_input(folder, arguments: tuple[str, ...], said: str) -> None:
    """Before anything is written."""
    done = prober("report", *arguments)
    assert isinstance(done.exception, BadInput), done.output
    assert said in done.exception.problems[0].message


def test_what_is_of_runs_is_refused_of_a_time(lived) -> None:
    """Nothing that was asked for is passed over in silence."""
    for option in (["--junit=j.xml"], ["--line=demo-1"]):
        done = prober("report", "month", this_month(), *option)
        assert isinstance(done.exception, BadInput), done.output
        assert "are of runs" in str(done.exception)
    assert not Path("j.xml").exists()
