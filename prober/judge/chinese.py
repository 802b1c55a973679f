"""What the judge says, in Chinese: of a closed set, beside the English, with the same figures."""

from __future__ import annotations

from collections.abc import Mapping

from prober.model.run import Seen

CHANNELS: Mapping[str, str] = {"ivr": "语音", "web": "网厅", "sms": "短信"}
SEEN: Mapping[Seen, str] = {
    Seen.EXPECTED: "符合预期",
    Seen.NOTHING: "没有等到应有的结果",
    Seen.REFUSED: "呼叫被拒绝",
    Seen.WRONG_ANSWER: "应答与预期不符",
    Seen.NO_ANSWER: "无人应答",
    Seen.HUNG_UP: "被对方挂断",
    Seen.NO_MEDIA: "接通后没有语音流",
    Seen.ONE_WAY: "单向语音",
    Seen.DROPOUT: "语音中断",
    Seen.POOR_QUALITY: "通话质量差",
    Seen.SILENCE: "静音，没有放音",
    Seen.TONE: "听到的是信号音",
    Seen.MUSIC: "听到的是音乐",
    Seen.OTHER_PROMPT: "播放的是别的语音",
    Seen.WRONG_CONTENT: "内容不符",
    Seen.HTTP_ERROR: "网页返回错误码",
    Seen.MISSING_ELEMENT: "页面上没有应有的内容",
    Seen.AMBIGUOUS_ELEMENT: "页面上有多处相符",
    Seen.PAGE_CRASHED: "页面崩溃",
    Seen.DIALOG: "弹出了预期之外的对话框",
    Seen.PAGE_ERRORS: "页面有错误",
    Seen.POOR_FIGURES: "页面指标超限",
    Seen.INACCESSIBLE: "页面不便部分用户使用",
    Seen.OTHER_LOOK: "页面外观与已批准的不同",
    Seen.UNREACHABLE: "网站无法访问",
    Seen.BARRED: "被验证码或防火墙拦下",
    Seen.GATEWAY_REFUSED: "被短信网关拒绝",
    Seen.THROTTLED: "被短信网关限流",
    Seen.DESTINATION_REFUSED: "目的号码被短信网关拒绝",
    Seen.RECEIPT_FAILED: "回执显示短信未送达",
    Seen.UNEXPECTED_MESSAGE: "收到不应有的短信",
    Seen.NOT_ASKED: "未执行",
}
"""Everything a session may have seen."""
ABSENT = "未出现，此处无妨"
TOO_LATE = "结果正确，但超时（{took_s:.3f} 秒，限 {within_s:g} 秒）"
UNREADABLE = "取到的值无法识别"
CUT = "；场景时限（{deadline_s:g} 秒）已到，不再等待"
STOOD_STILL = "，但机器人自身停顿了 {stalled_s:.1f} 秒"
SELF_CHECK = "，但机器人自检也未通过"
NOT_DONE = "机器人未能执行"
NOT_PLAYED = "机器人未能执行这次拨测"
ASSERTION = "场景中的断言不成立"
SCENARIO = "场景程序出错"
NOT_REPEATED = "（未复测）"
COLON = "："


def ago(seconds: float) -> str:
    """Return how long before it was."""
    return f"{seconds:.0f} 秒前" if seconds < 120 else f"{seconds / 60:.0f} 分钟前"
