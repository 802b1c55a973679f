"""While the robot serves, figures are counted every hour and what is kept no longer goes once a day."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from prober.app.housekeeping import EVERY_S, FIRST_AFTER_S, keep_house
from prober.app.news import About
from prober.errors import StoreBroken
from prober.loading.config_service import RetentionSettings
from prober.model.run import Outcome, Run
from prober.store.store import Store

NOON = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


@pytest.fixture
async def robot(tmp_path):
    """A robot with an old run and a new one."""
    store = Store.open(f"sqlite:///{tmp_path}/prober.sqlite")
    for name, age in (("old", timedelta(days=500)), ("new", timedelta(hours=2))):
        hashes = dict.fromkeys(("scenario_sha256", "prompts_sha256", "config_sha256"), "")
        at = NOON - age
        run = Run(name, "s", "", "a", planned_at=at, started_at=at, ended_at=at, outcome=Outcome.PASSED, **hashes)
        await store.run_finished(run)
    evidence = SimpleNamespace(path=tmp_path / "evidence")
    settings = SimpleNamespace(evidence=evidence, retention=RetentionSettings())
    yield SimpleNamespace(leads=True, settings=settings, store=store)
    store.close()


async def rounds(robot, number, told):
    """Let it keep house so many rounds; return what it waited for."""
    waited = []

    async def wait(for_s):
        waited.append(for_s)
        if len(waited) > number:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await keep_house(robot, told.append, now=lambda: NOON, wait=wait)
    return waited


async def test_it_prunes_at_first_and_counts_then(robot):
    """What is too old is gone, and told; figures are there; the second round has nothing to say."""
    told = []
    assert await rounds(robot, 2, told) == [FIRST_AFTER_S, EVERY_S, EVERY_S]
    assert [run.id for run in robot.store.queries.runs()] == ["new"]
    assert [(news.about, news.facts["runs"]) for news in told] == [(About.PRUNED, 1)]


async def test_who_follows_leaves_it_alone(robot):
    """One of several robots does it: the one that leads."""
    robot.leads = False
    await rounds(robot, 3, [])
    assert len(robot.store.queries.runs()) == 2


async def test_a_store_that_refuses_is_told_and_tried_again(robot, monkeypatch):
    """It costs the robot nothing else."""

    async def refuse(*_, **__):
        raise StoreBroken("the disk is full", cure="Free some.")

    told = []
    with monkeypatch.context() as patched:
        patched.setattr(robot.store.retention, "prune", refuse)
        await rounds(robot, 2, told)
    assert [news.about for news in told] == [About.TROUBLE, About.TROUBLE]
    await rounds(robot, 1, told)
    assert told[-1].about is About.PRUNED
