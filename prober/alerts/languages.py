"""The words of alarms in each language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from prober.judge import chinese
from prober.model.alarm import Reason
from prober.model.incident import Incident
from prober.model.probe import Severity

_NAMED = 3


@dataclass(frozen=True)
class Language:
    """Everything the robot says in alarms, in one language."""

    failure: str
    robot: str
    closed: str
    over: str
    of_robot: str
    marks: Mapping[Reason, str]
    severities: Mapping[Severity, str]
    channels: Mapping[str, str]
    several: str
    more: str
    colon: str
    what: str
    said: str
    since: str
    until: str
    concerned: str
    first_run: str
    worked: str
    acknowledged: str
    incident: str
    link: str
    probes: str
    since_at: str
    until_at: str
    instead: str
    instead_short: str
    again: str
    again_short: str
    test_title: str
    test: str
    comma: str
    others: str
    units: Sequence[str]
    chinese: bool = False

    def what_of(self, incident: Incident) -> str:
        """Return what happened: in this language, if anybody said it so."""
        return (incident.what_zh if self.chinese else "") or incident.what

    def worked_of(self, incident: Incident) -> str:
        """Return what still worked."""
        return (incident.worked_zh if self.chinese else "") or incident.worked

    def several_of(self, names: Sequence[str]) -> str:
        """Return the first few of *names*, and how many there are beside them."""
        named = self.comma.join(names[:_NAMED])
        return named + (self.others.format(count=len(names) - _NAMED) if len(names) > _NAMED else "")

    def lasted(self, time: timedelta) -> str:
        """Return how long something lasted, in its largest unit and the next."""
        seconds = max(0, int(time.total_seconds()))
        amounts = (seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
        first = next((index for index, amount in enumerate(amounts) if amount), 3)
        told = [f"{amounts[index]}{self.units[index]}" for index in (first, first + 1) if index < 4 and amounts[index]]
        return " ".join(told) or f"0{self.units[3]}"


_ZH = Language(
    chinese=True,
    failure="故障",
    robot="拨测机器人故障",
    closed="已恢复",
    over="曾有故障，已恢复",
    of_robot="机器人自身",
    marks={Reason.ESCALATED: "故障无人确认", Reason.REMINDER: "故障仍在", Reason.UPDATED: "故障扩大"},
    severities={Severity.MINOR: "一般", Severity.MAJOR: "重要", Severity.CRITICAL: "严重"},
    channels=chinese.CHANNELS,
    several="{count}起故障，其中{over}起已恢复",
    more="…另有{count}起，见 prober incidents list",
    colon="：",
    what="现象",
    said="原文",
    since="始于",
    until="恢复",
    concerned="拨测",
    first_run="首次失败",
    worked="当时正常",
    acknowledged="已确认",
    incident="编号",
    link="详情",
    probes="{probes}（仍失败 {failing} 个）",
    since_at="{at}起",
    until_at="，{at}恢复",
    instead="此前未能通过 {ways} 送达，改由此处告知。",
    instead_short="，{way}未送达",
    again="可能已告知过一次：上次发送中断，结果不明。",
    again_short="（重发）",
    test_title="测试：拨测告警",
    test="这是一条测试消息，不是故障。告警方式 {way}，{at}。",
    comma="、",
    others="等另外{count}个",
    units=("天", "小时", "分", "秒"),
)
_EN = Language(
    failure="Failure",
    robot="Robot fault",
    closed="Recovered",
    over="Failed and recovered",
    of_robot="the robot itself",
    marks={
        Reason.ESCALATED: "Failure nobody acknowledged",
        Reason.REMINDER: "Still failing",
        Reason.UPDATED: "Failure spreads",
    },
    severities={severity: str(severity) for severity in Severity},
    channels={"ivr": "IVR", "web": "web", "sms": "SMS"},
    several="{count} incidents, {over} of them over",
    more="… and {count} more, see prober incidents list",
    colon=": ",
    what="What",
    said="Original",
    since="Since",
    until="Recovered",
    concerned="Probes",
    first_run="First failing run",
    worked="What still worked",
    acknowledged="Acknowledged",
    incident="Incident",
    link="Link",
    probes="{probes} ({failing} still failing)",
    since_at="since {at}",
    until_at=", recovered {at}",
    instead="It did not get through by {ways}, and is told here instead.",
    instead_short=", {way} failed",
    again="This may have been told before: the sending was interrupted, and its end is not known.",
    again_short=" (again)",
    test_title="Test of the prober's alarms",
    test="This is a test message, nothing has failed. Way {way}, {at}.",
    comma=", ",
    others=" and {count} more",
    units=(" d", " h", " min", " s"),
)
LANGUAGES: Mapping[str, Language] = {"zh": _ZH, "en": _EN}
