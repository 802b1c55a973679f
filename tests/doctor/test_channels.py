"""Channels: servers on loopback that answer, refuse, keep silent, or see another address than ours."""

from __future__ import annotations

import asyncio
import re
import socket

import pytest

from prober.doctor import messages, telephone, web
from prober.doctor.finding import Level


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def ivr(port, more=""):
    return f'channels: {{ivr: {{server: "127.0.0.1:{port}", prompts: .{more}}}}}'


class Server(asyncio.DatagramProtocol):
    """A SIP server that answers its second question, for the first may be lost, and says whence it came."""

    def __init__(self, seen):
        self.seen, self.asked = seen, []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.asked.append(data.decode())
        if self.seen and len(self.asked) > 1:
            via = re.search(r"^Via: .*$", data.decode(), re.MULTILINE)[0].strip()
            answer = f"SIP/2.0 100 Trying\r\n\r\n|SIP/2.0 404 Not Found\r\n{via};received={self.seen}\r\n\r\n"
            for one in answer.split("|"):
                self.transport.sendto(one.encode(), address)


@pytest.fixture
async def server():
    """Starts servers that see us as an address; they are ended afterwards."""
    started = []

    async def start(seen):
        transport, served = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Server(seen), local_addr=("127.0.0.1", 0)
        )
        started.append(transport)
        return transport.get_extra_info("sockname")[1], served

    yield start
    for transport in started:
        transport.close()


async def test_a_server_that_answers_at_all_is_well(patient_of, server):
    """A refusal of OPTIONS is an answer; a lost question is asked again; the same address is no translation."""
    port, served = await server("127.0.0.1")
    reached, address = await telephone.server(patient_of(ivr(port)))
    assert reached.what == f"the SIP server 127.0.0.1:{port} (udp) answers: 404 Not Found"
    assert address.what == "calls leave from 127.0.0.1; no address translation is seen"
    assert served.asked[0] == served.asked[1]


async def test_an_address_translation_is_seen(patient_of, server):
    """Both addresses are named, and what becomes of calls."""
    port, _ = await server("203.0.113.9")
    _, address = await telephone.server(patient_of(ivr(port)))
    assert address.level is Level.WARNING
    assert "from 127.0.0.1, and the server sees 203.0.113.9" in address.what
    assert "one-way" in address.cure


async def test_a_server_that_keeps_silent(patient_of, server, monkeypatch):
    """It is told after a while, and not waited for for ever."""
    monkeypatch.setattr(telephone, "_ANSWER_S", 1.0)
    port, served = await server("")
    found = await telephone.server(patient_of(ivr(port)))
    assert (found.level, "does not answer OPTIONS within 1 s" in found.what) == (Level.BROKEN, True)
    assert len(served.asked) > 1


@pytest.mark.parametrize(("transport", "kind"), [("udp", socket.SOCK_DGRAM), ("tcp", socket.SOCK_STREAM)])
async def test_nobody_at_the_sip_port(patient_of, transport, kind):
    """A closed port is told at once."""
    found = await telephone.server(patient_of(ivr(free_port(kind), f", transport: {transport}")))
    assert found.level is Level.BROKEN
    assert "is out of reach" in found.what


async def test_over_tcp(patient_of):
    """The question travels as calls do."""
    asked = []

    async def answer(reader, writer):
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as served:
        port = served.sockets[0].getsockname()[1]
        reached, _ = await telephone.server(patient_of(ivr(port, ", transport: tcp")))
    assert reached.what.endswith("(tcp) answers: 200 OK")
    assert "Via: SIP/2.0/TCP 127.0.0.1:" in asked[0]


def test_ports_that_others_hold(patient_of):
    """Too few for the calls at once are told."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("", 0))
        first = min(taken.getsockname()[1], 65535 - 7)
        found = telephone.ports(patient_of(ivr(5060, f', rtp_ports: "{first}-{first + 7}"')))
    assert found.level is Level.BROKEN
    assert "and 4 calls at once want 8" in found.what


def test_a_browser_that_is_not_there(patient_of):
    """Its path is named."""
    found = web.browser(patient_of("channels: {web: {browser: /nowhere/chromium}}"))
    assert found.what == "there is no browser at /nowhere/chromium (channels.web.browser)"
    assert "apt install chromium" in found.cure


def test_no_browser_at_all(patient_of, monkeypatch, tmp_path):
    """Neither the system's nor Playwright's is there; the latter is, once a folder holds it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    patient = patient_of("channels: {web: {}}")
    assert web.browser(patient).level is Level.BROKEN
    (tmp_path / "chromium-1200").mkdir()
    assert web.browser(patient).what == f"Playwright's own Chromium, from {tmp_path}"


def test_a_browser_says_its_version_and_where_it_is_from(patient_of):
    """The one that the tests use."""
    found = web.browser(patient_of("channels: {web: {}}"))
    assert (found.level, "(found on PATH)" in found.what) == (Level.GOOD, True)


def test_no_fonts(monkeypatch, tmp_path):
    """No list of fonts is a warning of its own; a list without a Chinese one is another."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "it is not known" in web.fonts(None).what
    listing = tmp_path / "fc-list"
    listing.write_text("#!/bin/sh\n")
    listing.chmod(0o755)
    assert web.fonts(None).what == "there is no Chinese font: screenshots show boxes"


@pytest.mark.parametrize(
    ("status", "level"), [("200 OK", Level.GOOD), ("302 Found", Level.GOOD), ("503 Gone fishing", Level.WARNING)]
)
async def test_a_web_hall_answers(patient_of, status, level):
    """A redirection is an answer; a fault of the server is told, and is no fault of the robot's."""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            f"HTTP/1.1 {status}\r\nLocation: /login\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as served:
        url = f"http://127.0.0.1:{served.sockets[0].getsockname()[1]}"
        found = await web.base_url(patient_of(f'channels: {{web: {{base_url: "{url}"}}}}'))
    assert (found.level, f"{url} answers {status[:3]}" in found.what) == (level, True)


async def test_nobody_at_the_web_port(patient_of):
    """It is told with the reason."""
    port = free_port(socket.SOCK_STREAM)
    found = await web.base_url(patient_of(f'channels: {{web: {{base_url: "http://127.0.0.1:{port}"}}}}'))
    assert (found.level, f"http://127.0.0.1:{port} does not answer" in found.what) == (Level.BROKEN, True)


def sms(port, password):
    smpp = f"{{host: 127.0.0.1, port: {port}, system_id: robot, password: {password}, connect_timeout: 2s}}"
    return f"channels: {{sms: {{gateways: {{g: {{smpp: {smpp}}}}}}}}}"


async def test_a_gateway_that_wants_us(patient_of, operator_doors, operator):
    """The demo operator's takes the bind; nothing that waits there is taken."""
    port = operator_doors["smpp"].rpartition(":")[2]
    (found,) = await messages.gateways(patient_of(sms(port, "secret")))
    assert found.what == f"the SMS gateway ‘g’ (127.0.0.1:{port}) takes our bind"


async def test_a_gateway_that_does_not(patient_of, operator_doors, operator):
    """A wrong password is told as one."""
    port = operator_doors["smpp"].rpartition(":")[2]
    (found,) = await messages.gateways(patient_of(sms(port, "wrong")))
    assert (found.level, "the password is wrong (status 0x0e)" in found.what) == (Level.BROKEN, True)


async def test_a_gateway_out_of_reach_and_one_that_hangs_up(patient_of):
    """Both are told with what to look at."""
    (found,) = await messages.gateways(patient_of(sms(free_port(socket.SOCK_STREAM), "secret")))
    assert "is not to be reached" in found.what
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0) as served:
        (found,) = await messages.gateways(patient_of(sms(served.sockets[0].getsockname()[1], "secret")))
    assert "it hung up" in found.what
    assert "channels.sms.gateways.g.smpp" in found.cure


async def test_no_gateway(patient_of):
    """A channel without one can send nothing."""
    (found,) = await messages.gateways(patient_of("channels: {sms: {}}"))
    assert found.what == "no SMS gateway is set up"


@pytest.mark.live
async def test_whether_packets_can_be_captured_is_looked_at_where_they_are_to_be_kept(
    patient_of, monkeypatch, tmp_path
):
    """A machine that does not let the robot is told how to; nothing is said where nobody asked for packets."""
    assert await telephone.packets(patient_of(ivr(5060))) == []
    found = await telephone.packets(patient_of(ivr(5060, ", pcap: true")))
    assert (found.level, found.what) == (Level.GOOD, "the packets of calls can be captured (channels.ivr.pcap)")
    for name in ("tcpdump", "dumpcap"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{name}: you may not' >&2\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = await telephone.packets(patient_of(ivr(5060, ", pcap: true")))
    assert (found.level, "setcap cap_net_raw" in found.cure) == (Level.WARNING, True)
    assert "channels.ivr.pcap is set, and packets cannot be captured on this machine (tcpdump: " in found.what
