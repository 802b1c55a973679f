"""The words testers use for channels and actions."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from prober.model.verb import ROBOT, Verb

_CHANNELS = {
    "语音": "ivr",
    "电话": "ivr",
    "热线": "ivr",
    "网厅": "web",
    "网页": "web",
    "网上营业厅": "web",
    "短信": "sms",
}
_CHANNELS |= {"机器人": ROBOT, "-": ROBOT, "—": ROBOT}
_VERBS = {
    "ivr": {
        "拨打": "dial",
        "拨号": "dial",
        "听到": "hear",
        "按键": "press",
        "挂机": "hang_up",
        "被挂机": "hung_up",
        "被转接": "transferred",
    },
    "web": {
        "打开": "open",
        "点击": "click",
        "填写": "fill",
        "选择": "choose",
        "勾选": "check",
        "按键": "press",
        "看到": "see",
        "看不到": "not_see",
        "读取": "read",
    },
    "sms": {"发送": "send", "回执": "receipt", "收到": "receive"},
    ROBOT: {"一致": "same", "比较": "same", "等待": "wait", "设定": "let", "引用": "use", "询问": "ask"},
}
_ALIKE = 0.4
"""Two words of two characters that share one are alike."""


def verb_of(channel: str, action: str, verbs: Mapping[str, Verb]) -> str:
    """Return the full name of the verb that *action* is on *channel*, as far as it can be told."""
    if action in verbs:
        return action
    channel = _CHANNELS.get(channel, channel.lower())
    name = _VERBS.get(channel, {}).get(action, action)
    if not channel:
        found = [f"{one}.{own[action]}" for one, own in _VERBS.items() if action in own]
        return found[0].removeprefix(f"{ROBOT}.") if len(found) == 1 else name
    return name if channel == ROBOT else f"{channel}.{name}"


def unknown_in_chinese(channel: str, action: str, verbs: Mapping[str, Verb]) -> tuple[str, str]:
    """Return what to tell a tester of an *action* that is none of *verbs*, and the actions nearest to it."""
    if "." in action:
        channel, _, action = action.partition(".")
    own = _CHANNELS.get(channel, channel.lower())
    known = [verb for verb in verbs.values() if verb.channel == own or not own]
    if not known:
        return f"没有‘{channel}’这个渠道", "请填写语音 (ivr)、网厅 (web)、短信 (sms) 或机器人 (robot)"
    nearest = _nearest(action, known)
    if not own:
        return f"没有填写渠道，认不出操作‘{action}’", f"请填写‘渠道’：语音、网厅或短信。{nearest}"
    return f"渠道‘{channel}’没有‘{action}’这个操作", nearest


def _nearest(action: str, known: Sequence[Verb]) -> str:
    names = [verb.name for verb in known]
    words = {word: name for verb in known for word, name in _VERBS.get(verb.channel, {}).items() if name in names}
    near = difflib.get_close_matches(action, {*words, *names}, cutoff=_ALIKE)
    unnamed = [name for name in names if name not in words.values()]
    return f"最接近的操作：{'、'.join(near)}" if near else f"可用的操作：{'、'.join([*words, *unnamed])}"
