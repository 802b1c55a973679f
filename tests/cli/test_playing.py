"""Orders that wait for a line while something ends the playing were never begun."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from prober.app import App, Order
from prober.channels.fake import VERBS, Answer, FakeDriver
from prober.cli import playing as module
from prober.cli.playing import Playing
from prober.loading.config import load_config
from prober.loading.vocabulary import Vocabulary
from prober.model.prompt import PromptTable
from prober.model.run import Observation, Outcome, Seen
from prober.model.scenario import Scenario

LINES = "lines:\n  - {name: bj, msisdn: 13800000001}\n  - {name: sh, msisdn: 13800000002}\n"
HEAR, _ = Vocabulary(VERBS).step({"fake.hear": "hello", "within": "60s"})
HEARD = Scenario("s", "S", Path("s.yaml"), "0", ("fake",), (HEAR,), deadline_s=60.0)
WRONG = {"hear": [Answer(Observation(Seen.SILENCE))]}


class Begun:
    """Notes that a step is under way."""

    def __init__(self):
        self.event = asyncio.Event()

    async def run_started(self, *_): ...

    async def step_started(self, *_):
        self.event.set()

    async def step_finished(self, *_): ...

    async def run_finished(self, *_): ...


@pytest.fixture
def app(tmp_path):
    """A robot with two lines, which its playing closes."""
    (tmp_path / "config.yaml").write_text(LINES, encoding="utf-8")
    return App(load_config(tmp_path / "config.yaml", {}), PromptTable(tmp_path, {}, {}, "0"))


def planned(app, script, *lines, **more):
    """Plan a scenario for each of *lines*, by number, all at once."""
    app._drivers["fake"] = FakeDriver(script)
    orders = [Order(HEARD, app.settings.lines[at : at + 1]) for at in lines]
    return Playing(app, orders, Begun(), abreast=len(lines), **more)


async def test_nothing_that_waits_for_a_line_begins_after_a_failure(app):
    """The line it waited for comes free, and yet it is left, and not kept as a run either."""
    playing = planned(app, WRONG, 0, 0, fail_fast=True)
    assert await playing.play()
    assert [run.outcome for run in playing.runs] == [Outcome.FAILED]
    assert list(playing.left) == playing.planned[1:]


async def test_nothing_that_finds_no_line_is_skipped_after_a_failure(app, monkeypatch):
    """What waits for a line that another robot holds is left too: no run is kept that nobody wanted."""
    monkeypatch.setattr(module, "_WAIT_S", 1.5 - HEARD.deadline_s)
    await app.store.leases.lease(["sh"], "another robot's", 0)
    playing = planned(app, WRONG, 0, 1, fail_fast=True)
    assert await playing.play()
    assert [run.outcome for run in playing.runs] == [Outcome.FAILED]
    assert len(playing.left) == 1


async def test_without_fail_fast_what_waits_is_played(app):
    """The second run has the line after the first, which failed."""
    playing = planned(app, WRONG, 0, 0)
    assert await playing.play()
    assert [run.outcome for run in playing.runs] == [Outcome.FAILED] * 2
    assert not playing.left


async def test_what_waits_for_a_line_when_it_is_interrupted_was_never_begun(app):
    """The run under way is kept as interrupted, the other is left."""
    playing = planned(app, None, 0, 0)
    under_way = asyncio.create_task(playing.play())
    await playing.watch.event.wait()
    under_way.cancel()
    assert await under_way is False
    assert [run.interrupted for run in playing.runs] == [True]
    assert len(playing.left) == 1
