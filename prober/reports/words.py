"""What reports call things, in Chinese and in English, and how they write figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from prober.judge.values import words
from prober.model.improvement import Category, Stage
from prober.model.quality import Quality
from prober.model.run import Fact, Layer, Outcome, Phase, Run, StepResult
from prober.model.value import Captured


class Mark(StrEnum):
    """What a report calls the end of a run or step: its outcome, unless it never came to its end."""

    FAILED = "failed"
    ERROR = "error"
    INTERRUPTED = "interrupted"
    SLOW = "slow"
    PASSED = "passed"
    SKIPPED = "skipped"
    RUNNING = "running"


def mark(ended: Run | StepResult) -> Mark:
    """Return the mark of a run or step. An interrupted run is never called passed; one that failed is called that."""
    if isinstance(ended, Run) and ended.interrupted and ended.outcome is not Outcome.FAILED:
        return Mark.INTERRUPTED
    return Mark(ended.outcome) if ended.outcome else Mark.RUNNING


def counted(runs: Sequence[Run]) -> dict[Mark, int]:
    """Return how many runs bear each mark, the gravest first; marks that nobody bears are left out."""
    marks = [mark(run) for run in runs]
    return {each: marks.count(each) for each in Mark if each in marks}


def verdict(runs: Sequence[Run]) -> Mark:
    """Return the gravest mark of all; SKIPPED if there is no run."""
    return next(iter(counted(runs)), Mark.SKIPPED)


@dataclass(frozen=True)
class Label:
    """One thing in both languages, with the sign that tells it without colour."""

    zh: str
    en: str
    sign: str = ""


MARKS = {
    Mark.FAILED: Label("失败", "Failed", "✗"),
    Mark.ERROR: Label("机器人故障", "Robot error", "!"),
    Mark.INTERRUPTED: Label("中断", "Interrupted", "‖"),
    Mark.SLOW: Label("偏慢", "Slow", "◷"),
    Mark.PASSED: Label("通过", "Passed", "✓"),
    Mark.SKIPPED: Label("跳过", "Skipped", "–"),
    Mark.RUNNING: Label("进行中", "Under way", "…"),
}

LAYERS = {
    Layer.SIGNALLING: Label("信令", "signalling"),
    Layer.MEDIA: Label("媒体", "media"),
    Layer.PROMPT: Label("语音提示", "prompt"),
    Layer.CONTENT: Label("内容", "content"),
    Layer.PAGE: Label("页面", "page"),
    Layer.GATEWAY: Label("短信网关", "gateway"),
    Layer.DELIVERY: Label("短信送达", "delivery"),
    Layer.ROBOT: Label("机器人自身", "robot"),
}

PHASES = {
    Phase.PRE_LAUNCH: Label("上线前", "Pre-launch"),
    Phase.LAUNCH: Label("上线中", "Launch"),
    Phase.POST_LAUNCH: Label("上线后", "Post-launch"),
    Phase.RETIRED: Label("已下线", "Retired"),
}

QUALITIES = {
    Quality.SIMPLICITY: Label("简便性", "Simplicity"),
    Quality.RELIABILITY: Label("可靠性", "Reliability"),
    Quality.COMPREHENSIBILITY: Label("可理解性", "Comprehensibility"),
    Quality.TIMELINESS: Label("及时性", "Timeliness"),
    Quality.STABILITY: Label("稳定性", "Stability"),
    Quality.CONSISTENCY: Label("一致性", "Consistency"),
}

CATEGORIES = {
    Category.CONTENT: Label("内容", "Content"),
    Category.INTERFACE: Label("界面", "Interface"),
    Category.FLOW: Label("流程与菜单", "Flow and menu"),
    Category.SYSTEM: Label("系统", "System"),
    Category.INTERACTION: Label("交互", "Interaction"),
}

STAGES = {
    Stage.PLAN: Label("待改进", "Plan", "○"),
    Stage.DO: Label("改进中", "Do", "◐"),
    Stage.CHECK: Label("待验证", "Check", "◕"),
    Stage.DONE: Label("已完成", "Done", "●"),
    Stage.DROPPED: Label("不改", "Dropped", "–"),
}

CHANNELS = {
    "ivr": Label("语音", "IVR"),
    "web": Label("网厅", "Web"),
    "sms": Label("短信", "SMS"),
    "robot": Label("核对", "Robot"),
}

KINDS = {
    "recording": Label("通话录音", "Recording"),
    "ladder": Label("信令流程", "SIP ladder"),
    "messages": Label("信令报文", "SIP messages"),
    "transcript": Label("短信往来", "SMS"),
    "rtp": Label("语音流逐秒", "RTP by second"),
    "pcap": Label("网络数据包", "Packets"),
    "screenshot": Label("截图", "Screenshot"),
    "har": Label("网络请求", "Requests"),
    "trace": Label("浏览器轨迹", "Browser trace"),
    "page": Label("页面", "Page"),
    "film": Label("影片", "Film"),
    "approved": Label("已认可", "Approved"),
    "candidate": Label("这一次", "This one"),
    "difference": Label("差异", "Difference"),
}


def channel(name: str) -> Label:
    """Return what a channel is called; its own name if it is one that came later."""
    return CHANNELS.get(name, Label(name, name))


def seconds(duration_s: float | None) -> str:
    """Return a duration as a person reads it: `12 ms`, `1.23 s`, `2 min 05 s`; a dash where none was measured."""
    if duration_s is None:
        return "–"
    if duration_s < 0.0995:
        return f"{duration_s * 1000:.1f} ms" if 0 < duration_s < 0.00995 else f"{duration_s * 1000:.0f} ms"
    if duration_s < 60:
        return f"{duration_s:.2f} s"
    whole = round(duration_s)
    return f"{whole // 60} min {whole % 60:02} s"


def instant(at: datetime) -> str:
    """Return an instant in UTC; the page shows it in the reader's own zone where scripts run."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def size(number_bytes: int) -> str:
    """Return a size in the largest unit that leaves a number of at least one."""
    if number_bytes < 1000:
        return f"{number_bytes} B"
    return f"{number_bytes / 1000:.1f} kB" if number_bytes < 1_000_000 else f"{number_bytes / 1_000_000:.1f} MB"


def value(captured: Captured) -> str:
    """Return what a captured text was read as."""
    return "无法读取 unreadable" if captured.value is None else words(captured.value, captured.type)


def fact(known: Fact) -> str:
    """Return a fact as text."""
    if known is None:
        return "–"
    if isinstance(known, bool):
        return "是 yes" if known else "否 no"
    return f"{known:.4g}" if isinstance(known, float) else str(known)
