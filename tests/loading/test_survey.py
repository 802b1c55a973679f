"""Surveys, as people keep them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook

from prober.errors import BadInput
from prober.loading.survey import Asked, Read, read_survey
from prober.model.quality import Quality
from prober.model.review import Opinion, Survey

ZONE = ZoneInfo("Asia/Shanghai")
ASKED = Asked(Survey.SATISFACTION, ["balance", "bill"], ZONE)
CHINESE = (
    "业务,日期,渠道,简便性,满意度,意见,工号\nbalance,2026-11-20,热线,4,5,按键太多,7\nbill,2026/11/2 09:30,,,1,,8\n"
)


def read(tmp_path: Path, text: str | bytes, asked: Asked = ASKED) -> Read:
    file = tmp_path / "survey.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_survey(file, asked, datetime(2026, 11, 23, 9, tzinfo=UTC))


def test_a_row_is_a_customer_and_a_score_an_opinion(tmp_path: Path) -> None:
    """Scores become 0 to 100; a day without a time is its noon; what no column means is told."""
    told = read(tmp_path, CHINESE)
    noon, then = datetime(2026, 11, 20, 4, tzinfo=UTC), datetime(2026, 11, 2, 1, 30, tzinfo=UTC)
    first = {"channel": "ivr", "comment": "按键太多", "source": "survey.csv", "row": 2}
    assert told.opinions == (
        Opinion("balance", Survey.SATISFACTION, noon, None, 100.0, **first),
        Opinion("balance", Survey.SATISFACTION, noon, Quality.SIMPLICITY, 75.0, **first),
        Opinion("bill", Survey.SATISFACTION, then, None, 0.0, source="survey.csv", row=3),
    )
    assert told.passed_over == ("工号",)


def test_what_excel_saves_is_read(tmp_path: Path) -> None:
    """CSV in GBK, or with a byte order mark; a workbook with days as Excel keeps them."""
    assert (
        read(tmp_path, CHINESE.encode("gbk")) == read(tmp_path, CHINESE.encode("utf-8-sig")) == read(tmp_path, CHINESE)
    )
    book = Workbook()
    book.active.append(["item", "date", "overall"])
    book.active.append(["balance", datetime(2026, 11, 20), 4.5])  # noqa: DTZ001 - a cell has no zone
    file = tmp_path / "survey.xlsx"
    book.save(file)
    (opinion,) = read_survey(file, ASKED, datetime(2026, 11, 23, 9, tzinfo=UTC)).opinions
    assert (opinion.score, opinion.at, opinion.row) == (87.5, datetime(2026, 11, 20, 4, tzinfo=UTC), 2)


@pytest.mark.parametrize("separator", [";", "\t", "，", "；"])
def test_cells_are_told_apart_by_what_stands_between_the_titles(tmp_path: Path, separator: str) -> None:
    """As Excel saves CSV where the comma is that of decimals, and as people write it; other commas are text."""
    text = CHINESE.replace(",", separator).replace("按键太多", '"按键, 太多"')
    told = read(tmp_path, text)
    assert [(one.item, one.score, one.comment) for one in told.opinions] == [
        *(("balance", 100.0, "按键, 太多"), ("balance", 75.0, "按键, 太多"), ("bill", 0.0, "")),
    ]
    assert told.passed_over == ("工号",)
    one = read(tmp_path, f'"item"{separator}"date"{separator}"overall"\nbalance{separator}2026-11-20{separator}4,5\n')
    assert [opinion.score for opinion in one.opinions] == [87.5]


def test_times_are_of_the_survey(tmp_path: Path) -> None:
    """As Excel writes them; an offset counts; a day of today is not over yet; a row without a score is counted."""
    days = ("2026/11/20 9:05", "2026-11-20T01:05Z", "2026年11月20日", "2026-11-23")
    rows = "".join(f"balance,{day},3\n" for day in days) + "balance,2026-11-20,\n"
    told = read(tmp_path, f"item,date,overall\n{rows}")
    assert [f"{one.at:%d %H:%M}" for one in told.opinions] == ["20 01:05", "20 01:05", "20 04:00", "23 04:00"]
    assert told.silent == 1


def test_the_scale_and_the_item_may_be_said(tmp_path: Path) -> None:
    """For a file that names none."""
    text = "date,score\n2026-11-20,0\n2026-11-20,9\n"
    told = read(tmp_path, text, Asked(Survey.MYSTERY, ["balance"], ZONE, (0, 10), "balance"))
    assert [(one.item, one.score) for one in told.opinions] == [("balance", 0.0), ("balance", 90.0)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is nothing in it"),
        ("item,date,overall\n", "there is nothing in it"),
        ("item,overall\nbalance,4\n", "no column says when"),
        ("date,overall\n2026-11-20,4\n", "no column says of which item"),
        ("item,date\nbalance,2026-11-20\n", "no column holds scores"),
        ("item,date,overall\nbalanse,2026-11-20,4\n", "row 2, column 1: there is no item called ‘balanse’"),
        ("item,date,overall\nbalance,20.11.,4\n", "row 2, column 2: ‘20.11.’ is no day"),
        ("item,date,overall\nbalance,2026-02-30,4\n", "row 2, column 2: ‘2026-02-30’ is no day"),
        ("item,date,overall\nbalance,2027-11-20,4\n", "row 2, column 2: ‘2027-11-20’ is yet to come"),
        ("item,date,overall\nbalance,2026-11-20,7\n", "row 2, column 3: ‘7’ is no score"),
        ("item,date,overall\nbalance,2026-11-20,nan\n", "row 2, column 3: ‘nan’ is no score"),
        ("item,date,overall\nbalance,2026-11-20,好\n", "row 2, column 3: ‘好’ is no score"),
        ("item,date,overall,channel\nbalance,2026-11-20,4,fax\n", "row 2, column 4: ‘fax’ is no channel"),
        ("item,date,overall,score\nbalance,2026-11-20,4,4\n", "row 1, column 4: there are two columns for ‘overall’"),
        ("item,date,overall\nbalance,2026-11-20,\n", "no row in it has a score"),
        ("item,date,overall\n,2026-11-20,3\n", "row 2, column 1: it is not said of which item"),
    ],
)
def test_what_is_wrong_is_told_with_its_cell(tmp_path: Path, text: str, message: str) -> None:
    """And nothing of the file is taken."""
    with pytest.raises(BadInput) as bad:
        read(tmp_path, text)
    assert message in bad.value.problems[0].message
    assert bad.value.problems[0].hint


def test_no_more_is_told_than_anybody_reads(tmp_path: Path) -> None:
    """Who has the wrong scale has it in every row."""
    with pytest.raises(BadInput) as bad:
        read(tmp_path, "item,date,overall\n" + "balance,2026-11-20,9\n" * 400)
    assert len(bad.value.problems) == 50
