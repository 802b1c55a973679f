"""What a part of a quality came from, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prober.model.quality import Part
from prober.reports.words import Label, seconds

_COUNTED = {"keys": ("按键", "keys"), "clicks": ("点击", "clicks"), "messages": ("短信", "messages")}
_SHARES = {
    "words": ("文本无专业术语", "texts without jargon"),
    "length": ("文本长度合适", "texts short enough"),
    "level": ("提示音音量合适", "prompts of the right level"),
    "speaking": ("提示音时长合适", "prompts short enough"),
    "same": ("各渠道一致", "comparisons held"),
    "content": ("内容正确", "answers with the right content"),
}


def about(part: Part) -> Label:
    """Return what *part* came from, in both languages."""
    said: Mapping[str, Any] = part.figures
    if part.name in _COUNTED or part.name == "seconds":
        return _need(part.name, said)
    if part.name in _SHARES:
        zh, en = _SHARES[part.name]
        remarks = f": {said['remarks']}" if said.get("remarks") else ""
        return Label(f"{said['n']} 项中 {said['held']} 项{zh}{remarks}", f"{said['held']} of {said['n']} {en}{remarks}")
    return _SAID[part.name](said)


def _need(name: str, said: Mapping[str, Any]) -> Label:
    if name == "seconds":
        zh, en, needed = "用时", "", seconds(said["needed"])
        budget = None if said["budget"] is None else seconds(said["budget"])
    else:
        (zh, en), needed = _COUNTED[name], f"{said['needed']:g}"
        budget = None if said["budget"] is None else f"{said['budget']:g}"
    allowed_zh = "未定预算" if budget is None else f"预算 {budget}"
    allowed = "no budget" if budget is None else f"the budget is {budget}"
    return Label(f"{zh} {needed}，{allowed_zh}", " ".join(f"{needed} {en} needed, {allowed}".split()))


def _success(said: Mapping[str, Any]) -> Label:
    sigma = "" if said["sigma"] is None else f", {said['sigma']:.1f} σ"
    told = f"{said['rate']:.2%}, 95 %: ≥ {said['low']:.2%}; {said['dpmo']:.0f} DPMO{sigma}"
    return Label(f"{said['n']} 次通过 {said['passed']} 次：{told}", f"{said['passed']} of {said['n']} passed: {told}")


def _apdex(said: Mapping[str, Any]) -> Label:
    zh = f"Apdex {said['apdex']:.2f}：及时 {said['satisfied']}，偏慢 {said['tolerating']}，失败 {said['frustrated']}"
    counts = f"{said['satisfied']} in time, {said['tolerating']} slow, {said['frustrated']} failed"
    en = f"Apdex {said['apdex']:.2f}: {counts}"
    return Label(zh, en)


def _availability(said: Mapping[str, Any]) -> Label:
    zh, en = [], []
    if said["availability"] is not None:
        zh.append(f"可用率 {said['availability']:.3%}")
        en.append(f"{said['availability']:.3%} available")
    if said["incidents"] is not None:
        between = "" if said["between_s"] is None else f" / {said['between_s'] / 3600:.1f} h"
        zh.append(f"故障 {said['incidents']} 次{between}")
        en.append(f"{said['incidents']} incidents{between}")
    return Label("，".join(zh), ", ".join(en))


def _spread(said: Mapping[str, Any]) -> Label:
    told = f"p95 {seconds(said['p95_s'])} / p50 {seconds(said['p50_s'])} = {said['ratio']:.2f}"
    return Label(told, told)


def _listening(said: Mapping[str, Any]) -> Label:
    return Label(f"{said['calls']} 次通话 MOS {said['mos']:.2f}", f"MOS {said['mos']:.2f} of {said['calls']} calls")


def _reviewers(said: Mapping[str, Any]) -> Label:
    return Label(
        f"{said['reviews']} 份评审 {said['score']:.1f} 分", f"{said['score']:.1f} of 5 by {said['reviews']} reviews"
    )


_SAID = {
    "success": _success,
    "apdex": _apdex,
    "availability": _availability,
    "spread": _spread,
    "listening": _listening,
    "reviewers": _reviewers,
}
