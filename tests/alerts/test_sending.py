"""Messages by every kind of way, to real servers on loopback, through Apprise's own plugins."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from urllib.parse import parse_qs, urlsplit

import pytest
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.slack import NotifySlack
from apprise.plugins.wecombot import NotifyWeComBot

from prober.alerts.sending import LIMIT_S, Sender, _door, understood
from prober.errors import RobotBroken
from prober.model.alarm import MAYBE, Way, Words
from tests.alerts.sinks import HttpSink, SmtpSink

WORDS = Words("故障 [重要] balance-query", "现象：another prompt\n编号：INC-20261122-0001")
TOKEN = "0123456789abcdef0123456789abcdef"


class NoTexter:
    """No text is sent here."""

    async def text(self, line: str, number: str, text: str) -> None:
        """Fail the test."""
        raise AssertionError


SENDER = Sender(NoTexter(), limit_s=10)


@pytest.fixture
def dingtalk(sink: HttpSink, monkeypatch: pytest.MonkeyPatch) -> Way:
    """A signed DingTalk robot whose server is the sink."""
    monkeypatch.setattr(NotifyDingTalk, "notify_url", f"http://127.0.0.1:{sink.port}/robot/send?access_token={{token}}")
    monkeypatch.setattr(NotifyDingTalk, "request_rate_per_sec", 0)
    return Way("chat", url=f"dingtalk://SEC{sink.port}@{TOKEN}")


@pytest.fixture
def wecom(sink: HttpSink, monkeypatch: pytest.MonkeyPatch) -> Way:
    """A WeCom robot whose server is the sink."""
    monkeypatch.setattr(NotifyWeComBot, "notify_url", f"http://127.0.0.1:{sink.port}/cgi-bin/webhook/send?key={{key}}")
    monkeypatch.setattr(NotifyWeComBot, "request_rate_per_sec", 0)
    return Way("chat", url=f"wecombot://{TOKEN}{sink.port}")


@pytest.fixture
def feishu(sink: HttpSink, monkeypatch: pytest.MonkeyPatch) -> Way:
    """A Feishu robot whose server is the sink."""
    monkeypatch.setattr(NotifyFeishu, "notify_url", f"http://127.0.0.1:{sink.port}/open-apis/bot/v2/hook/{{token}}/")
    monkeypatch.setattr(NotifyFeishu, "request_rate_per_sec", 0)
    return Way("chat", url=f"feishu://{TOKEN}{sink.port}")


@pytest.fixture
def slack(sink: HttpSink, monkeypatch: pytest.MonkeyPatch) -> Way:
    """A Slack webhook whose server is the sink."""
    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{sink.port}/services")
    monkeypatch.setattr(NotifySlack, "request_rate_per_sec", 0)
    sink.answer = b"ok"
    return Way("chat", url=f"slack://T{sink.port:08}/BBBBBBBBB/cccccccccccccccccccccccc/#ops")


async def refused(way: Way, sender: Sender = SENDER) -> str:
    """Send, and return why it was not taken."""
    with pytest.raises(RobotBroken) as broken:
        await sender.send(way, WORDS)
    return broken.value.what


async def test_a_webhook_gets_title_text_and_kind(sink: HttpSink) -> None:
    """As json:// posts them; good news are a success, the rest a failure."""
    way = Way("hook", url=f"json://127.0.0.1:{sink.port}/alarms")
    await SENDER.send(way, WORDS)
    await SENDER.send(way, WORDS, well=True)
    path, _, content = sink.requests[0]
    assert (path, content["title"], content["message"], content["type"]) == (
        "/alarms",
        WORDS.title,
        WORDS.text,
        "failure",
    )
    assert sink.requests[1][2]["type"] == "success"


async def test_dingtalk_gets_a_text_with_a_signature_that_fits(sink: HttpSink, dingtalk: Way) -> None:
    """The signature is written for a URL once: its server would say "sign not match" to anything else."""
    await SENDER.send(dingtalk, WORDS)
    path, _, content = sink.requests[0]
    assert content["text"]["content"] == f"{WORDS.title}\r\n{WORDS.text}"
    query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
    secret = f"SEC{sink.port}"
    signed = hmac.new(secret.encode(), f"{query['timestamp']}\n{secret}".encode(), hashlib.sha256).digest()
    assert query["access_token"] == TOKEN
    assert base64.b64decode(query["sign"]) == signed


async def test_wecom_feishu_and_slack_get_a_text(request: pytest.FixtureRequest, sink: HttpSink) -> None:
    """Title and text are in what each of them shows."""
    shown: dict[str, Callable[[dict[str, object]], str]] = {
        "wecom": lambda content: content["text"]["content"],  # type: ignore[index]
        "feishu": lambda content: content["content"]["text"],  # type: ignore[index]
        "slack": str,
    }
    for name, read in shown.items():
        await SENDER.send(request.getfixturevalue(name), WORDS)
        text = read(sink.requests[-1][2])
        assert WORDS.title in text, name
        assert "INC-20261122-0001" in text, name


@pytest.mark.parametrize(
    ("fixture", "answer", "why"),
    [
        ("dingtalk", b'{"errcode":310000,"errmsg":"keywords not in content"}', "keywords not in content (310000)"),
        ("wecom", b'{"errcode":93000,"errmsg":"invalid webhook url"}', "invalid webhook url (93000)"),
        ("feishu", b'{"code":19021,"msg":"sign match fail"}', "sign match fail (19021)"),
        ("dingtalk", b"<html>\n<h1>Please log in</h1></html>", "<html> <h1>Please log in"),
        ("wecom", b"", "what a chat does not answer"),
        ("feishu", b'"ok"', "what a chat does not answer"),
        ("slack", b"<html>Please log in</html>", "‘chat’ did not take it"),
    ],
)
async def test_a_refusal_that_is_answered_200_is_a_refusal(
    fixture: str, answer: bytes, why: str, request: pytest.FixtureRequest, sink: HttpSink
) -> None:
    """Their status says nothing; what they answer does, and it is told."""
    way = request.getfixturevalue(fixture)
    sink.answer = answer
    said = await refused(way)
    assert why in said
    assert TOKEN not in said


async def test_a_server_that_is_broken_or_away_is_told_without_the_address(sink: HttpSink) -> None:
    """An error 500, then nobody there: neither token nor path is in what is said."""
    way = Way("hook", url=f"json://robot:verysecret@127.0.0.1:{sink.port}/{TOKEN}")
    sink.status = 500
    said = [await refused(way)]
    sink.close()
    said.append(await refused(way))
    assert "500" in said[0]
    assert all("‘hook’ did not take it" in one for one in said)
    assert not any(secret in one for one in said for secret in (TOKEN, "verysecret"))


async def test_a_server_that_does_not_answer_is_given_up_and_waited_for_no_second_time(sink: HttpSink) -> None:
    """After longer than Apprise waits by itself nobody can say whether it was told; no other message joins it."""
    sink.gate.clear()
    way = Way("slow", url=f"json://127.0.0.1:{sink.port}/")
    said = await refused(way, Sender(NoTexter(), limit_s=6))
    assert MAYBE in said
    assert "still has not answered" in await refused(way)
    assert len(sink.requests) == 1


async def test_mail_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """With subject and text as they were written, umlauts and Chinese alike."""
    async with SmtpSink() as smtp:
        await SENDER.send(
            Way("mail", url=f"mailto://127.0.0.1:{smtp.port}/?from=robot@example.com&to=ops@example.com"), WORDS
        )
    (mail,) = smtp.mails
    assert mail["subject"] == WORDS.title
    assert mail["to"] == "ops@example.com"
    assert "现象：another prompt" in mail.get_body(("plain", "html")).get_content()


async def test_a_mail_server_that_refuses_is_told() -> None:
    """No such recipient."""
    async with SmtpSink(refuses=True) as smtp:
        said = await refused(
            Way("mail", url=f"mailto://127.0.0.1:{smtp.port}/?from=robot@example.com&to=ops@example.com")
        )
    assert "‘mail’ did not take it" in said


@pytest.mark.parametrize("url", ["dingtalk://", "carrier-pigeon://loft", "mailto://", "slack://a", "no address"])
def test_an_address_that_leads_nowhere_is_not_understood(url: str) -> None:
    """A kind nobody knows, and one with its token left out."""
    assert not understood(url)


async def test_a_server_that_goes_away_with_the_message_may_have_taken_it() -> None:
    """It has read everything and ends the connection; one that is not there has taken nothing."""

    async def read_and_go(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"failure")
        writer.close()

    server = await asyncio.start_server(read_and_go, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert MAYBE in await refused(Way("gone", url=f"json://127.0.0.1:{port}/gone"))
    server.close()
    await server.wait_closed()
    assert MAYBE not in await refused(Way("gone", url=f"json://127.0.0.1:{port}/gone"))


async def test_a_server_that_takes_its_time_has_taken_it(sink: HttpSink) -> None:
    """It answers later than Apprise waits by itself: the message was told, and is not told again."""
    sink.gate.clear()
    opening = threading.Timer(5, sink.gate.set)
    opening.start()
    await SENDER.send(Way("slow", url=f"json://127.0.0.1:{sink.port}/late"), WORDS)
    assert len(sink.requests) == 1


async def test_a_mail_server_that_takes_its_time_has_taken_it() -> None:
    """Two mails by one door; what is set for it is how long each answer may take."""
    async with SmtpSink() as smtp:
        way = Way("mail", url=f"mailto://127.0.0.1:{smtp.port}/?from=robot@example.com&to=ops@example.com")
        for _ in range(2):
            await SENDER.send(way, WORDS)
    assert len(smtp.mails) == 2
    door = _door(way.url)
    assert door is not None
    assert door.socket_connect_timeout > LIMIT_S


async def test_a_clock_that_is_set_back_holds_no_message_up(
    sink: HttpSink, wecom: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pace of a way is kept by a clock that nobody sets: by the wall's, the next would wait an hour."""
    monkeypatch.setattr(NotifyWeComBot, "request_rate_per_sec", 0.2)
    now = datetime.now()  # noqa: DTZ005 - as Apprise reads it

    class SetBack(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return now - timedelta(hours=len(sink.requests))

    monkeypatch.setattr("apprise.url.datetime", SetBack)
    for _ in range(2):
        await SENDER.send(wecom, WORDS)
    assert len(sink.requests) == 2
