"""What people read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest

from prober.alerts.languages import LANGUAGES
from prober.alerts.words import News, Writer
from prober.loading.masking import Masker
from prober.model.alarm import Reason, Words
from prober.model.incident import Cause, Happened, Incident, Kind
from prober.model.probe import Severity
from prober.model.run import Layer
from tests.alerts.conftest import NOON, changed

Make = Callable[..., Incident]
OPENED = (Reason.OPENED,)


def places(text: str) -> int:
    return len(text.encode("utf-16-be")) // 2


def test_what_is_wrong_with_the_robot_itself_names_no_channel(an_incident: Callable[..., Incident]) -> None:
    """Neither the sign that fell nor the word for the robot is a probe of a customer's."""
    cause = Cause(Kind.ROBOT, "robot", Layer.ROBOT, "memory")
    ill = an_incident(cause=cause, items=(), probes=("robot: memory",), what="memory runs out", what_zh="内存不足")
    assert (
        Writer().long([News(ill, (Reason.OPENED,))], "zh", NOON).title == "拨测机器人故障 [重要] 机器人自身: 内存不足"
    )


def test_a_chinese_message_says_all_that_helps_to_judge(an_incident: Make) -> None:
    """What failed, since when in the workspace's own time, the first failing run, what still worked, and a link."""
    writer = Writer(link="http://prober.example/{incident}")
    words = writer.long([News(an_incident(), OPENED)], "zh", NOON + timedelta(minutes=12))
    assert words.title == "故障 [重要] balance-query 语音: 听到余额, another prompt"
    assert words.text.splitlines() == [
        "现象：another prompt",
        "始于：2026-11-22 12:00:00 CST (12分)",
        "拨测：balance（仍失败 1 个）",
        "首次失败：20261122T035900-0a1b2c3d",
        "当时正常：passed lately – web: balance-web 12 s before",
        "编号：INC-20261122-0001",
        "详情：http://prober.example/INC-20261122-0001",
    ]


def test_a_chinese_message_is_chinese_where_it_was_said_so(an_incident: Make) -> None:
    """What the channel said stands in a line of its own, out of title and text message; English is as it was."""
    what = "听到余额: another prompt — heard «packages» (not repeated: the scenario orders)"
    zh, worked = "听到余额：播放的是别的语音（未复测）", "网厅：balance-web 12 秒前"
    news = [News(an_incident(what=what, what_zh=zh, worked_zh=worked), OPENED)]
    words = Writer().long(news, "zh", NOON)
    assert words.title == f"故障 [重要] balance-query 语音: {zh}"
    lines = words.text.splitlines()
    assert lines[:2] == [f"现象：{zh}", f"原文：{what}"]
    assert f"当时正常：{worked}" in lines
    text = Writer().short(news, "zh").text
    assert text.startswith("故障 balance-query 语音: 听到余额：播放的是")
    assert "prompt" not in text
    english = Writer().long(news, "en", NOON)
    assert zh not in f"{english.title}{english.text}"
    assert "Original" not in english.text


def test_an_english_message_says_who_sees_to_it(an_incident: Make) -> None:
    """With the instant of the acknowledgement, and without a link where there is none."""
    acknowledged = an_incident(acknowledged_at=NOON + timedelta(minutes=3), acknowledged_by="ops")
    words = Writer(zone="UTC").long([News(acknowledged, (Reason.UPDATED,))], "en", NOON + timedelta(hours=2, seconds=5))
    assert words.title == "Failure spreads [major] balance-query IVR: 听到余额, another prompt"
    assert "Since: 2026-11-22 04:00:00 UTC (2 h)" in words.text
    assert "Acknowledged: ops 2026-11-22 04:03:00 UTC" in words.text
    assert "Link" not in words.text


@pytest.mark.parametrize(
    ("reasons", "changes", "mark"),
    [
        (OPENED, {}, "故障"),
        (OPENED, {"closed_at": NOON + timedelta(minutes=2)}, "曾有故障，已恢复"),
        ((Reason.CLOSED,), {"closed_at": NOON + timedelta(minutes=2)}, "已恢复"),
        ((Reason.REMINDER,), {}, "故障仍在"),
        ((Reason.ESCALATED,), {}, "故障无人确认"),
        (OPENED, {"cause": Cause(Kind.ROBOT, "web", Layer.ROBOT, "web.open")}, "拨测机器人故障"),
    ],
)
def test_the_first_word_tells_what_happened(
    reasons: tuple[Reason, ...], changes: dict[str, object], mark: str, an_incident: Make
) -> None:
    """In a title and in a text message alike."""
    news = [News(an_incident(**changes), reasons)]
    assert Writer().long(news, "zh", NOON).title.startswith(f"{mark} [")
    assert Writer().short(news, "zh").text.startswith(f"{mark} balance-query")


def test_one_text_message_is_enough(an_incident: Make) -> None:
    """Seventy places, whatever the lengths: what is cut is what happened, never since when and which incident."""
    text = Writer().short([News(an_incident(), OPENED)], "zh").text
    assert text == "故障 balance-query 语音: 听到余额, another p…, 11-22 12:00起 #INC-20261122-0001"
    assert places(text) == 70
    for length in range(0, 200, 7):
        for emoji in ("", "📞" * 30):
            incident = an_incident(what="甲" * length + emoji, items=("套" * (length // 2) or "a",))
            text = Writer().short([News(incident, OPENED, failed=("chat",), again=True)], "zh").text
            assert places(text) <= 70
            assert text.endswith("11-22 12:00起，chat未送达（重发） #INC-20261122-0001")


def test_an_english_text_message_has_more_room_until_it_holds_a_chinese_character(an_incident: Make) -> None:
    """160 characters of the small alphabet, else 70."""
    plain = an_incident(cause=Cause(Kind.CHANNEL, "ivr", Layer.SIGNALLING, "ivr.dial"), what="no answer to the INVITE")
    text = Writer().short([News(plain, OPENED)], "en").text
    assert text == "Failure balance-query IVR: ivr.dial, no answer to the INVITE, since 11-22 12:00 #INC-20261122-0001"
    assert places(Writer().short([News(an_incident(what="w" * 99), OPENED)], "en").text) <= 70
    long = Writer().short([News(an_incident(cause=plain.cause, what="w" * 300), OPENED)], "en").text
    assert len(long) == 160
    assert "w..., since" in long


def test_a_link_stands_for_the_incident_where_there_is_one(an_incident: Make) -> None:
    """A text message has no room for both."""
    text = Writer(link="http://p/{incident}").short([News(an_incident(), OPENED)], "zh").text
    assert text.endswith(" http://p/INC-20261122-0001")
    far = Writer(link="https://prober.example.com/incidents/{incident}").short([News(an_incident(), OPENED)], "zh").text
    assert far.endswith(" #INC-20261122-0001")


def test_a_text_message_is_one_and_says_where_whatever_else_it_has_to_say(an_incident: Make) -> None:
    """Of every kind, in either language, over or not, with a link of any length: never two, and it begins with what."""
    kinds = (Cause(Kind.CHANNEL, "ivr", Layer.PROMPT, "听到余额"), Cause(Kind.ROBOT, "ivr", Layer.ROBOT, "ivr.dial"))
    for cause, over, failed, again, language, reason, several, length in product(
        kinds,
        (None, NOON + timedelta(minutes=5)),
        ((), ("a-way-with-a-long-name",)),
        (False, True),
        LANGUAGES,
        Reason,
        (1, 12),
        (0, *range(20, 45, 3), 400),
    ):
        writer = Writer(link="h" * length)
        for what in ("no answer", "无人应答" * 30):
            incident = an_incident(cause=cause, closed_at=over, what=what)
            text = writer.short([News(incident, (reason,), failed, again)] * several, language).text
            plain = all(ord(letter) < 128 for letter in text)
            assert places(text) <= (160 if plain else 70), text
            assert "11-22 12:00" in text
            head = text.partition("11-22 12:00")[0]
            assert places(head) >= 9, text
            if language == "zh":
                assert places(head) >= 13, text


def test_several_incidents_are_one_message(an_incident: Make) -> None:
    """The gravest first, those that are over last, and ten of them at most are named."""
    news = [
        News(an_incident(id=f"INC-20261122-{number:04}", items=(f"item-{number}",)), OPENED) for number in range(1, 13)
    ]
    over = changed(an_incident(id="INC-20261122-0099"), Happened.CLOSED, NOON, closed_at=NOON + timedelta(minutes=7))
    critical = an_incident(id="INC-20261122-0100", severity=Severity.CRITICAL, items=("login",))
    words = Writer().long([News(over, OPENED), *news, News(critical, OPENED)], "zh", NOON)
    assert words.title == "14起故障，其中1起已恢复"
    lines = words.text.splitlines()
    assert lines[0] == "· 故障 [严重] login 语音: 听到余额, another prompt, 11-22 12:00起"
    assert lines[-1] == "…另有4起，见 prober incidents list"
    short = Writer().short([News(over, OPENED), *news, News(critical, OPENED)], "zh").text
    assert short.startswith("14起故障，其中1起已恢复: 听到余额")
    assert places(short) <= 70


def test_a_way_that_failed_and_a_doubt_are_told(an_incident: Make) -> None:
    """Which way did not get it through, and that it may have been told before."""
    words = Writer().long([News(an_incident(), (Reason.INSTEAD,), failed=("chat",), again=True)], "en", NOON)
    assert "It did not get through by chat, and is told here instead." in words.text
    assert "This may have been told before" in words.text


def test_nothing_private_leaves_the_robot(an_incident: Make) -> None:
    """Secrets vanish, numbers are masked, in titles, texts and text messages; an incident's own id stays whole."""
    writer = Writer(mask=Masker(["246801"]), link="http://p/246801")
    incident = an_incident(
        what="heard 246801 for 13800000001",
        probes=("balance[line 13800000001]",),
        worked="web: 13912345678 12 s before",
        acknowledged_at=NOON,
        acknowledged_by="13800138000",
    )
    news = [News(incident, OPENED)]
    told = [
        *_all(writer.long(news, "zh", NOON)),
        *_all(writer.short(news, "en")),
        *_all(writer.long(news * 2, "zh", NOON)),
    ]
    for private in ("246801", "13800000001", "13912345678", "13800138000"):
        assert not any(private in text for text in told)
    assert "INC-20261122-0001" in told[1]


def test_every_message_is_within_what_the_strictest_way_takes(an_incident: Make) -> None:
    """2048 bytes, title and text together, whatever a page has shown."""
    news = News(an_incident(what="错" * 5000, worked="好" * 5000, probes=tuple("探" * 99 for _ in range(9))), OPENED)
    for several in ([news], [news] * 40):
        words = Writer().long(several, "zh", NOON)
        assert len(f"{words.title}\r\n{words.text}".encode()) <= 2048
        assert "INC-20261122-0001" in words.text or len(several) > 1


def test_both_languages_say_the_same(an_incident: Make) -> None:
    """Every template of one language is filled in by the names of the other's."""
    zh, en = (vars(LANGUAGES[one]) for one in ("zh", "en"))
    for name in zh:
        if isinstance(zh[name], str):
            assert set(re.findall(r"{\w+}", zh[name])) == set(re.findall(r"{\w+}", en[name])), name


def _all(words: Words) -> tuple[str, str]:
    return words.title, words.text
