"""The robot's own door, asked as a probe of Kubernetes, Prometheus or a person asks it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
from playwright.async_api import async_playwright
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from prober.app import signs
from prober.app.health import Health
from prober.app.sources import Sources
from prober.app.vitals import Vitals
from prober.channels.timing import monotonic
from prober.channels.web.engine import find_browser
from prober.errors import RobotBroken
from prober.loading.config_service import ServeSettings
from prober.metrics import Figures


class Robot:
    """A robot of one channel behind its door."""

    def __init__(self, port: int = 0) -> None:
        self.broken: RobotBroken | None = None
        self.figures = Figures()
        settings = ServeSettings(port=port, disk_free=0.0)
        self.vitals = Vitals(settings, self.figures, Sources(checks={"web": self._check}))
        self.health = Health(settings, self.vitals, self.figures)

    async def _check(self) -> str:
        if self.broken:
            raise self.broken
        return "opened a page of this machine"

    async def look(self) -> None:
        self.vitals._checks.confirm_s = 0.0
        await self.vitals._checks.check("web")
        await self.vitals.look()


@asynccontextmanager
async def served(robot: Robot) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the door of *robot*, and close it."""
    serving = asyncio.create_task(robot.health.serve())
    async with httpx.AsyncClient(base_url=robot.health.open(), timeout=30) as client:
        yield client
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving
    robot.health.close()


async def test_the_process_lives_before_it_is_ready():
    """/healthz says that the loop turns, /readyz that probing works."""
    robot = Robot()
    async with served(robot) as client:
        assert ((await client.get("/healthz")).status_code, (await client.get("/readyz")).status_code) == (200, 503)
        await robot.look()
        assert (await client.get("/readyz")).status_code == 200


async def test_what_is_not_well_makes_the_robot_unready_and_is_told():
    """The document names every sign with its value, its limit, and what to do."""
    robot = Robot()
    robot.broken = RobotBroken("the browser could not be started", cure="Install one.")
    await robot.look()
    async with served(robot) as client:
        answer = await client.get("/readyz")
    told = answer.json()
    assert (answer.status_code, told["ready"], told["well"], told["role"]) == (503, False, False, "leader")
    found = {sign["name"]: sign for sign in told["signs"]}
    assert found["self-check web"]["well"] is False
    assert found["self-check web"]["grave"] is True
    assert found["self-check web"]["cure"] == "Install one."
    assert found["memory"].keys() >= {"well", "value", "limit", "title", "what", "cure", "zh"}
    assert json.dumps(told)


async def test_what_is_unwell_and_not_grave_leaves_the_robot_ready(monkeypatch):
    """The page says both: that it works, and that something is to be done."""
    robot = Robot()
    await robot.look()
    seen = [sign for sign in robot.vitals._seen if sign.kind != "loop"]
    monkeypatch.setattr(robot.vitals, "_seen", (*seen, signs.loop(3.0)))
    async with served(robot) as client:
        answer, page = await client.get("/readyz"), (await client.get("/")).text
    assert (answer.status_code, answer.json()["ready"], answer.json()["well"]) == (200, True, False)
    assert "The robot works, and something is not well" in page
    assert "需要处理" in page


async def test_figures_are_told_in_the_format_that_is_asked_for():
    """Prometheus asks for OpenMetrics, and gets it whole."""
    robot = Robot()
    await robot.look()
    async with served(robot) as client:
        wanted = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3"
        answer = await client.get("/metrics", headers={"Accept": wanted})
        plain = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert any(family.name == "prober_up" for family in text_string_to_metric_families(answer.text))
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")


async def test_figures_are_as_they_are_when_they_are_asked_for(monkeypatch):
    """A watch that hangs lets none of them stand at what it saw last."""
    robot = Robot()
    await robot.look()
    monkeypatch.setattr(robot.vitals, "_looked_s", monotonic() - 61)
    async with served(robot) as client:
        text = (await client.get("/metrics")).text
    assert "\nprober_up 0.0\n" in text
    assert '\nprober_sign_well{sign="watch"} 0.0\n' in text


@pytest.mark.parametrize("path", ["/nothing", "/metrics/../etc", "/readyz?x=1"])
async def test_what_is_not_there_is_not_found(path):
    """No path but its own is answered; a question behind one changes nothing."""
    async with served(Robot()) as client:
        expected = 503 if path.startswith("/readyz") else 404
        assert (await client.get(path)).status_code == expected


async def test_a_port_that_is_taken_is_said_with_what_to_do():
    """The sentence names the key of config.yaml; the first robot goes on."""
    robot = Robot()
    async with served(robot) as client:
        port = httpx.URL(robot.health.open()).port
        with pytest.raises(RobotBroken, match=f"port {port} of 127.0.0.1 is taken") as refused:
            Robot(port=port or 0).health.open()
        assert "serve.port" in refused.value.cure
        assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_of_another_machine_is_said(host):
    """The robot listens on its own addresses only."""
    settings = ServeSettings(host=host, port=0)
    robot = Robot()
    with pytest.raises(RobotBroken, match="cannot be listened on"):
        Health(settings, robot.vitals, robot.figures).open()


async def test_the_door_closes_and_opens_again_on_the_same_port():
    """A change of config.yaml does it."""
    first = Robot()
    async with served(first):
        port = httpx.URL(first.health.open()).port or 0
    again = Robot(port)
    async with served(again) as client:
        assert (await client.get("/healthz")).text == "ok\n"


async def test_the_page_needs_nothing_from_elsewhere_and_no_script():
    """Operators' networks are closed."""
    robot = Robot()
    robot.broken = RobotBroken("the <browser> could not be started", cure="Install one.")
    await robot.look()
    async with served(robot) as client:
        page = await client.get("/")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script" not in page.text
    assert re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", page.text) == []
    assert "the &lt;browser&gt; could not" in page.text
    assert "需要处理" in page.text


@pytest.mark.live
@pytest.mark.parametrize(("scheme", "width"), [("light", 1100), ("dark", 390)])
async def test_a_person_sees_at_a_glance_how_it_is(scheme: Any, width: int):
    """In a browser without scripts: the verdict, every sign, nothing cut off, nothing refused."""
    robot = Robot()
    await robot.look()
    async with served(robot) as client, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser("auto"), args=["--no-sandbox"])
        context = await browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": 800}, java_script_enabled=False
        )
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        await page.goto(str(client.base_url))
        seen = await page.inner_text("body")
        box = await page.locator("main").bounding_box()
        await browser.close()
    assert "一切正常" in seen
    for title in ("网厅自检", "内存", "系统时钟", "计划启动", "Event loop"):
        assert title in seen
    assert box is not None
    assert box["width"] <= width
    assert complaints == []
