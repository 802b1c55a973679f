"""Whoever takes alarms is knocked at, and hears nothing."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess

import pytest

from prober.alerts.sending import Address, address_of
from prober.doctor import alarms
from prober.doctor.checks import CHECKS
from prober.doctor.finding import Level, examine


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


@pytest.fixture
async def listener():
    """Starts servers that keep what they hear; they are ended afterwards."""
    started, heard = [], bytearray()

    async def keep(reader, writer):
        heard.extend(await reader.read())
        writer.close()

    async def start(context=None):
        server = await asyncio.start_server(keep, "127.0.0.1", 0, ssl=context)
        started.append(server)
        return server.sockets[0].getsockname()[1], heard

    yield start
    for server in started:
        server.close()


@pytest.fixture(autouse=True)
def without_proxy(monkeypatch):
    """No test goes through a proxy of this machine."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def test_who_listens_is_well_and_hears_nothing(patient_of, listener):
    """A way, tickets, the dead man's switch and the collector."""
    port, heard = await listener()
    patient = patient_of(
        f"""
alerts: [{{name: duty, url: "json://127.0.0.1:{port}/token-of-ours"}}]
tickets: [{{name: jira, url: "http://127.0.0.1:{port}/issue", body: "x"}}]
serve: {{dead_man: {{url: "http://127.0.0.1:{port}/token-of-ours"}}}}
telemetry: {{otlp: "http://127.0.0.1:{port}"}}
"""
    )
    found = [finding async for check, finding in examine(CHECKS, patient) if check.group == "Alarms"]
    assert [one.level for one in found] == [Level.GOOD] * 4, found
    assert found[0].what == f"the way ‘duty’ (127.0.0.1:{port}) is within reach; nothing was sent"
    assert bytes(heard) == b""


async def test_who_is_gone_is_told_without_the_token(patient_of):
    """With what to do, and the key to look at."""
    port = free_port()
    patient = patient_of(
        f"""
alerts: [{{name: duty, url: "json://127.0.0.1:{port}/token-of-ours"}}]
serve: {{dead_man: {{url: "http://127.0.0.1:{port}/token-of-ours"}}}}
"""
    )
    (way,), (switch,) = await alarms.ways(patient), await alarms.dead_man(patient)
    assert (way.level, switch.level) == (Level.BROKEN, Level.BROKEN)
    assert f"the way ‘duty’ (127.0.0.1:{port}) is out of reach: " in way.what
    assert "prober alerts test duty" in way.cure
    assert "serve.dead_man.url" in switch.cure
    assert "token-of-ours" not in way.what + way.cure + switch.what + switch.cure


async def test_who_listens_but_does_not_speak_tls(patient_of, listener):
    """An open port is not enough where messages travel encrypted."""
    port, _ = await listener()
    (found,) = await alarms.tickets(patient_of(f'tickets: [{{name: jira, url: "https://127.0.0.1:{port}/", body: x}}]'))
    assert found.level is Level.BROKEN


async def test_a_certificate_that_nobody_vouches_for(patient_of, listener, tmp_path):
    """It is told as what it is; a way that does not look at it is well."""
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "1"]
    made += ["-keyout", tmp_path / "key", "-out", tmp_path / "crt"]
    await asyncio.to_thread(subprocess.run, made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    port, _ = await listener(context)
    ways = ", ".join(
        f'{{name: way{number}, url: "jsons://127.0.0.1:{port}/{more}"}}'
        for number, more in enumerate(("", "?verify=no"))
    )
    refused, taken = await alarms.ways(patient_of(f"alerts: [{ways}]"))
    assert (refused.level, "a certificate that does not hold" in refused.what) == (Level.BROKEN, True)
    assert taken.level is Level.GOOD, taken


async def test_a_proxy_is_what_is_knocked_at(patient_of, listener, monkeypatch):
    """Behind one there is no other way out, and the name need not resolve here."""
    port, _ = await listener()
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    (found,) = await alarms.traces(patient_of('telemetry: {otlp: "http://collector.invalid:4318"}'))
    assert (found.level, f"through the proxy 127.0.0.1:{port}" in found.what) == (Level.GOOD, True)


async def test_the_gateway_of_texts(patient_of):
    """The line's is bound to; a line that has none is told."""
    port = free_port()
    gateways = f"{{g: {{smpp: {{host: 127.0.0.1, port: {port}, system_id: robot, password: secret}}}}}}"
    alert = "alerts: [{name: oncall, sms: [13800000002], line: a}]\n"
    (found,) = await alarms.ways(patient_of(f"{alert}channels: {{sms: {{gateways: {gateways}}}}}"))
    assert found.level is Level.BROKEN
    assert found.what.startswith(f"the way ‘oncall’: the SMS gateway ‘g’ (127.0.0.1:{port}) is not to be reached")


async def test_nobody_is_told(patient_of):
    """Probes without an alert are something to think about; neither is nothing to look at."""
    assert await alarms.ways(patient_of()) == []
    (found,) = await alarms.ways(patient_of("probes: [{name: p, scenario: s, every: 5m}]"))
    assert found.level is Level.WARNING


@pytest.mark.parametrize(
    ("url", "leads_to"),
    [
        ("dingtalk://" + "a" * 64, Address("oapi.dingtalk.com", 443, tls=True)),
        ("wecombot://12345678-1234-1234-1234-123456789012", Address("qyapi.weixin.qq.com", 443, tls=True)),
        ("json://host.invalid:8080/x", Address("host.invalid", 8080, tls=False)),
        ("jsons://host.invalid/x?verify=no", Address("host.invalid", 443, tls=True, verified=False)),
        (
            "mailtos://u:p@h.invalid:465?smtp=mail.invalid&mode=ssl",
            Address("mail.invalid", 465, tls=True, by_http=False),
        ),
        ("ntfy://topic", Address("ntfy.sh", 443, tls=True)),
        ("syslog://", None),
    ],
)
def test_where_a_way_leads(url, leads_to):
    """Chat by the host of its plugin, mail by its server, a webhook by its own; no token is taken for a host."""
    assert address_of(url) == leads_to
