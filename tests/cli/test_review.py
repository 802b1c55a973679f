"""`prober review`, `prober survey`, `prober improvements` and `prober qualities`, as people use them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from prober.cli.interview import Interview
from prober.cli.items import open_gate
from prober.errors import BadInput
from prober.loading.experience import load_experience
from prober.loading.review_form import read_form
from prober.model.improvement import Category
from prober.model.item import Item
from prober.model.quality import Quality
from prober.model.review import Draft
from prober.model.run import Outcome
from prober.store.store import Store
from tests.cli.offering import URL, gate, grounds, prober

QUESTIONS = load_experience().questions(("sms",))


def form(by: str, *findings: str, score: int = 4) -> str:
    """A form that was filled in."""
    answers = "".join(f"  {one.full_name}: yes\n" for one in QUESTIONS)
    scores = "".join(f"  {quality}: {score}\n" for quality in Quality)
    found = "".join(f"  - {{{finding}}}\n" for finding in findings)
    written = f"by: {by}\nanswers:\n{answers}scores:\n{scores}comment: 手机 13800000001 打不通\n"
    Path("form.yaml").write_text(written + (f"findings:\n{found}" if found else ""), encoding="utf-8")
    return "form.yaml"


def review(by: str, *findings: str, item: str = "balance", score: int = 4) -> None:
    done = prober("review", item, "--answers", form(by, *findings, score=score))
    assert done.exit_code == 0, done.output


def listed(*arguments: str) -> list[dict]:
    done = prober("improvements", "list", "--json", *arguments)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["improvements"]


def test_a_review_of_another_item_is_refused(folder) -> None:
    """Two items may be asked the same questions; a form says which one it is of."""
    assert prober("review", "balance", "--form", "form.yaml", "--by", "张三").exit_code == 0
    text = Path("form.yaml").read_text(encoding="utf-8")
    assert "\nitem: balance\n" in text
    done = prober("review", "reviewed", "--answers", "form.yaml")
    assert isinstance(done.exception, BadInput)
    assert "this is a review of ‘balance’, not of ‘reviewed’" in str(done.exception)


def test_reviews_come_in_one_by_one(keep) -> None:
    """The gate waits for as many people as are asked for; one who looks twice is one."""
    keep([Outcome.PASSED] * 40, item="reviewed")
    for by in ("张三", "张三"):
        review(by, item="reviewed")
    code, told = gate("reviewed")
    assert (code, grounds(told, "INCONCLUSIVE")) == (4, ["reviews"])
    assert "1 of 2 reviews are in" in str(told["reasons"])
    review("李四", item="reviewed")
    assert gate("reviewed")[0] == 0


def test_an_item_that_changed_is_reviewed_anew(keep) -> None:
    """A launch that was taken back is none: what people saw is as it was."""
    keep([Outcome.PASSED] * 40, item="reviewed")
    review("张三", item="reviewed")
    review("李四", item="reviewed")
    for phase in ("launch", "pre-launch"):
        assert prober("phase", "reviewed", phase, "--why=x").exit_code == 0
    assert "reviews" in grounds(gate("reviewed")[1], "GO")
    assert prober("phase", "reviewed", "pre-launch", "--why=the price is another one").exit_code == 0
    assert "reviews" in grounds(gate("reviewed")[1], "INCONCLUSIVE")


def test_what_is_said_is_kept_without_what_is_private(folder) -> None:
    """Numbers of customers above all; the agreement is told with it."""
    review("张三", score=5)
    review("李四", score=2)
    told = json.loads(prober("review", "balance", "--json").stdout)
    assert [one["by"] for one in told["reviews"]] == ["李四", "张三"]
    assert "13800000001" not in str(told)
    assert told["agreement"]["within_one"] == 0.0
    assert told["agreement"]["spread"]["simplicity"] == 3
    shown = prober("review", "balance", "--show").stdout
    assert "张三" in shown
    assert "far apart" in shown


def test_a_form_is_written_and_handed_in(folder) -> None:
    """What is left open in it is bad input where nobody can be asked; a form that is there is not written over."""
    assert prober("review", "balance", "--form", "mine.yaml").exit_code == 0
    done = prober("review", "balance", "--answers", "mine.yaml", "--by=张三")
    assert isinstance(done.exception, BadInput)
    assert f"{len(QUESTIONS) + len(Quality)} answers are missing: all.goal," in done.exception.problems[0].message
    again = prober("review", "balance", "--form", "mine.yaml")
    assert isinstance(again.exception, BadInput)


def test_a_defect_blocks_until_it_is_proved_to_be_mended(keep) -> None:
    """NO_GO while it is open; INCONCLUSIVE while it is only said to be mended; then its runs decide."""
    keep([Outcome.PASSED] * 30)
    review("张三", "what: 价格念错, category: content, channel: sms, blocks: yes", "what: 太长, category: content")
    code, told = gate("balance")
    assert (code, grounds(told, "NO_GO")) == (1, ["defects"])
    assert "IMP-1: 价格念错" in str(told["reasons"])
    assert prober("improvements", "mended", "IMP-1", "录音已更换", "--by=李四").exit_code == 0
    code, told = gate("balance")
    assert (code, grounds(told, "INCONCLUSIVE"), told["needed"]) == (4, ["defects"], 3)
    keep([Outcome.PASSED] * 3, started_at=datetime.now(UTC) + timedelta(seconds=1))
    assert gate("balance")[0] == 0
    assert [(one["id"], one["stage"]) for one in listed("--all")] == [("IMP-2", "plan"), ("IMP-1", "done")]


def test_the_gate_plays_what_proves_it(keep, folder) -> None:
    """However many good runs there are of before; where nothing can prove it, it stays open."""
    keep([Outcome.PASSED] * 30)
    review("张三", "what: 价格念错, category: content, channel: sms, blocks: yes")
    assert prober("improvements", "mended", "IMP-1").exit_code == 0
    with open_gate("balance", Path("config.yaml")) as (open_one, _):
        case = open_one.case(datetime.now(UTC))
        assert open_one.missing(case, open_one.verdict(datetime.now(UTC), case), most=10) == ["balance-sms"] * 3
    scenario = folder / "scenarios/balance.yaml"
    scenario.write_text(scenario.read_text(encoding="utf-8").replace("balance-sms", "other"), encoding="utf-8")
    (folder / "config.yaml").write_text(
        (folder / "config.yaml").read_text(encoding="utf-8").replace("balance-sms", "other"), encoding="utf-8"
    )
    assert grounds(gate("balance")[1], "NO_GO") == ["defects"]
    assert prober("improvements", "mended", "IMP-1", "--scenario=other").exit_code == 0
    assert "defects" in grounds(gate("balance")[1], "INCONCLUSIVE")


def test_one_person_is_one_however_the_name_is_written(keep) -> None:
    """Width, case and spaces make no second reviewer."""
    keep([Outcome.PASSED] * 40, item="reviewed")
    for by in ("Zhang San", "zhang  san", "Ｚｈａｎｇ Ｓａｎ"):
        review(by, item="reviewed")
    assert "1 of 2 reviews are in" in str(gate("reviewed")[1]["reasons"])


def test_what_people_write_is_no_markup(folder) -> None:
    """Brackets are what they say."""
    review("张[/]三", "what: '见 [page 3] [/]', category: flow", score=3)
    for arguments in (("review", "balance", "--show"), ("improvements", "list"), ("improvements", "show", "IMP-1")):
        done = prober(*arguments)
        assert done.exit_code == 0, done.output
    assert "[page 3] [/]" in prober("improvements", "list").stdout


def test_showing_and_handing_in_are_two_things(folder) -> None:
    """In a script the review would be missing, and nobody told."""
    assert prober("review", "balance", "--answers", form("张三"), "--json").exit_code == 2
    wrong = prober("review", "balance", "--answers", form("张三", "what: x, category: flow, channel: ivr"))
    assert isinstance(wrong.exception, BadInput)
    assert "the item is not offered on ‘ivr’" in wrong.exception.problems[0].message


def test_an_improvement_goes_its_way(keep) -> None:
    """Plan, do, check, act: each with who and when; it is done when its runs say so, not when somebody does."""
    keep([Outcome.FAILED, Outcome.PASSED])
    due = f"--due={datetime.now(UTC) + timedelta(days=8):%Y-%m-%d}"
    added = ["add", "balance", "回复太慢", "--category=system", due, "--passes=2", "--by=张三"]
    assert prober("improvements", *added).exit_code == 0
    assert prober("improvements", "start", "imp-1", "--by=李四").exit_code == 0
    twice = prober("improvements", "start", "IMP-1")
    assert isinstance(twice.exception, BadInput)
    assert prober("improvements", "mended", "IMP-1").exit_code == 0
    soon = datetime.now(UTC) + timedelta(seconds=1)
    keep([Outcome.PASSED, Outcome.FAILED], started_at=soon)
    (one,) = listed()
    assert (one["stage"], one["passed"], one["owner"]) == ("check", {"balance-sms": 0}, "SMS team")
    keep([Outcome.PASSED, Outcome.PASSED], started_at=soon + timedelta(seconds=1))
    (done,) = listed("--all", "--item=balance")
    assert (done["stage"], [change["stage"] for change in done["changes"]]) == ("done", ["plan", "do", "check", "done"])
    told = prober("improvements", "show", "IMP-1").stdout
    assert "before" in told
    assert "50.0% passed" in told
    assert prober("improvements", "reopen", "IMP-1", "又慢了").exit_code == 0
    assert prober("improvements", "drop", "IMP-1", "换平台").exit_code == 0
    assert listed() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "balanse", "x", "--category=flow"), "there is no item called ‘balanse’"),
        (("add", "balance", "x", "--category=flow", "--channel=fax"), "is offered on sms"),
        (("add", "balance", "x", "--category=flow", "--scenario=y"), "there is no scenario called y"),
        (("add", "balance", "x", "--category=flow", "--due=soon"), "‘soon’ is no day"),
        (("add", "balance", "x", "--category=flow", "--due=2026-01-01"), "‘2026-01-01’ is over: write 20"),
        (("add", "balance", "x", "--category=flow", f"--owner={'x' * 101}"), "it has 101 characters: write 100 at"),
        (("add", "balance", "x", "--category=flow", f"--by={'x' * 101}"), "it has 101 characters: write 100 at most"),
        (("add", "balance", "x" * 2001, "--category=flow"), "it has 2001 characters: write 2000 at most"),
        (("add", "balance", " ", "--category=flow"), "it says nothing: write a sentence"),
        (("drop", "IMP-1", " "), "it says nothing: write a sentence"),
        (("add", "balance", "x", "--category=flow", "--incident=INC-1"), "there is no incident ‘INC-1’"),
        (("mended", "IMP-9"), "there is no improvement ‘IMP-9’"),
        (("show", "IMP-x"), "there is no improvement ‘IMP-x’"),
        (("note", "IMP-99999999999999999999", "x"), "there is no improvement"),
    ],
)
def test_what_cannot_be_is_refused(folder, arguments: tuple[str, ...], said: str) -> None:
    """With a word of what can."""
    done = prober("improvements", *arguments)
    assert done.exit_code != 0
    told = " ".join(done.output.replace("│", "").split())
    assert said in told + str(done.exception)


def test_a_survey_is_imported_once(folder) -> None:
    """And stands beside what was measured."""
    text = "业务,日期,渠道,简便性,满意度,意见\n余额,2026-11-20,短信,4,5,快\n"
    Path("survey.csv").write_text(text, encoding="utf-8")
    refused = prober("survey", "import", "survey.csv")
    assert isinstance(refused.exception, BadInput)
    Path("survey.csv").write_text(text.replace("余额,", "balance,"), encoding="utf-8")
    assert prober("survey", "import", "survey.csv").stdout == "2 scores kept\n"
    assert prober("survey", "import", "survey.csv").stdout == "0 scores kept, 2 were there already\n"
    told = json.loads(prober("survey", "show", "balance", "--json").stdout)
    assert [(one["quality"], one["score"]) for one in told["opinions"]] == [(None, 100.0), ("simplicity", 75.0)]
    assert "快" in prober("survey", "show", "balance").stdout
    changed = prober("survey", "import", "survey.csv", "--scale", "1-10")
    assert isinstance(changed.exception, BadInput)
    assert "was imported with another score" in str(changed.exception)
    assert prober("survey", "remove", "survey.csv").stdout == "2 scores removed\n"
    assert isinstance(prober("survey", "remove", "survey.csv").exception, BadInput)
    assert "no survey" in prober("survey", "show", "nothing").stdout


def test_the_six_qualities_stand_side_by_side(keep) -> None:
    """What the robot measured, what reviewers scored, what customers said."""
    keep([Outcome.PASSED] * 24 + [Outcome.SLOW, Outcome.FAILED])
    review("张三", score=3)
    Path("survey.csv").write_text(f"item,date,timeliness\nbalance,{datetime.now():%Y-%m-%d} 00:01,2\n")  # noqa: DTZ005
    assert prober("survey", "import", "survey.csv").exit_code == 0
    done = prober("qualities", "balance", "--since=7d", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["channels"][0]["qualities"]
    assert told["reliability"]["parts"]["success"]["passed"] == 25
    assert told["timeliness"]["parts"]["apdex"]["apdex"] == pytest.approx(24.5 / 26)
    assert (told["timeliness"]["customers"], told["timeliness"]["reviewers"]) == (25.0, 3.0)
    assert told["consistency"]["parts"] == {"content": {"score": 100.0, "held": 25, "n": 25}}
    assert told["simplicity"]["parts"]["messages"]["score"] is None
    shown = prober("qualities", "balance")
    assert shown.exit_code == 0, shown.output
    assert "及时性" in shown.stdout
    assert "25 of 26 passed" in shown.stdout


def test_a_reviewer_is_led_through_and_loses_nothing(monkeypatch) -> None:
    """What cannot be read is asked again; who goes away in the middle goes on where it was."""
    item = Item("balance", "余额", "SMS team", ("sms",), ())
    said = iter(["perhaps", *["yes, 很好"] * len(QUESTIONS), "9", "4"])

    def answer(*_: object) -> str:
        try:
            return next(said)
        except StopIteration:
            raise KeyboardInterrupt from None

    console = Console(quiet=True)
    monkeypatch.setattr(console, "input", answer)
    interview = Interview(console, item, QUESTIONS, Draft(by="张三", finished=False))
    with pytest.raises(KeyboardInterrupt):
        interview.lead()
    assert interview.missing == [str(quality) for quality in list(Quality)[1:]]
    said = iter(["na", *["5"] * 4, "总的不错", "价格念得太快", "5", "sms", "yes", "", "2026-12-01", ""])
    whole = interview.lead()
    assert whole.scores == {quality: (4, None, 5, 5, 5, 5)[number] for number, quality in enumerate(Quality)}
    (finding,) = whole.findings
    assert (finding.what, finding.category, finding.blocks, finding.owner) == (
        *("价格念得太快", Category.INTERACTION, True),
        "SMS team",
    )


def test_what_was_said_is_kept_where_it_is_broken_off(folder, monkeypatch) -> None:
    """As a form that goes on where it was."""
    monkeypatch.setattr("prober.cli.review.somebody_is_there", lambda: True)
    said = iter(["no, 看不懂"])

    def answer(*_: object) -> str:
        try:
            return next(said)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("prober.cli.interview.Console.input", answer)
    done = prober("review", "balance", "--by=张三", "--no-open")
    assert done.exit_code == 130, done.output
    (kept,) = Path("reports").glob("review-balance-*.yaml")
    assert read_form(kept, QUESTIONS).answers["all.goal"].remark == "看不懂"
    store = Store.open(URL)
    assert store.reviews.of("balance") == []
    store.close()
