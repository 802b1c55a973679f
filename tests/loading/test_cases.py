"""Test cases in Excel: what is read, and what is told with its cell."""

from __future__ import annotations

import contextlib
import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from prober.channels.registry import VERBS
from prober.cli import problems
from prober.errors import BadInput
from prober.loading.cases import read_cases
from prober.loading.vocabulary import Vocabulary
from prober.loading.yaml_writing import written

WORDS = Vocabulary(VERBS, prompts=["welcome", "balance"])
TITLES = [
    "用例编号",
    "用例名称",
    "业务/项目",
    "步骤号",
    "渠道",
    "操作",
    "参数/输入",
    "预期结果",
    "时限",
    "告警",
    "备注",
]


@pytest.fixture
def workbook(tmp_path, monkeypatch):
    """Write rows to a workbook, each a mapping of columns (A, B …) to values; return its path from here."""
    monkeypatch.chdir(tmp_path)

    def write(*rows, titles=TITLES, change=None) -> Path:
        book = Workbook()
        sheet = book.active
        assert isinstance(sheet, Worksheet)
        sheet.title = "用例"
        sheet.append(titles)
        for number, row in enumerate(rows, start=2):
            for column, value in row.items():
                sheet[f"{column}{number}"] = value
        if change:
            change(book, sheet)
        book.save("cases.xlsx")
        return Path("cases.xlsx")

    return write


def told(path) -> str:
    with pytest.raises(BadInput) as bad:
        read_cases(path, WORDS)
    return problems.plain(bad.value.problems)


def steps(path, number=0):
    return read_cases(path, WORDS).cases[number].written["steps"]


CALL = {"A": "TC-001", "B": "欢迎语", "C": "main-menu", "D": 1, "E": "ivr", "F": "dial", "G": "10086", "I": "10s"}
HEAR = {"D": 2, "E": "ivr", "F": "hear", "H": "welcome", "I": "4s", "J": "2s"}


def test_rows_are_steps_and_blank_case_cells_go_on(workbook):
    """A case begins where its number stands; what is expected, and its limits, come out as they would be written."""
    (case,) = read_cases(workbook(CALL, HEAR, {"D": 3, "E": "ivr", "F": "hang_up", "K": "礼貌"}), WORDS).cases
    assert written(case.written, case.notes) == (
        "scenario: TC-001\ntitle: 欢迎语\nitem: main-menu\nsteps:\n"
        "  - ivr.dial: 10086\n    within: 10s\n"
        "  - ivr.hear: welcome\n    within: 4s\n    warn: 2s\n"
        "  # 礼貌\n  - ivr.hang_up:\n"
    )


def test_titles_are_found_in_english_and_in_any_order(workbook):
    """Above them may stand a heading; a unit in a title is that of its numbers."""
    titles = ["Timeout (s)", "Action", "Channel", "Case ID", "Input"]
    path = workbook({"A": 10, "B": "打开", "C": "网厅", "D": "a", "E": "/login"}, titles=titles)
    assert steps(path) == [{"web.open": "/login", "within": "10s"}]

    def lower(book, sheet):
        sheet.insert_rows(1, 2)
        sheet["A1"] = "测试用例"
        sheet.merge_cells("A1:E1")

    assert steps(workbook({"B": "挂机", "D": "b", "A": "1.5"}, titles=titles, change=lower)) == [
        {"ivr.hang_up": None, "within": "1.5s"}
    ]


def test_chinese_words_for_channels_verbs_and_times(workbook):
    """What testers call them."""
    path = workbook(
        {"A": "a", "E": "短信", "F": "发送", "G": "to: 10086\ntext: CXYE"},
        {"F": "收到", "H": "余额", "I": "30秒", "J": "500毫秒"},
        {"E": "机器人", "F": "等待", "G": "2s"},
    )
    assert steps(path) == [
        {"sms.send": {"to": "10086", "text": "CXYE"}},
        {"sms.receive": "余额", "within": "30s", "warn": "500ms"},
        {"wait": "2s"},
    ]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (10, "10s"),
        (1.5, "1.5s"),
        ("10", "10s"),
        ("１０秒", "10s"),
        ("10 秒", "10s"),
        ("１０　秒钟", "10s"),
        ("2 分", "2m"),
    ],
)
def test_a_time_is_read_as_testers_type_it(workbook, typed, meant):
    """A bare number is seconds, whatever width and spaces it is typed with."""
    assert steps(workbook({**CALL, "I": typed}))[0]["within"] == meant


def test_a_unit_in_the_title_is_that_of_bare_numbers_alone(workbook):
    """时限(分): 2 is two minutes, ３０秒 stays thirty seconds."""
    path = workbook({**CALL, "I": 2}, {**HEAR, "I": "３０秒"}, titles=[*TITLES[:8], "时限(分)", *TITLES[9:]])
    assert [step["within"] for step in steps(path)] == ["2m", "30s"]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (("语音", "拨达"), "渠道‘语音’没有‘拨达’这个操作\n    最接近的操作：拨打、拨号"),
        (("短信", "上传"), "渠道‘短信’没有‘上传’这个操作\n    可用的操作：发送、回执、收到、receive_nothing"),
        (("", "ivr.hera"), "渠道‘ivr’没有‘hera’这个操作\n    最接近的操作：hear"),
        (("", "拨达"), "没有填写渠道，认不出操作‘拨达’\n    请填写‘渠道’：语音、网厅或短信。最接近的操作：拨打、拨号"),
        (("微信", "发送"), "没有‘微信’这个渠道\n    请填写语音 (ivr)、网厅 (web)、短信 (sms) 或机器人 (robot)"),
    ],
)
def test_an_unknown_action_is_told_in_the_language_of_the_titles(workbook, cells, said):
    """With the actions nearest to it, and nothing else: that its case has no step then is no mistake of its own."""
    channel, action = cells
    path = workbook({"A": "a", "E": channel, "F": action})
    assert told(path) == f"cases.xlsx[用例!F2]: {said}"
    english = ["Case ID", "Title", "Item", "Step", "Channel", "Action"]
    path = workbook({"A": "a", "E": channel, "F": action}, titles=english)
    assert "unknown" in told(path)
    assert "操作：" not in told(path)


def test_merged_cells_of_a_case_and_its_channel(workbook):
    """They stand for each of their rows; empty rows are passed over."""

    def change(book, sheet):
        sheet.merge_cells("A2:A4")
        sheet.merge_cells("E2:E4")

    rows = ({"A": "a", "E": "ivr", "F": "dial", "G": "10086"}, {}, {"F": "hang_up"}, {}, {"A": "b", **HEAR})
    cases = read_cases(workbook(*rows, change=change), WORDS).cases
    assert [(case.name, len(case.written["steps"])) for case in cases] == [("a", 2), ("b", 1)]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_of_cases_is_left_out_and_named(workbook, state):
    """Old cases are kept in such; of one that holds none, such as an exported list of choices, nothing is said."""

    def hide(book, _):
        for name, titles in (("旧", [*TITLES, "优先级"]), ("lists", ["ivr", "dial"])):
            hidden = book.create_sheet(name)
            hidden.append(titles)
            hidden.append(["old", "", "", 1, "ivr", "nonsense"])
            hidden.sheet_state = state

    imported = read_cases(workbook(CALL, change=hide), WORDS)
    assert [case.name for case in imported.cases] == ["TC-001"]
    said = "cases.xlsx[旧]: this sheet of test cases is hidden, and was left out\n    unhide it if its cases count"
    assert problems.plain(imported.remarks) == said
    assert told(workbook(titles=["a"], change=hide)) == said


def test_a_formats_zeros_are_kept(workbook):
    """0123 that Excel shows by the format 0000 is 0123; any number is remarked on."""

    def change(book, sheet):
        sheet["G2"].number_format = "0000"

    imported = read_cases(workbook({"A": "a", "E": "ivr", "F": "press", "G": 123}, change=change), WORDS)
    assert imported.cases[0].written["steps"] == [{"ivr.press": "0123"}]
    assert problems.plain(imported.remarks) == (
        "cases.xlsx[用例!G2]: Excel holds 0123 as a number: a zero in front would be lost\n"
        "    format the cell as text if it had one"
    )


def test_columns_that_mean_nothing_here_are_named(workbook):
    """Nothing is passed over in silence."""
    (remark,) = read_cases(workbook({**CALL, "L": "P1"}, titles=[*TITLES, "优先级"]), WORDS).remarks
    assert problems.plain([remark]) == "cases.xlsx[用例!L1]: the column ‘优先级’ is passed over"


def test_every_mistake_is_told_at_once_with_its_cell(workbook):
    """In the order of the rows."""
    path = workbook(
        {"E": "ivr", "F": "dial", "G": "1"},
        {"A": "a b", "E": "ivr", "F": "hera", "H": "welcome"},
        {"E": "ivr", "F": "hear", "H": "welcom", "I": "soon"},
        {"E": "ivr", "F": "press", "G": "12x"},
        {"E": "web", "F": "click", "G": "登录", "H": "我的余额"},
        {"E": "web", "F": "open", "H": "我的余额"},
        {"G": "左边没有操作"},
        {"A": "b", "E": "sms", "F": "receive", "H": "=1+1", "J": "2m"},
        {"E": "sms", "F": "receive", "H": date(2026, 11, 22)},
        {"E": "sms", "F": "receive", "H": 86.5},
        {"F": "same", "G": "x, y"},
        {"A": "a b", "E": "ivr", "F": "hang_up"},
        {"A": "c", "B": "没有步骤"},
    )
    assert told(path) == "\n".join(
        (
            "cases.xlsx[用例!E2]: this row belongs to no case: ‘用例编号’ is empty",
            "    give the case its number",
            "cases.xlsx[用例!A3]: ‘a b’ is not a scenario's name: write letters, digits, ‘-’ and ‘_’",
            "cases.xlsx[用例!F3]: 渠道‘ivr’没有‘hera’这个操作",
            "    最接近的操作：hear",
            "cases.xlsx[用例!H4]: unknown prompt ‘welcom’",
            "    did you mean ‘welcome’?",
            "cases.xlsx[用例!I4]: ‘soon’ is not a duration: write 10s, 500ms or 2m",
            "cases.xlsx[用例!G5]: ‘12x’ are not telephone keys: write 0-9, *, # or A-D",
            '    write "*" and "#" in quotes',
            "cases.xlsx[用例!H6]: ‘web.click’ takes one of ‘参数/输入’ and ‘预期结果’, not both",
            "    put what is expected into a row of its own, such as ‘see’, ‘hear’ or ‘receive’",
            "cases.xlsx[用例!H7]: ‘web.open’ does something, and expects nothing",
            "    put it into a row of its own, such as ‘see’, ‘hear’ or ‘receive’",
            "cases.xlsx[用例!F8]: ‘操作’ is empty",
            "    say what is done with the ‘参数/输入’",
            "cases.xlsx[用例!H9]: this cell holds a formula: only what is written as a text can be played",
            "    format the cell as text, and type it again",
            "cases.xlsx[用例!J9]: ‘warn’ must be shorter than ‘within’, which is 60 s here",
            "cases.xlsx[用例!H10]: this cell holds a date or time (2026-11-22): Excel has changed what was typed",
            "    format the cell as text, and type it again",
            "cases.xlsx[用例!H11]: this cell holds the number 86.5, not a text: Excel drops zeros in front and behind",
            "    format the cell as text, and type it again",
            "cases.xlsx[用例!G12]: ‘x’ was never captured",
            "cases.xlsx[用例!G12]: ‘y’ was never captured",
            "cases.xlsx[用例!A13]: the case ‘a b’ stands here twice",
            "    first in 用例!A3; keep its rows together",
            "cases.xlsx[用例!A13]: ‘a b’ is not a scenario's name: write letters, digits, ‘-’ and ‘_’",
            "cases.xlsx[用例!A14]: the case ‘c’ has no step",
        )
    )


def test_steps_merged_into_one_are_refused(workbook):
    """A merged cell below its first would be lost."""

    def change(book, sheet):
        sheet.merge_cells("H2:H3")

    path = workbook({"A": "a", "E": "ivr", "F": "hear", "H": "welcome"}, {"E": "ivr", "F": "hear"}, change=change)
    assert "cases.xlsx[用例!H3]: ‘预期结果’ is merged over several steps" in told(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), (b"not a workbook", "this is no Excel workbook"), (b"PK\x03\x04", "no Excel workbook")],
)
def test_what_is_no_workbook_is_said_to_be_none(tmp_path, content, said):
    """Whatever the file is, the person is told."""
    path = tmp_path / "cases.xlsx"
    if content is not None:
        path.write_bytes(content)
    assert said in told(path)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_damaged_workbook_is_said_to_be_none(workbook, part):
    """A part that ends early, is another document or does not unpack is told, whichever part it is."""
    path = workbook(CALL)
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for content in (parts[part][: len(parts[part]) // 2], b"<a/>", b"<a><b/></a>"):
        with zipfile.ZipFile(path, "w") as archive:
            for name, kept in (parts | {part: content}).items():
                archive.writestr(name, kept)
        with contextlib.suppress(BadInput):
            read_cases(path, WORDS)
    path.write_bytes(whole)
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo(part).header_offset + len(part) + 40
    path.write_bytes(whole[:place] + b"\xff" * 20 + whole[place + 20 :])
    assert "this is no Excel workbook" in told(path)


@pytest.mark.parametrize(
    ("part", "content", "said"),
    [
        ("xl/media/image1.bmp", bytes(65 * 1024 * 1024), "unpacked, it has more than 64 MiB\n    copy the test cases"),
        ("xl/worksheets/sheet1.xml", b"<row r='1'/>" * 60_000, "more than 20000 rows\n    delete the empty rows"),
        (
            "xl/worksheets/sheet1.xml",
            b'<mergeCell ref="A1:XFD1048576"/>',
            "more than 100000 merged cells\n    merge the",
        ),
    ],
    ids=["bomb", "rows", "merged"],
)
def test_a_workbook_that_would_take_minutes_is_refused_before_it_is_read(workbook, monkeypatch, part, content, said):
    """A bomb, a table of something else, and whole columns that are merged: each with what to do."""
    path = workbook(CALL)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, content)
    monkeypatch.setattr("prober.loading.workbook.load_workbook", None)
    assert said in told(path)


@pytest.mark.parametrize(("cell", "extent"), [("A20001", "20001 rows and 11"), ("XFD100", "100 rows and 16384")])
def test_a_sheet_with_something_far_away_is_refused(workbook, cell, extent):
    """A cell far below or far to the right makes a large sheet of a small one."""

    def stray(book, sheet):
        sheet[cell] = "x"

    assert f"the sheet ‘用例’ is too large: it has {extent} columns" in told(workbook(CALL, change=stray))


def test_a_number_of_more_than_15_digits_is_wrong(workbook):
    """Excel has changed a bank card that it holds as a number, however the file writes it."""
    for number in (6222020200112345000, 6.222020200112345e18):
        assert "zeros of the digits past the 15th" in told(workbook({**CALL, "G": number}))
    assert read_cases(workbook({**CALL, "G": 999_999_999_999_999}), WORDS).remarks


def test_a_workbook_without_titles_holds_no_cases(workbook):
    """And the titles that are needed are named."""
    assert "用例编号 (case), 操作 (action) at the least" in told(workbook({"A": "x"}, titles=["a", "b"]))
