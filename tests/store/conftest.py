"""Runs to keep, and stores to keep them in."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from prober.model.run import Evidence, Failure, Layer, Outcome, Phase, Run, StepResult
from prober.model.value import Captured, ValueType
from prober.store.store import Store
from scripts.postgres import Server, program, server

NUMBERS = count()
NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, UTC)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for all tests of the store."""
    with server("fsync=off", "max_connections=60") as one:
        yield one


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file where a database can be made."""
    return f"sqlite:///{tmp_path}/results_db/prober.sqlite"


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """An empty database of a server."""
    name = f"store_{next(NUMBERS)}"
    yield postgres.make(name)
    postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Where a database can be made: what is promised is promised of every kind."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def contents(store_url: str, tmp_path: Path) -> Callable[[], bytes]:
    """Return everything a closed database holds, as it lies there."""

    def read() -> bytes:
        if store_url.startswith("sqlite"):
            return b"".join(path.read_bytes() for path in (tmp_path / "results_db").iterdir() if path.is_file())
        url = store_url.replace("+psycopg", "")
        return subprocess.run([program("pg_dump"), url], check=True, capture_output=True).stdout

    return read


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store."""
    store = Store.open(store_url)
    yield store
    store.close()


@pytest.fixture
def a_step() -> Callable[..., StepResult]:
    """Make a step result with every kind of detail; what is given replaces what is there."""

    def make(index: int = 0, **changes: Any) -> StepResult:
        return replace(
            StepResult(
                index=index,
                name=f"听到余额 {index}",
                channel="ivr",
                verb="hear",
                outcome=Outcome.FAILED,
                started_at=NOON + timedelta(seconds=index),
                ended_at=NOON + timedelta(seconds=index + 1),
                layer=Layer.PROMPT,
                failure=Failure("another prompt", "prompt balance", "prompt packages «流量套餐»", "播放的是别的语音"),
                within_s=6.0,
                warn_s=2.0,
                soft=True,
                waited_s=0.1,
                took_s=1.2345678901,
                evidence_s=0.02,
                loop_lag_s=0.001,
                timings={"recognised_s": 0.31, "key_end_s": 0.1},
                facts={"score": 0.93, "code": 200, "barge_in": True, "reason": "OK", "mos": None, "whole": 1.0},
                captures=(
                    Captured("ivr_balance", ValueType.MONEY, "八十六元五角", 8650),
                    Captured("code", ValueType.DIGITS, "0012", "0012"),
                    Captured("unreadable", ValueType.DATE, "昨天", None),
                ),
                evidence=(
                    Evidence("screenshot", "2026-11-21/r/1.png", "ab" * 32, 1234, step=index),
                    Evidence("trace", "2026-11-21/r/trace", "cd" * 32, 5_000_000_000, step=None),
                ),
            ),
            **changes,
        )

    return make


@pytest.fixture
def a_run() -> Callable[..., Run]:
    """Make a run that has just started; what is given replaces what is there."""

    def make(run_id: str = "run-1", **changes: Any) -> Run:
        return replace(
            Run(
                id=run_id,
                scenario="balance-query",
                title="余额查询：三个渠道一致",
                line="demo-1",
                planned_at=NOON - timedelta(seconds=1),
                started_at=NOON,
                scenario_sha256="1" * 64,
                prompts_sha256="2" * 64,
                config_sha256="3" * 64,
                item="balance-query",
                phase=Phase.PRE_LAUNCH,
                attempt=2,
                waited_s=0.5,
            ),
            **changes,
        )

    return make
