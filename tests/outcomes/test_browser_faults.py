"""Whatever breaks beneath a page has an outcome, a layer and a sentence of its own, and the next run is clean."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from prober.app import App, Order
from prober.channels import way
from prober.channels.registry import SETTINGS, VERBS
from prober.loading.config import load_config
from prober.loading.prompts import load_prompts
from prober.loading.scenario import load_scenarios
from prober.loading.vocabulary import Vocabulary
from tests.outcomes.playing import PROMPTS, Told
from tests.outcomes.sites import HOME, Site, site, unknown_authority
from tests.processes import descendants

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]

PAGE = Path(__file__).parents[2] / "docs" / "outcomes.md"
BEGIN, END = "<!-- browser -->\n", "<!-- /browser -->\n"


@dataclass(frozen=True)
class Case:
    """What breaks, the address that meets it, what is waited for there, and what the robot is to say."""

    broken: str
    path: str
    outcome: str
    layer: str
    step: str
    steps: tuple[str, ...] = (f"web.see: {HOME}",)
    settings: dict[str, Any] = field(default_factory=dict)


_SEE = "web.see: 我的余额"
CASES = (
    Case("the browser is killed", "/told", "error", "robot", "web.see", (_SEE,)),
    Case(
        "the page eats all the memory it gets",
        "/eats",
        "failed",
        "page",
        "web.see",
        (_SEE,),
        {"args": ["--js-flags=--max-old-space-size=64"]},
    ),
    Case("the page hangs in a script", "/hangs", "failed", "page", "web.see", (_SEE,)),
    Case("the page redirects to itself", "/circle", "failed", "page", "web.open"),
    Case("a dialog that nobody expects", "/asks", "failed", "page", "web.see", (_SEE,)),
    Case("a download stops half-way", "/bills", "failed", "page", "web.download", ("web.download: 导出账单",)),
    Case("a certificate that nobody signed", "tls", "failed", "page", "web.open"),
    Case("a name that the DNS does not know", "http://hall.invalid/home", "failed", "page", "web.open"),
    Case("the proxy is down", "http://hall.invalid/home", "error", "robot", "web.open", settings={"proxy": "?"}),
    Case("the site does not answer", "/silent", "failed", "page", "web.open"),
    Case("nobody listens there", "refused", "failed", "page", "web.open"),
)
_SCENARIOS = """\
scenario: {name}
steps:
  - web.open: {url}
    within: 4s
{steps}"""


@dataclass
class World:
    """The site, another of another kind, and how the browser is led there."""

    hall: Site
    other: str
    settings: dict[str, Any]
    mended: AsyncExitStack
    port: int

    def url(self, case: Case) -> str:
        if case.path in {"tls", "refused"}:
            return f"{self.other}/home"
        return case.path if "//" in case.path else self.hall.url + case.path

    async def mend(self) -> None:
        """Start what was down."""
        if "proxy" in self.settings:
            await self.mended.enter_async_context(site(port=self.port))


@asynccontextmanager
async def world(case: Case, folder: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        hall = await stack.enter_async_context(site())
        unused = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = unused.sockets[0].getsockname()[1]
        unused.close()
        other = f"http://127.0.0.1:{port}"
        if case.path == "tls":
            other = (await stack.enter_async_context(site(tls=unknown_authority(folder)))).url
        settings = dict(case.settings)
        if "proxy" in settings:
            settings["proxy"] = other
        yield World(hall, other, settings, stack, port)


async def _played(case: Case, folder: Path) -> tuple[Told, Told]:
    """Play the run that meets the fault, and another one after it."""
    async with world(case, folder) as broken:
        journeys = folder / "journeys"
        journeys.mkdir()
        steps = "".join(f"  - {step}\n    within: 3s\n" for step in case.steps)
        sound = broken.url(case) if broken.settings.get("proxy") else f"{broken.hall.url}/home"
        (journeys / "broken.yaml").write_text(_SCENARIOS.format(name="broken", url=broken.url(case), steps=steps))
        see = f"  - web.see: {HOME}\n"
        (journeys / "sound.yaml").write_text(_SCENARIOS.format(name="sound", url=sound, steps=see))
        settings = "".join(f"    {name}: {value!r}\n" for name, value in broken.settings.items())
        (folder / "config.yaml").write_text(
            "lines:\n  - {name: line-1, msisdn: '13800000001'}\nchannels:\n  web:\n    locale: zh-CN\n" + settings
        )
        read, prompts = load_config(folder / "config.yaml", SETTINGS), load_prompts(PROMPTS)
        found = {one.name: one for one in load_scenarios([journeys], Vocabulary(VERBS).knowing(prompts))}
        App.prepare(list(found.values()))
        app = App(read, prompts)
        before = descendants(os.getpid(), "chrom")
        broken.hall.now = lambda: [os.kill(pid, signal.SIGKILL) for pid in descendants(os.getpid(), "chrom") - before]
        try:
            first = await app.play(Order(found["broken"], (read.lines[0],)))
            await broken.mend()
            after = await app.play(Order(found["sound"], (read.lines[0],)))
        finally:
            await app.close()
        assert first is not None
        assert after is not None
        return Told.of(first), Told.of(after)


@pytest.fixture(scope="module")
def played() -> dict[str, Told]:
    """What the robot said in each case."""
    return {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.broken)
def test_what_breaks_beneath_a_page_is_told_apart(case, played, tmp_path, monkeypatch):
    """Outcome, step and layer are those of the table, and the next run with the same robot passes."""
    monkeypatch.setattr(way, "_servers", lambda _: ["127.0.0.1"])  # this machine has a way to whom it asks for names
    told, after = asyncio.run(_played(case, tmp_path))
    played[case.broken] = told
    assert (told.outcome, told.layer, told.step) == (case.outcome, case.layer, case.step), told
    assert after.outcome == "passed", after


def test_the_sentences_are_those_of_the_page(played):
    """What the robot says of each stands in docs/outcomes.md, word for word but for figures that vary."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    there, _, after = rest.partition(END)
    if os.environ.get("UPDATE_GOLDEN") and len(played) == len(CASES):
        there = table(played)
        PAGE.write_text(f"{before}{BEGIN}{there}{END}{after}", encoding="utf-8")
    assert [row for row in table(played).splitlines() if row not in there.splitlines()] == []
    assert len(there.strip().splitlines()) == len(CASES) + 2, "a row each, below the head"


def table(played):
    rows = [("what breaks", "outcome", "layer", "step", "what the robot says"), ("---",) * 5]
    for broken, told in played.items():
        said = " — ".join(part for part in (told.what, told.actual) if part).replace("|", "\\|").replace("\n", " ")
        rows.append((broken, told.outcome.upper(), told.layer, f"`{told.step}`", said))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
