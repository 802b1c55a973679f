"""What is private though no secret of the line is nowhere either: what a page shows, what is typed, one-time codes."""

from __future__ import annotations

import html
import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote

import pytest

from tests.canary import tones
from tests.canary.conftest import processes_of

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

PHONE, ID_CARD, BANK_CARD = "13912345678", "11010519491231002X", "6222021234567890128"
CODE, CODE_BY_ANOTHER_NAME = "739154", "286037"
PASSWORD, PAYMENT, ANSWER = "Tr0ub4dor&3 密", "p%y 581/x", "蓝色大象 42&7"
SECRET = "48657864"
NUMBERS = [PHONE, ID_CARD, BANK_CARD]
TYPED = [PASSWORD, PAYMENT, ANSWER]
LINES = f"""[{{name: canary, msisdn: "13800000003", gateway: demo, secrets: {{keys: "{SECRET}"}}}}]"""

FIELDS = {
    "联系电话": ("contact", "text"),
    "备注": ("note", "text"),
    "短信验证码": ("code", "text"),
    "登录密码": ("first", "password"),
    "支付密码": ("second", "text"),
    "保密问题": ("third", "text"),
}
FORM = f"""\
<title>{ID_CARD}</title><h1>实名信息</h1>
<p id=owner data-phone="{PHONE}" title="{BANK_CARD}">机主 {PHONE}，身份证 {ID_CARD}，银行卡 {BANK_CARD}</p>
<p>您的验证码为{CODE}，请勿告知他人。</p><p>动态码：{CODE_BY_ANOTHER_NAME}</p>
<script>console.error("{PHONE} {ID_CARD}"); fetch("/api?phone={PHONE}", {{method: "POST",
 body: JSON.stringify({{card: "{BANK_CARD}", owner: {{id: "{ID_CARD}", phone: {PHONE}}}}})}})</script>
<form method=post action=/echo>
{"".join(f"<label>{label}<input name={name} type={kind}></label>" for label, (name, kind) in FIELDS.items())}
<button>提交</button></form>"""

SCENARIO = f"""\
scenario: canary
deadline: 120s
steps:
  - web.open: "SITE/form?phone={PHONE}&card={quote(BANK_CARD)}"
    ready: 提交
  - web.see: /验证码为(?P<told>\\d{{6}})/
  - web.see: /动态码：(?P<one_time_passcode>\\d{{6}})/
  - web.read: css:#owner
    capture: {{owner: text, number: digits}}
  - web.fill: {{联系电话: "{PHONE}", 备注: "{ID_CARD} {BANK_CARD} ${{one_time_passcode}}", 短信验证码: "${{told}}"}}
  - web.fill: {json.dumps(dict(zip(("登录密码", "支付密码", "保密问题"), TYPED, strict=True)), ensure_ascii=False)}
  - web.click: 提交
  - web.see: {ID_CARD}
    soft: true
  - web.see: 永远没有的字样
    within: 300ms
    soft: true
  - web.open: "SITE/form?token=${{told}}&x=${{one_time_passcode}}"
    soft: true
  - ivr.dial: 10086
  - ivr.press: ${{told}}
    soft: true
  - ivr.press: ${{told}}
    mode: info
    soft: true
  - ivr.hang_up:
    soft: true
  - let: {{said: "{PHONE} {ID_CARD}"}}
  - sms.send: {{to: 10086, text: "{PHONE} {ID_CARD} {BANK_CARD} ${{told}} ${{one_time_passcode}}"}}
  - sms.receive: "{BANK_CARD} ${{told}}"
    within: 2s
    soft: true
"""

BREAKS = f"""\
scenario: canary
deadline: 120s
steps:
  - ivr.dial: 10086
  - ivr.press: ${{secret.keys}}
  - web.open: "SITE/form?phone={PHONE}&pin=${{secret.keys}}"
  - web.see: /验证码为(?P<told>\\d{{6}})/
  - web.fill: {{联系电话: "{PHONE}", 备注: "{ID_CARD} {BANK_CARD} ${{secret.keys}}", 短信验证码: "${{told}}"}}
  - web.fill: {json.dumps(dict(zip(("登录密码", "支付密码", "保密问题"), TYPED, strict=True)), ensure_ascii=False)}
  - web.see: 永远没有的字样
    within: 60s
"""


class _Site(BaseHTTPRequestHandler):
    """Shows private numbers and codes, and repeats what it is told: as text, in a script, and in an address."""

    def do_GET(self):
        self._answer(FORM)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        told = {name: values[0] for name, values in parse_qs(body).items()} if self.path == "/echo" else {}
        rows = "".join(f"<li>{html.escape(name)} {html.escape(value)}</li>" for name, value in told.items())
        held = json.dumps(told).replace("<", "\\u003c")
        self._answer(
            f"<h1>已提交</h1><ul>{rows}</ul><a href='/form?{body}'>返回</a><script>window.held = {held}</script>"
        )

    def _answer(self, body):
        content = f"<!doctype html><html lang=zh><meta charset=utf-8>{body}</html>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Set-Cookie", f"visitor={PHONE}")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Keep the test's output clean."""


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


MASKING = {"PROBER__MASKING__FIELDS": '["保密问题"]'}


def test_what_is_shown_typed_and_told_once_is_nowhere(play, site):
    """Telephone, ID and bank card numbers, one-time codes that were captured and typed, and passwords of the form."""
    played = play(SCENARIO.replace("SITE", site), LINES, **MASKING)
    acted = [step["outcome"] for step in played.steps if step["verb"] in ("open", "read", "fill", "click", "send")]
    assert set(acted) <= {"passed", "slow"}, played.err
    assert any((step["verb"], step["outcome"]) == ("press", "passed") for step in played.steps), played.err
    for arguments in (["report", "--json"], ["report", "--html=reports/again.html"]):
        played.again(*arguments)
    assert played.found([*NUMBERS, CODE, CODE_BY_ANOTHER_NAME, *TYPED], but=("canary.yaml",)) == []
    assert {"call.wav", "ladder.txt", "sms.txt", "trace.zip", "web.har"} <= played.kept()
    (recording,) = played.folder.joinpath("results_db/evidence").rglob("call.wav")
    assert [tones.keys(side) for side in tones.channels(recording)] == ["", ""]


def test_a_run_that_breaks_in_the_middle_leaves_nothing(play, site):
    """The line process and the browser are killed while a page is looked at, with all that was typed still in it."""

    def kill(robot):
        read = ""
        while read.count("web.fill") < 2:
            line = robot.stderr.readline()
            assert line, read
            read += line
        below = processes_of(robot.pid)
        *_, line = [pid for pid, command in below.items() if "forkserver" in command]
        browsers = [pid for pid, command in below.items() if "chrom" in command and "--type=" not in command]
        for pid in (line, *browsers):
            os.kill(pid, signal.SIGKILL)
        assert browsers
        return read

    played = play(BREAKS.replace("SITE", site), LINES, kill, **MASKING)
    assert [step["outcome"] for step in played.steps][-1] == "error", played.err
    played.again("report", "--html=reports/again.html")
    assert played.found([SECRET, *NUMBERS, CODE, *TYPED], but=("canary.yaml",)) == []
    assert {"ladder.txt", "ladder.json"} <= played.kept()
