"""The watch over a robot at work, put together as `prober serve` does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from prober.app import watch as watch_module
from prober.app.sources import Sources
from prober.app.watch import Watch
from prober.errors import RobotBroken
from prober.loading.config import Settings, load_config
from prober.loading.config_service import DeadManSettings, ServeSettings
from prober.model.probe import Probe, Schedule
from prober.model.scenario import Scenario

CONFIG = "lines: [{name: a, msisdn: 13800000001}]\nserve: {port: 0, disk_free: 0}\n"


class Told(list[str]):
    """Keeps what is said, and wakes who waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self._new = asyncio.Event()

    def append(self, sentence: str) -> None:
        super().append(sentence)
        self._new.set()

    async def until(self, count: int) -> str:
        """Return the last sentence when there are so many."""
        async with asyncio.timeout(30):
            while len(self) < count:
                self._new.clear()
                await self._new.wait()
        return self[-1]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    return load_config(tmp_path / "config.yaml", {})


def probe(name: str, *channels: str) -> Probe:
    return Probe(name, Scenario(name, name, Path("s.yaml"), "0", channels), Schedule(every_s=60.0), ())


class Robot:
    """A robot that is watched."""

    def __init__(self, settings: Settings, leads: Callable[[], bool] = lambda: True) -> None:
        self.said, self.opened, self.checked = Told(), Told(), Told()
        self.watch = Watch(
            settings,
            [probe("balance", "ivr", "web")],
            Sources(leads=leads),
            check=self._check,
            say=self.said.append,
            opened=self.opened.append,
        )

    async def _check(self, channel: str) -> str:
        self.checked.append(channel)
        return "it works"

    @asynccontextmanager
    async def watched(self):
        """Watch over it for as long as the context lasts."""
        running = asyncio.create_task(self.watch.run())
        await self.opened.until(1)
        yield running
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await self.watch.close()


async def ready(address: str) -> bool:
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        return (await client.get("/readyz")).status_code == 200


async def test_every_channel_of_a_probe_is_checked_and_then_it_is_ready(settings):
    """No other is: a channel that nobody probes may lack what it needs."""
    robot = Robot(settings)
    async with robot.watched():
        await robot.checked.until(2)
        await robot.watch.vitals.look()
        unwell = {sign.name for sign in robot.watch.vitals.signs if sign.well is False}
        assert unwell <= {"loop"}  # a busy machine's loop may lag
        assert await ready(robot.opened[0])
        assert sorted(robot.checked) == ["ivr", "web"]
    assert robot.said == []


async def test_a_change_of_settings_opens_the_door_anew(settings):
    """Another channel is checked from now on; what concerns the watch in nothing leaves it alone."""
    robot = Robot(settings)
    async with robot.watched():
        await robot.checked.until(2)
        robot.watch.take(settings, [probe("other", "web", "ivr"), probe("balance", "ivr", "web")])
        assert b"prober_probes 2" in robot.watch.figures.exposition()[0]
        robot.watch.take(settings, [probe("balance", "sms")])
        await robot.checked.until(3)
        assert robot.checked[2:] == ["sms"]
        await robot.opened.until(2)
        await robot.watch.vitals.look()
        assert await ready(robot.opened[1])
        text, _ = robot.watch.figures.exposition()
        assert b'prober_self_check_well{channel="sms"} 1' in text
        assert b'channel="web"' not in text


async def test_a_door_that_cannot_be_opened_ends_the_robot_at_its_start_only(settings):
    """At the start somebody sits before it; later the old work is worth more than the door."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        there = replace(settings, serve=ServeSettings(port=taken.getsockname()[1], disk_free=0.0))
        with pytest.raises(RobotBroken, match="is taken"):
            await Robot(there).watch.run()
        robot = Robot(settings)
        async with robot.watched() as running:
            robot.watch.take(there, [probe("balance", "web")])
            assert "is taken" in await robot.said.until(1)
            assert not running.done()


async def test_what_ails_the_watch_does_not_end_the_robot(settings, monkeypatch):
    """It is said, and the watch begins anew."""
    monkeypatch.setattr(watch_module, "_AGAIN_S", 0.0)
    robot = Robot(settings)
    broken = [RuntimeError("a fault in the robot itself")]
    vitals = type(robot.watch.vitals)
    look = vitals.look

    async def stumbling(self) -> None:
        if broken:
            raise broken.pop()
        await look(self)

    monkeypatch.setattr(vitals, "look", stumbling)
    async with robot.watched():
        assert "a fault in the robot itself" in await robot.said.until(1)
        await robot.opened.until(2)


@pytest.mark.parametrize("leads", [True, False])
async def test_only_a_robot_that_leads_calls_the_dead_mans_switch(settings, leads):
    """One that stands by would hide that the leader is ill."""
    called = Told()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.append((await reader.readline()).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/alive"
        dead_man = DeadManSettings(url=url, every="50ms")
        robot = Robot(replace(settings, serve=settings.serve.model_copy(update={"dead_man": dead_man})), lambda: leads)
        async with robot.watched():
            await robot.checked.until(2)
            await robot.watch.vitals.look()
            assert robot.watch.vitals.well
            if leads:
                assert "GET /alive" in await called.until(1)
            else:
                await asyncio.sleep(0.5)
                assert called == []
