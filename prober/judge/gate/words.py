"""A reason in words, English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from prober.model.verdict import Ground, Reason

_Said = tuple[str, str]

_SHARE = "{hits} of {n}{unit}: {share:.1%}, {low:.1%} to {high:.1%} (each end with 95 % confidence); wanted {floor:.0%}"
_SHARE_ZH = (
    "{n} 次中 {hits} 次{unit_zh}：{share:.1%}，范围 {low:.1%} 至 {high:.1%}（两端各 95 % 置信）；要求 {floor:.0%}"
)
_RATIO = "p{percent:.0f} {ratio:.2f} times the baseline, up to {bound:.2f}; allowed {limit:.2f}"
_RATIO_ZH = "p{percent:.0f} 为基线的 {ratio:.2f} 倍，最高 {bound:.2f} 倍；允许 {limit:.2f} 倍"
_AGAINST = (
    "{hits} of {n} passed, {base_hits} of {base_n} in the baseline: {difference:+.1%}, at worst {low:+.1%}; "
    "allowed −{margin:.0%}"
)
_AGAINST_ZH = (
    "{n} 次中通过 {hits} 次，基线 {base_n} 次中 {base_hits} 次：{difference:+.1%}，最差 {low:+.1%}；允许 −{margin:.0%}"
)

_WATCH = (
    "{hits} of {n} runs {unit}, of which {allowed:.0%} may: evidence {evidence:.3g}, and {enough:.0f} stops the launch"
)
_WATCH_ZH = "{n} 次中 {hits} 次{unit_zh}，允许 {allowed:.0%}：证据值 {evidence:.3g}，达到 {enough:.0f} 即停止上线"

_WORDS: Mapping[Ground, _Said] = {
    Ground.SUCCESS: (_SHARE, _SHARE_ZH),
    Ground.IN_TIME: (f"{_SHARE} within {{limit_s:g}} s", f"{_SHARE_ZH}（时限 {{limit_s:g}} 秒）"),
    Ground.REGRESSION: (_AGAINST, _AGAINST_ZH),
    Ground.LATENCY: (_RATIO, _RATIO_ZH),
    Ground.STEP_LATENCY: (_RATIO, _RATIO_ZH),
    Ground.FAULTS: (
        "the robot itself could not ask in {faults} of {n} runs; allowed {allowed:.0%}",
        "{n} 次中有 {faults} 次因拨测机器人自身故障未能拨测；允许 {allowed:.0%}",
    ),
    Ground.SAME: (
        "what the channels told differed in {unequal} of {n} runs; none is allowed",
        "{n} 次中有 {unequal} 次各渠道内容不一致；不允许出现",
    ),
    Ground.REVIEWS: ("{have} of {wanted} reviews are in", "体验评审已完成 {have} 份，要求 {wanted} 份"),
    Ground.DEFECTS: ("a defect that blocks is open", "存在未关闭的阻断性缺陷"),
    Ground.SCENARIOS: ("it has no scenario, so nothing can be judged", "没有任何拨测场景，无从判断"),
    Ground.RUNS: ("no run counts", "没有可计入的拨测"),
    Ground.BUDGET: (
        "the first look was not enough, and {left} runs of the whole budget were not played: GO in between is chance",
        "首次判定不足以定论，全部次数中还有 {left} 次未拨测：中途的 GO 可能只是偶然",
    ),
    Ground.CONTROL: (
        "the control, which did not change, fails more often as well: failures alone prove nothing today",
        "未变更的对照业务同样失败增多：今天仅凭失败不能下结论",
    ),
    Ground.LIMITS: (
        "no run that counts has a step of that name, so its limit says nothing",
        "计入的拨测中没有这个名称的步骤，其时限无从判断",
    ),
    Ground.PHASE: (
        "somebody changed its phase while it was watched: it stands {phase}, and that stays",
        "观察期间有人变更了阶段：现为 {phase}，维持不变",
    ),
    Ground.WATCH: (_WATCH, _WATCH_ZH),
    Ground.BASELINE: ("there is no baseline of it, so nothing to compare with", "没有基线，无从比较"),
    Ground.HOURS: (
        "the baseline covers the hours {base_hours}, these runs {hours} too: record it then, or name a control",
        "基线覆盖 {base_hours} 时，本次拨测还包括 {hours} 时：请指定对照业务，或在这些时段记录基线",
    ),
}
_TOO_FEW = (
    "{n} runs, {base_n} in the baseline, are too few to tell p{percent:.0f} by",
    "本次 {n} 次、基线 {base_n} 次，不足以判断 p{percent:.0f}",
)
_UNPLAYED = ("no run that counts was played for it", "计入的拨测中没有覆盖这一组合")
_UNPROVED = (
    "it is said to be mended, and {needed} more runs in a row have to show it",
    "据称已修复，尚需连续 {needed} 次拨测通过来证实",
)
_UNWATCHED = ("no run could ask since the launch", "上线后没有一次拨测能够完成")
_ASIDE_ZH = {
    "still under way": "仍在进行",
    "second attempts": "第二次尝试",
    "of another phase": "属于其他阶段",
    "of another version of the scenario, the prompts or the configuration": "场景、提示音或配置版本不同",
    "too old": "已过期",
    "from before its phase was last changed": "早于最近一次阶段变更",
    "in a maintenance window": "处于维护时段",
    "could not ask": "未能拨测",
}


def told(reason: Reason) -> Reason:
    """Return *reason* with what it says in words."""
    english, chinese = _WORDS[reason.ground]
    if "ratio" in reason.figures and reason.figures["ratio"] is None:
        english, chinese = _TOO_FEW
    if reason.ground is Ground.RUNS and reason.figures:
        english += ": " + ", ".join(f"{count} {why}" for why, count in reason.figures.items())
        chinese += "：" + "，".join(f"{count} 次{_ASIDE_ZH[why]}" for why, count in reason.figures.items())
    if reason.ground is Ground.WATCH and not reason.figures:
        english, chinese = _UNWATCHED
    if reason.ground is Ground.RUNS and reason.about:
        english, chinese = _UNPLAYED
    if reason.ground is Ground.DEFECTS and reason.figures:
        english, chinese = _UNPROVED
    unit, unit_zh = _unit(reason)
    values = dict(reason.figures) | {"unit": unit, "unit_zh": unit_zh}
    if quantile := reason.figures.get("quantile"):
        values |= {"percent": 100 * float(quantile)}
    return replace(reason, what=english.format_map(values), what_zh=chinese.format_map(values))


def _unit(reason: Reason) -> _Said:
    """Return what was counted, as it stands in a sentence."""
    if reason.ground is not Ground.WATCH:
        return (" passed", "通过") if reason.ground is Ground.SUCCESS else (" in time", "按时完成")
    limit_s = reason.figures.get("limit_s")
    return (f"took longer than {limit_s:.3g} s", f"超过 {limit_s:.3g} 秒") if limit_s else ("failed", "失败")
