"""What only a server's database can be: gone, back again, closed to the robot."""

from __future__ import annotations

import asyncio
import importlib.util
import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from prober.errors import StoreBroken
from prober.model.run import Run, StepResult
from prober.store.store import Store
from scripts.postgres import PASSWORD, Server, server


@pytest.fixture
def store_url(postgres_url: str) -> str:
    """A server's database."""
    return postgres_url


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server that may be ended."""
    with server() as one:
        yield one


def refused(url: str) -> str:
    with pytest.raises(StoreBroken) as caught:
        Store.open(url, busy_timeout_s=0.5)
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


def test_a_closed_door_is_told(postgres: Server, postgres_url: str) -> None:
    """A wrong password, a user or a database nobody made, and a port nobody listens on: each in its own sentence."""
    assert "user or password is wrong. Look at store.url" in refused(postgres_url.replace(PASSWORD, "wrong"))
    assert "user or password is wrong" in refused(postgres_url.replace("prober:", "nobody:"))
    assert "/nowhere is not there. Make it at the server: createdb" in refused(postgres.url("nowhere"))
    assert "out of reach: its server is gone" in refused(f"postgresql://prober:{PASSWORD}@127.0.0.1:1/store")
    assert "out of reach" in refused(f"postgresql://prober:{PASSWORD}@no-such-host.invalid/store")


def test_who_may_not_write_is_told(postgres: Server, postgres_url: str) -> None:
    """A user who may only look is refused at opening, and reports read all the same."""
    Store.open(postgres_url).close()
    name = postgres_url.rpartition("/")[2]
    postgres.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert "can only be read: its server is a standby, or set so" in refused(postgres_url)
    store = Store.open_to_read(postgres_url)
    assert store.queries.runs() == []
    store.close()


def test_another_driver_is_refused() -> None:
    """The robot speaks to servers in one way."""
    assert "names the driver 'postgresql+asyncpg'" in refused("postgresql+asyncpg://prober@localhost/store")


def test_without_the_library_it_is_said_how_to_get_it(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra `postgres` is named."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "Install it: pip install 'prober[postgres]'" in refused(postgres_url)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
async def test_a_server_that_comes_back_is_found_again(
    own_server: Server, a_run: Callable[..., Run], a_step: Callable[..., StepResult], how: signal.Signals
) -> None:
    """A step that is finished while the server starts anew waits for it; reading goes on afterwards."""
    store = Store.open(own_server.make("results"), durable=True, busy_timeout_s=30)
    await store.run_started(a_run())
    await store.step_finished(a_run(), a_step(0))
    own_server.stop(how)
    keeping = asyncio.ensure_future(store.step_finished(a_run(), a_step(1)))
    starting = threading.Thread(target=own_server.start)
    starting.start()
    await keeping
    starting.join()
    run = store.queries.run("run-1")
    assert run is not None
    assert [step.index for step in run.steps] == [0, 1]
    store.close()


async def test_a_server_that_stays_away_is_told(
    own_server: Server, a_run: Callable[..., Run], a_step: Callable[..., StepResult]
) -> None:
    """Many steps that wait for it are told together, not one after the other."""
    store = Store.open(own_server.make("results"), busy_timeout_s=1)
    await store.run_started(a_run())
    own_server.stop()
    began_s = time.monotonic()
    told = await asyncio.gather(*(store.step_finished(a_run(), a_step(n)) for n in range(50)), return_exceptions=True)
    assert {type(one) for one in told} == {StoreBroken}
    assert time.monotonic() - began_s < 20
    with pytest.raises(StoreBroken, match="out of reach"):
        store.queries.runs()
    store.close()


async def test_who_holds_the_database_is_told(postgres: Server, postgres_url: str, a_run: Callable[..., Run]) -> None:
    """Another robot's endless transaction is waited for, not for ever."""
    first, second = Store.open(postgres_url), Store.open(postgres_url, busy_timeout_s=0.5)
    inside, over = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        inside.set()
        over.wait(60)

    holding = first._database.submit(hold)
    await asyncio.to_thread(inside.wait, 60)
    with pytest.raises(StoreBroken, match="is locked by another program"):
        await second.run_started(a_run())
    over.set()
    await asyncio.wrap_future(holding)
    first.close()
    second.close()
