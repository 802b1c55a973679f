"""Lines that register, and call through a proxy: Kamailio, and the far end behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from prober.channels.ivr.actions import Dial, HangUp, Hear, Press
from prober.channels.ivr.config import Settings
from prober.channels.ivr.driver import IvrDriver
from prober.channels.timing import monotonic
from prober.errors import RobotBroken
from prober.model.line import Line, SipAccount
from prober.model.run import Seen
from scripts.benches.calling.kamailio import PASSWORD, REALM, Kamailio
from tests.channels.ivr.conftest import PROMPTS

pytestmark = pytest.mark.live


@pytest.fixture
async def kamailio(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Kamailio]]]:
    """Start Kamailio as a registrar and proxy before a far end."""
    running: list[Kamailio] = []

    async def start(far: str = "127.0.0.1:9") -> Kamailio:
        running.append(Kamailio(tmp_path, far))
        await asyncio.to_thread(running[-1].comes)
        return running[-1]

    yield start
    for one in running:
        one.goes_away()


def account(registrar: str, **more: str) -> Line:
    given = {"user": "13800000001", "password": PASSWORD, "registrar": registrar, **more}
    return Line("demo-1", "13800000001", sip=SipAccount(**given))  # type: ignore[arg-type]


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_registered_line_calls_through_the_proxy(transport, far_end, kamailio, call_as):
    """Challenged at the registrar and at the call, both answered; keys and prompts go as ever."""
    peer = await far_end(answer=["welcome"], keys={"1": (0.2, "balance")})
    proxy = await kamailio(peer.server)
    server = proxy.tls if transport == "tls" else proxy.server
    tls = {"ca": str(proxy.ca)}
    robot = await call_as(server, line=account(server), transport=transport, from_domain=REALM, tls=tls)
    dialled = await robot.do("dial", Dial("10086"))
    assert dialled.seen is Seen.EXPECTED, dialled
    await robot.do("press", Press("1"))
    assert (await robot.do("hear", Hear("balance"))).seen is Seen.EXPECTED
    assert (await robot.do("hang_up", HangUp())).seen is Seen.EXPECTED
    assert peer.instants("bye")


async def test_a_line_that_is_started_ahead_is_registered_before_its_first_run(kamailio, table):
    """Nobody asks it to: it is there when a call comes."""
    proxy = await kamailio()
    settings = {"server": proxy.server, "prompts": str(PROMPTS), "from_domain": REALM}
    driver = IvrDriver(Settings.model_validate(settings), table)
    await driver.start_ahead([account(proxy.server)])
    handset = driver._lines._processes[0].seats[0].handset
    registered = await handset.until(lambda: handset.registered, monotonic() + 8.0)
    assert registered.good
    await driver.close()


async def test_a_registrar_that_was_away_is_found_again(far_end, kamailio, call_from):
    """While it is away, a call is the robot's fault, and says who did not answer; when it is back, the next works."""
    peer = await far_end(answer=["welcome"])
    proxy = await kamailio(peer.server)
    driver, line = call_from(proxy.server, from_domain=REALM), account(proxy.server)
    robot = await driver(line)
    assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    await robot.session.close()
    proxy.goes_away()
    robot = await driver(line)
    away = rf"nothing came back from the SIP server .* cannot be confirmed: the registrar {proxy.server} did not answer"
    with pytest.raises(RobotBroken, match=away) as broken:
        await robot.do("dial", Dial("10086"), within_s=1.0)
    assert broken.value.seen.seen is Seen.NO_ANSWER
    await robot.session.close()
    await asyncio.to_thread(proxy.comes)
    robot = await driver(line)
    assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    await robot.session.close()


async def test_a_registrar_that_goes_away_while_it_rings_is_the_robots_fault(far_end, kamailio, call_as):
    """Its 100 Trying is no sign of it by then."""
    silent = await far_end(ignores=["INVITE"])
    proxy = await kamailio(silent.server)
    robot = await call_as(proxy.server, line=account(proxy.server), from_domain=REALM)
    dialling = asyncio.create_task(robot.do("dial", Dial("10086"), within_s=2.0))
    await silent.tells("invite")
    proxy.goes_away()
    with pytest.raises(RobotBroken, match=r"last heard: 100 .*, and .* the registrar"):
        await dialling


async def test_a_registrar_that_goes_away_in_a_call_is_the_robots_fault(far_end, kamailio, call_as):
    """It was the way to the far end: the BYE goes unanswered for that, not for the far end's sake."""
    peer = await far_end(answer=["welcome"])
    proxy = await kamailio(peer.server)
    robot = await call_as(proxy.server, line=account(proxy.server), from_domain=REALM)
    assert (await robot.do("dial", Dial("10086"))).seen is Seen.EXPECTED
    proxy.goes_away()
    with pytest.raises(RobotBroken, match=r"our BYE was not answered within 1 s, and .* the registrar"):
        await robot.do("hang_up", HangUp(), within_s=1.0)


async def test_a_server_that_is_silent_while_the_registrar_is_there_stays_in_doubt(far_end, kamailio, call_as):
    """The registrar's answer says nothing of the server: the self-check is asked, as ever."""
    silent = await far_end(ignores=["INVITE"])
    robot = await call_as(silent.server, line=account((await kamailio()).server), from_domain=REALM)
    unanswered = await robot.do("dial", Dial("10086"), within_s=0.5)
    assert (unanswered.seen, unanswered.doubtful) == (Seen.NO_ANSWER, True)


async def test_a_wrong_password_is_the_robots_fault(kamailio, call_as):
    """It is told with the registrar's own words, and nothing is called."""
    server = (await kamailio()).server
    with pytest.raises(RobotBroken, match=r"refused our registration: 401"):
        await call_as(server, line=account(server, password="wrong"), from_domain=REALM)


async def test_a_server_nobody_vouches_for_is_not_spoken_to(kamailio, call_as, tmp_path):
    """By TLS, unless it is told not to look."""
    server = (await kamailio()).tls
    settings = {"line": account(server), "transport": "tls", "from_domain": REALM}
    with pytest.raises(RobotBroken, match="cannot be reached"):
        await call_as(server, **settings)
    assert await call_as(server, **settings, tls={"verify": "false"})


async def test_a_registrar_that_is_gone_is_the_robots_fault(far_end, call_as):
    """One that never answers, and one whose port is closed."""
    peer = await far_end(ignores=["REGISTER"])
    with pytest.raises(RobotBroken, match="did not answer within 8 s"):
        await call_as(peer.server, line=account(peer.server))
    with pytest.raises(RobotBroken, match="cannot be reached: 503"):
        await call_as(peer.server, line=account("127.0.0.1:9"), transport="tcp")


async def test_a_call_bears_the_run_it_belongs_to_and_the_number_it_is_to_show(far_end, call_as):
    """The operator finds our calls by it."""
    peer = await far_end()
    robot = await call_as(peer.server, line=Line("demo-1", "13800000001", sip=SipAccount(caller="95500")))
    await robot.do("dial", Dial("10086"))
    (invite,) = [one["text"] for one in peer.told if one["what"] == "invite"]
    assert "\r\nX-Probe-ID: run-1\r\n" in invite
    assert "sip:95500@127.0.0.1" in invite.partition("\r\nFrom: ")[2].partition("\r\n")[0]
