"""The columns of a workbook of test cases, and how long things take in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum

from prober.model.verb import Verb


class Column(StrEnum):
    """What a column holds. Its value is the title it is written with."""

    CASE = "用例编号"
    TITLE = "用例名称"
    ITEM = "业务/项目"
    ABOUT = "用例属性"
    NUMBER = "步骤号"
    CHANNEL = "渠道"
    VERB = "操作"
    INPUT = "参数/输入"
    EXPECTED = "预期结果"
    WITHIN = "时限"
    WARN = "告警"
    NAME = "步骤名称"
    MORE = "其他设置"
    NOTE = "备注"


WIDTHS: Mapping[Column, float] = dict(zip(Column, (18, 30, 18, 22, 8, 8, 12, 36, 36, 9, 9, 22, 30, 30), strict=True))
OF_THE_CASE = (Column.TITLE, Column.ITEM, Column.ABOUT)
NEEDED = (Column.CASE, Column.VERB)

_TITLES: Mapping[Column, Sequence[str]] = {
    Column.CASE: ("用例编号", "用例id", "编号", "caseid", "case", "id", "scenario"),
    Column.TITLE: ("用例名称", "用例标题", "名称", "标题", "title", "casename"),
    Column.ITEM: ("业务/项目", "业务", "项目", "业务项目", "item", "business"),
    Column.ABOUT: ("用例属性", "属性", "about", "casesettings"),
    Column.NUMBER: ("步骤号", "步骤", "序号", "步骤序号", "step", "stepno", "no"),
    Column.CHANNEL: ("渠道", "channel"),
    Column.VERB: ("操作", "动作", "action", "verb", "operation"),
    Column.INPUT: ("参数/输入", "参数", "输入", "输入数据", "参数输入", "input", "argument", "parameter", "data"),
    Column.EXPECTED: ("预期结果", "预期", "期望结果", "expected", "expectedresult"),
    Column.WITHIN: ("时限", "超时", "within", "timeout", "limit"),
    Column.WARN: ("告警", "预警", "告警时限", "warn", "warning"),
    Column.NAME: ("步骤名称", "步骤描述", "stepname"),
    Column.MORE: ("其他设置", "其他", "选项", "more", "options"),
    Column.NOTE: ("备注", "说明", "note", "notes", "remark", "remarks", "comment"),
}
_KNOWN = {title: column for column, titles in _TITLES.items() for title in titles}
_UNIT = re.compile(r"[(（](秒|s|毫秒|ms|分钟?|m)[)）]$")
_UNITS = {"秒": "s", "秒钟": "s", "毫秒": "ms", "分": "m", "分钟": "m", "小时": "h"}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(毫秒|秒钟?|分钟?|小时)")


def column_of(title: str) -> tuple[Column | None, str]:
    """Return which column a *title* stands for, and the unit it gives its numbers: `时限(秒)` is ("within", "s")."""
    plain = re.sub(r"[\s_\-.*:：]+", "", title.replace("／", "/")).lower()
    unit = _UNIT.search(plain)
    column = _KNOWN.get(plain[: unit.start()] if unit else plain)
    return column, _UNITS.get(unit[1], unit[1]) if unit else ""


def expects(verb: Verb) -> bool:
    """Return whether what stands behind the colon of *verb* is what a tester calls the expected result."""
    return verb.captures or verb.name == "not_see"


def duration(text: str, unit: str) -> str:
    """Return a duration as scenarios write it: １０秒 is 10s; a bare number has its column's *unit*, or s."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if _NUMBER.fullmatch(plain):
        return f"{plain}{unit or 's'}"
    found = _DURATION.fullmatch(plain)
    return f"{found[1]}{_UNITS[found[2]]}" if found else plain
