"""A secret that is played through every channel is nowhere in what the robot wrote or said."""

from __future__ import annotations

import pytest

from tests.canary import tones

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

HARD, KEYS = "p&ss wörd/密码+1", "48657864"
SECRETS = [HARD, KEYS]
WRITTEN = ("keys.secret", "hard.secret")
LINES = """\
[{name: canary, msisdn: "13800000003", gateway: demo,
  secrets: {keys: {file: keys.secret}, hard: {file: hard.secret}}}]"""
SCENARIO = """\
scenario: canary
deadline: 120s
steps:
  - ivr.dial: 10086
  - ivr.press: "2"
  - ivr.hear: packages
    soft: true
  - ivr.press: ${secret.keys}
    soft: true
  - ivr.press: ${secret.keys}
    mode: info
    soft: true
  - ivr.hang_up:
    soft: true
  - web.open: /login?note=${secret.hard}&pin=${secret.keys}
    soft: true
  - web.fill: {手机号: "${secret.keys}", 服务密码: "${secret.hard}"}
    soft: true
  - web.click: 登录
    soft: true
  - web.see: ${secret.hard}
    within: 500ms
    soft: true
  - web.fill: {手机号: "${secret.hard}", 服务密码: "${secret.keys}"}
    soft: true
  - web.click: ${secret.hard}
    within: 500ms
    soft: true
  - web.open: /nowhere/${secret.hard}/${secret.keys}
    soft: true
  - let: {said: "${secret.hard}"}
  - sms.send: {to: 10086, text: "${secret.keys} ${secret.hard}"}
    soft: true
  - sms.receive: ${secret.hard}
    within: 2s
    soft: true
"""


def test_the_canary_is_nowhere(play, workspace):
    """Not in the database, its WAL, the evidence, the reports, on the terminal, in temporary files, or in arguments."""
    workspace.write("keys.secret", KEYS)
    workspace.write("hard.secret", HARD)
    played = play(SCENARIO, LINES)
    acted = {step["verb"]: step["outcome"] for step in played.steps}
    assert {acted[verb] for verb in ("press", "fill", "send")} <= {"passed", "slow"}, played.err
    for arguments in (["report", "--json"], ["report", "--html=reports/again.html"], ["db", "verify", "--json"]):
        played.again(*arguments)
    assert played.found(SECRETS, but=WRITTEN) == []
    assert any("chrom" in command for command in played.commands)
    assert {"call.wav", "call.pcap", "ladder.txt", "sms.txt", "trace.zip", "web.har"} <= played.kept()

    (recording,) = played.folder.joinpath("results_db/evidence").rglob("call.wav")
    heard, pressed = tones.channels(recording)
    assert (tones.keys(heard), tones.keys(pressed)) == ("", "2")
