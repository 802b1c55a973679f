"""The robot's vital signs: each is judged here from what was seen, in words for people, English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from prober.app.machine import Disk, Memory
from prober.errors import RobotBroken
from prober.model.alarm import Delivery

LAG_S = 2.0
"""An event loop that comes back later than this is no clock any more."""
LATE_S = 1.0
"""Planned starts that come later than this are not what was planned."""
MEMORY_FREE = 0.05
_NAMED = 5
"""So many probes are named."""
_LOOK_OVER = "请在本机执行 prober doctor，并按提示修复。"
"""What is to be done in Chinese where only the robot's English says it exactly."""
WRITE_S = 5.0
"""A write that takes longer holds runs up."""


class Words(NamedTuple):
    """One text in both languages."""

    en: str = ""
    zh: str = ""


_NOTHING = Words()
_NONE: Mapping[Delivery, int] = {}


@dataclass(frozen=True)
class Sign:
    """
    One sign of life, as it was seen last: *kind*, and *of* which channel or place.

    *well* is None where there is nothing to be judged. *value* and *limit* are figures as people read them; *what* is a
    sentence, and *cure* says what to do where it is not well. *incident*: being unwell opens an incident. *grave*: so
    unwell that the robot can probe nothing at all, or tell nobody.
    """

    kind: str
    well: bool | None
    value: str
    limit: str = ""
    what: Words = _NOTHING
    cure: Words = _NOTHING
    of: str = ""
    incident: bool = True
    grave: bool = False

    @property
    def name(self) -> str:
        """Its name among all signs: `disk evidence`."""
        return f"{self.kind} {self.of}".strip()

    @property
    def title(self) -> Words:
        """What it is called."""
        title = TITLES[self.kind]
        return Words(title.en.format(of=self.of), title.zh.format(of=_ZH.get(self.of, self.of)))


TITLES: Mapping[str, Words] = {
    "self-check": Words("Self-check of {of}", "{of}自检"),
    "clock": Words("Clock", "系统时钟"),
    "ntp": Words("Clock synchronisation", "时钟同步"),
    "disk": Words("Disk of the {of}", "{of}所在磁盘"),
    "memory": Words("Memory", "内存"),
    "loop": Words("Event loop", "事件循环"),
    "starts": Words("Planned starts", "计划启动"),
    "probes": Words("Probes that ask", "拨测执行"),
    "queue": Words("Starts that wait", "等待中的启动"),
    "store": Words("Results database", "结果数据库"),
    "alarms": Words("Alarms", "告警发送"),
    "role": Words("Role", "角色"),
    "watch": Words("The watch itself", "自我监视"),
}
"""Every kind of sign."""
_ZH = {"database": "数据库", "evidence": "证据", "ivr": "语音", "web": "网厅", "sms": "短信"}


def self_check(channel: str, told: str | RobotBroken | None, *, blind: bool = False) -> Sign:
    """
    Judge the self-check of *channel*: what worked, or what did not; None where it was not made yet.

    *blind*: that of no other channel passes.
    """
    if told is None:
        return Sign("self-check", None, "…", of=channel, what=Words("It was not checked yet.", "尚未自检。"))
    if isinstance(told, str):
        passed = Words(f"It passed: {told}.", "自检通过：机器人自身正常。")
        return Sign("self-check", True, "passed", of=channel, what=passed)
    return Sign(
        kind="self-check",
        well=False,
        value="failed",
        of=channel,
        what=Words(f"It failed, and again: {told.what}.", "自检连续两次未通过：机器人自身有故障。"),
        cure=Words(told.cure, _LOOK_OVER),
        grave=blind,
    )


def clock(drift_s: float, limit_s: float) -> Sign:
    """Judge how far the wall clock left the monotonic one at once."""
    if abs(drift_s) <= limit_s:
        return Sign("clock", True, f"{drift_s:+.3f} s", f"± {limit_s:g} s")
    return Sign(
        kind="clock",
        well=False,
        value=f"{drift_s:+.1f} s",
        limit=f"± {limit_s:g} s",
        what=Words(f"The clock of this machine was set by {drift_s:+.1f} s.", f"本机时钟跳变 {drift_s:+.1f} 秒。"),
        cure=Words(
            "See who sets it; let chrony or systemd-timesyncd slew it. Instants before and after do not compare.",
            "查明是谁调整了时钟；请用 chrony 或 systemd-timesyncd 平滑校时。跳变前后的时刻不可比较。",
        ),
    )


def synchronisation(synchronised: bool | None) -> Sign:
    """Tell whether the kernel takes its clock for synchronised; it is no fault if it does not."""
    if synchronised:
        return Sign("ntp", True, "synchronised", what=Words("", "已同步"), incident=False)
    if synchronised is None:
        return Sign("ntp", None, "unknown", what=Words("The kernel does not say.", "内核未提供。"), incident=False)
    return Sign(
        kind="ntp",
        well=None,
        value="not synchronised",
        what=Words("No time server corrects this clock; durations are right, instants may drift.",
                   "本机未与时间服务器同步；时长准确，时刻可能漂移。"),
        cure=Words("Run chrony or systemd-timesyncd.", "请运行 chrony 或 systemd-timesyncd 对时。"),
        incident=False,
    )  # fmt: skip


def disk(place: str, seen: Disk | None, limit: float) -> Sign:
    """Judge the room on the disk where *place* is; *limit* is a share."""
    if seen is None:
        return Sign("disk", None, "unknown", of=place, what=Words("It cannot be read.", "无法读取。"))
    value, told = f"{seen.free:.1%} ({_size(seen.free_bytes)})", f"≥ {limit:.1%}"
    if seen.free >= limit:
        return Sign("disk", True, value, told, of=place)
    return Sign(
        kind="disk",
        well=False,
        value=value,
        limit=told,
        of=place,
        what=Words(f"The disk of the {place} is nearly full.", f"{_ZH.get(place, place)}所在磁盘将满。"),
        cure=Words("Free some room, or keep less: prober db prune, retention in config.yaml.",
                   "请释放空间，或缩短保留期：prober db prune，config.yaml 的 retention。"),
    )  # fmt: skip


def memory(seen: Memory | None) -> Sign:
    """Judge the memory that is to be had."""
    if seen is None:
        return Sign("memory", None, "unknown", what=Words("This machine does not say.", "本机未提供。"))
    robot, children = _size(seen.robot_bytes), _size(seen.children_bytes)
    used = Words(f"The robot uses {robot}, what it started {children}.", f"机器人占用 {robot}，子进程占用 {children}。")
    if seen.available is None:
        return Sign("memory", None, robot, what=used)
    value, limit = f"{seen.available:.0%}", f"≥ {MEMORY_FREE:.0%}"
    if seen.available >= MEMORY_FREE:
        return Sign("memory", True, value, limit, what=used)
    cure = Words("End what else runs here, or lower serve.at_once.", "请结束本机其他程序，或调小 serve.at_once。")
    return Sign("memory", False, value, limit, Words(f"Memory runs short. {used.en}", f"内存不足。{used.zh}"), cure)


def loop(lag_s: float) -> Sign:
    """Judge the worst lateness of the event loop."""
    value, limit = f"{lag_s:.3f} s", f"≤ {LAG_S:g} s"
    if lag_s <= LAG_S:
        return Sign("loop", True, value, limit)
    return Sign(
        kind="loop",
        well=False,
        value=value,
        limit=limit,
        what=Words(
            "The robot stood still; what it timed then is an error.", "机器人曾停顿；其间的计时按机器人故障处理。"
        ),
        cure=Words("Look at the load of the machine; lower serve.at_once.", "请检查本机负载；可调小 serve.at_once。"),
    )


def starts(lateness_s: float, missed: Mapping[str, int]) -> Sign:
    """Judge the worst lateness of planned starts, and those *missed* because the robot came too late, by reason."""
    value, limit = f"{lateness_s:.3f} s", f"≤ {LATE_S:g} s"
    told = ", ".join(f"{reason} {number}" for reason, number in missed.items())
    zh = "，".join(f"{_MISSED_ZH.get(reason, reason)} {number} 次" for reason, number in missed.items())
    what = Words(f"Missed lately: {told}.", f"近期错过：{zh}。") if told else Words()
    if lateness_s <= LATE_S and not missed.get("late"):
        return Sign("starts", True, value, limit, what=what)
    cure = Words("Probe less at once on this machine; look at its load.", "请减少同时进行的拨测，并检查本机负载。")
    late = Words(f"Planned starts come late. {what.en}".strip(), f"计划启动延迟。{what.zh}")
    return Sign("starts", False, value, limit, what=late, cure=cure)


_MISSED_ZH = {
    "late": "启动太晚",
    "overlap": "上一次未结束",
    "busy": "线路或通道被占用",
    "maintenance": "维护",
    "down": "机器人未运行",
    "clock": "时钟被调整",
    "stumbled": "机器人自身故障",
}


def probes(silent: Sequence[str], number: int) -> Sign:
    """Judge whether all *number* probes ask: one whose starts are missed or skipped one after another tells nothing."""
    if not silent:
        return Sign("probes", True, "0 silent")
    named, more = "; ".join(silent[:_NAMED]), len(silent) - _NAMED
    en, zh = (f" and {more} more", f" 等 {len(silent)} 项") if more > 0 else ("", "")
    return Sign(
        kind="probes",
        well=False,
        value=f"{len(silent)} silent",
        what=Words(f"For too long nothing was asked by {named}{en}.", f"长时间未真正执行的拨测：{named}{zh}。"),
        cure=Words(
            "See why its starts are missed or its runs skipped: lines that are held or in quarantine, serve.at_once.",
            "请查看启动被错过或运行被跳过的原因：线路被占用或处于隔离期、serve.at_once 过小。",
        ),
        grave=len(silent) >= number,
    )


def queue(waiting: Mapping[str, int]) -> Sign:
    """Tell how many starts wait."""
    told = ", ".join(f"{channel} {number}" for channel, number in waiting.items() if number)
    return Sign("queue", None, str(sum(waiting.values())), what=Words(told, told), incident=False)


def store(took_s: float, waiting: int, broken: RobotBroken | None) -> Sign:
    """Judge the last write to the store: what it took, what still waits, or why it was not made."""
    value, limit = f"{took_s:.3f} s", f"≤ {WRITE_S:g} s"
    if broken is not None:
        return Sign("store", False, "refused", limit, Words(f"{broken.what}.", "结果数据库无法写入。"),
                    Words(broken.cure, _LOOK_OVER), grave=True)  # fmt: skip
    waits = Words(f"{waiting} writes wait." if waiting else "", f"{waiting} 次写入等待中。" if waiting else "")
    if took_s <= WRITE_S:
        return Sign("store", True, value, limit, waits)
    cure = Words("Look at the disk, and at what else writes there.", "请检查磁盘及其他写入程序。")
    return Sign("store", False, value, limit, Words(f"Writing is slow. {waits.en}", f"写入缓慢。{waits.zh}"), cure)


def alarms(
    alarms: Mapping[Delivery, int],
    tickets: Mapping[Delivery, int] = _NONE,
    *,
    untold: str = "",
    stumbled: str = "",
    unheard: int = 0,
) -> Sign:
    """
    Judge whether alarms and tickets get through; *untold* says what keeps all of them back, *stumbled* what some.

    It is grave where nothing can be told, or nobody heard of *unheard* alarms, by no way: not where one way of several
    is dead, nor a system of tickets. It opens no incident, for that would be told by the ways that fail.
    """
    failed, unmade = alarms.get(Delivery.FAILED, 0), tickets.get(Delivery.FAILED, 0)
    said = [
        (untold, Words(f"Nothing can be told now: {untold}.", "目前发不出告警：机器人自身有故障。")),
        (stumbled and not untold, Words(f"The robot stumbles over {stumbled}.", "部分告警发不出：机器人自身有故障。")),
        (failed, Words("Alarms do not get through; they are tried on, and by other ways.",
                       "告警未送达；正在重试并改用其他途径。")),
        (unmade, Words(f"{unmade} tickets are refused; they are tried on.", f"{unmade} 张工单被拒；正在重试。")),
    ]  # fmt: skip
    wrong = [words for is_so, words in said if is_so]
    waiting, unsure = alarms.get(Delivery.WAITING, 0), tickets.get(Delivery.UNSURE, 0)
    notes = [
        (waiting, Words(f"{waiting} wait to be sent.", f"{waiting} 条等待发送。")),
        (unsure, Words(f"Of {unsure} tickets nobody knows whether they were made: look there.",
                       f"{unsure} 张工单是否已建不明，请到工单系统核对。")),
    ]  # fmt: skip
    told = wrong or [words for is_so, words in notes if is_so]
    what = Words(" ".join(words.en for words in told), "".join(words.zh for words in told))
    if not wrong:
        return Sign("alarms", True, "0 failed", what=what, incident=False)
    cure = Words(
        "See prober alerts list; try prober alerts test.", "请查看 prober alerts list，并执行 prober alerts test。"
    )
    grave = bool(untold or unheard)
    return Sign("alarms", False, f"{failed + unmade} failed", what=what, cure=cure, incident=False, grave=grave)


def role(leads: bool) -> Sign:
    """Tell whether this robot keeps the schedule, or stands by for the one that does."""
    what = (
        Words("It keeps the schedule.", "由本机执行计划。")
        if leads
        else Words(
            "Another robot keeps the schedule; this one takes over when that is gone.",
            "由另一台执行；其失效时本机接管。",
        )
    )
    return Sign("role", None, "leader" if leads else "standby", what=what, incident=False)


def unwatched(silent_s: float) -> Sign:
    """Tell that nobody has looked at the signs for too long."""
    return Sign(
        kind="watch",
        well=False,
        value=f"{silent_s:.0f} s",
        what=Words("The robot has not looked at itself for too long.", "机器人过久未自我检查。"),
        cure=Words("Start it again, and look at what it wrote before.", "请重启机器人，并查看此前的日志。"),
        incident=False,
        grave=True,
    )


def _size(number: int) -> str:
    size, unit = float(number), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.1f} {unit}" if unit != "B" else f"{number} B"
