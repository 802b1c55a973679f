"""`prober serve` as its user runs it: the real process, against the demo operator."""

from __future__ import annotations

import json
import os
import queue
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROBER, Workspace

pytestmark = [pytest.mark.live, pytest.mark.timeout(500)]

QUICK = "scenario: quick\nsteps:\n  - wait: 10ms\n"
CALL = """\
scenario: call
steps:
  - ivr.dial: 10086
  - wait: 100s
  - ivr.hang_up:
    always: true
"""
PATIENCE_S = 150.0


class Server:
    """`prober serve --json` under way, till the context ends. What it tells is read as it comes."""

    def __init__(self, workspace: Workspace, **environment: str) -> None:
        self.workspace = workspace
        self.told: list[dict[str, Any]] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            [*PROBER, "serve", "--json"],
            cwd=workspace.folder,
            env=os.environ | workspace.environment | {"PROBER__SERVE__PORT": "0"} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def until(self, event: str, **facts: Any) -> dict[str, Any]:
        """Return the next news of *event* with these *facts*."""
        until_s = time.monotonic() + PATIENCE_S
        while True:
            line = self._lines.get(timeout=max(0.1, until_s - time.monotonic()))
            assert line is not None, (self.told, self.process.stderr.read() if self.process.stderr else "")
            self.told.append(json.loads(line))
            if self.told[-1]["event"] == event and facts.items() <= self.told[-1].items():
                return self.told[-1]

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Send the signal, and return the exit code and how long it took."""
        began_s = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(timeout=30), time.monotonic() - began_s


@pytest.fixture
def serve(workspace: Workspace) -> Iterator[Callable[..., Server]]:
    """Begins servers on a workspace with these scenarios and probes."""
    begun: list[Server] = []
    for path in (workspace.folder / "scenarios").glob("*.*"):
        path.unlink()

    def begin(probes: str = "", *scenarios: str, **environment: str) -> Server:
        for text in scenarios:
            name = text.partition("\n")[0].removeprefix("scenario: ")
            workspace.write(f"scenarios/{name}.yaml", text)
        if probes:
            plan(workspace, probes)
        begun.append(Server(workspace, **environment))
        return begun[-1]

    yield begin
    for server in begun:
        server.__exit__()


def plan(workspace: Workspace, probes: str) -> None:
    """Write these probes into config.yaml, in the place of those before."""
    path = workspace.folder / "config.yaml"
    before = path.read_text(encoding="utf-8").partition("\nprobes:")[0]
    path.write_text(f"{before}\nprobes:\n{probes}\n", encoding="utf-8")


def rows(workspace: Workspace, query: str, *values: str) -> list[tuple[Any, ...]]:
    """Return what the store holds."""
    with closing(sqlite3.connect(workspace.folder / "results_db/prober.sqlite")) as connection:
        return connection.execute(query, values).fetchall()


def wait_for(workspace: Workspace, query: str, *values: str, at_least: int = 1) -> list[tuple[Any, ...]]:
    """Return the rows of *query* when there are enough of them: another process writes them."""
    until_s = time.monotonic() + PATIENCE_S
    while len(found := rows(workspace, query, *values)) < at_least:
        assert time.monotonic() < until_s, found
        time.sleep(0.1)
    return found


def test_nothing_to_serve_is_bad_input(workspace: Workspace) -> None:
    """A workspace without probes says how to write one; every mistake in them is told at once."""
    plan(workspace, "  - {name: a, scenario: nope, every: 5m}\n  - {name: a, scenario: bill-query, every: 5m}")
    done = workspace.prober("serve")
    assert done.returncode == 2
    assert "there is no scenario called ‘nope’" in done.stderr
    assert "there are two probes called ‘a’" in done.stderr
    assert "there is no scenario called ‘nope’" in workspace.prober("check").stderr
    path = workspace.folder / "config.yaml"
    path.write_text(path.read_text(encoding="utf-8").partition("\nprobes:")[0] + "\n", encoding="utf-8")
    done = workspace.prober("serve")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is nothing to serve: config.yaml has no probes" in done.stderr


def test_probes_are_played_and_what_did_not_pass_is_told(serve, workspace: Workspace) -> None:
    """Every start is kept with its run; Ctrl-C ends it with 130, and nothing is left behind."""
    failing = 'scenario: failing\nlet: {a: "1.00", b: "2.00"}\nsteps:\n  - same: [a, b]\n    as: money\n'
    probes = "  - {name: well, scenario: quick, every: 1s}\n  - {name: ill, scenario: failing, every: 2s}"
    with serve(probes, QUICK, failing) as server:
        assert server.until("leads")["term"] == 1
        told = server.until("run", probe="ill", outcome="failed")
        assert told["text"].startswith("ill: failed, ")
        opened = server.until("incident", happened="opened")
        assert opened["probe"] == "ill"
        wait_for(workspace, "select 1 from starts where probe = 'well' and run_id is not null")
        code, took_s = server.end(signal.SIGINT)
    assert code == 130
    assert took_s < 10
    assert rows(workspace, "select count(*) from starts where run_id is null and missed is null") == [(0,)]
    unmatched = "select count(*) from starts s join runs r on r.id = s.run_id and r.planned_at = s.planned_at"
    assert rows(workspace, unmatched) == rows(workspace, "select count(*) from starts where run_id is not null")
    assert rows(workspace, "select pid from leaders") == [(0,)]


def test_a_change_of_what_people_wrote_is_taken_up(serve, workspace: Workspace) -> None:
    """A bad one is refused with all its mistakes and the old goes on; a good one says what changed; so does SIGHUP."""
    with serve("  - {name: a, scenario: quick, every: 1s}", QUICK) as server:
        server.until("leads")
        plan(workspace, "  - {name: a, scenario: quick, every: 1s}\n  - {name: b, scenario: nope, evry: 5m}")
        refused = server.until("refused")
        assert [mistake["message"] for mistake in refused["mistakes"]] == ["unknown key ‘evry’"]
        count = len(wait_for(workspace, "select 1 from starts"))
        wait_for(workspace, "select 1 from starts", at_least=count + 2)
        plan(workspace, "  - {name: a, scenario: quick, every: 2s}\n  - {name: b, scenario: quick, every: 1s}")
        assert server.until("reloaded")["text"] == "added 1 probe: b; changed 1 probe: a"
        wait_for(workspace, "select 1 from starts where probe = 'b'")
        server.process.send_signal(signal.SIGHUP)
        assert server.until("reloaded")["text"] == "read again, nothing changed"
        workspace.write("scenarios/quick.yaml", QUICK.replace("10ms", "20ms"))
        assert server.until("reloaded")["text"] == "changed 2 probes: a, b"
        assert server.end()[0] == 0


def test_it_stops_within_ten_seconds_and_hangs_up(serve, workspace: Workspace, operator, tmp_path: Path) -> None:
    """A call under way is hung up, its run kept as interrupted; no line, no lead and no temporary file is held."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with serve("  - {name: call, scenario: call, every: 3s}", CALL, TMPDIR=str(temporary)) as server:
        server.until("leads")
        wait_for(workspace, "select 1 from steps where verb = 'dial'")
        code, took_s = server.end()
        assert list(temporary.iterdir()) == []
    assert code == 0
    assert took_s < 10
    hung_up = "select outcome from steps where verb = 'hang_up'"
    assert rows(workspace, hung_up) == [("passed",)]
    assert rows(workspace, "select interrupted, ended_at is not null from runs") == [(1, 1)]
    assert rows(workspace, "select count(*) from leases") == [(0,)]
    assert rows(workspace, "select pid from leaders") == [(0,)]


def test_killed_it_goes_on_where_it_was(serve, workspace: Workspace, operator) -> None:
    """The next one marks the run under way, says what was missed, and keeps the schedule."""
    probes = "  - {name: call, scenario: call, every: 4s}\n  - {name: quick, scenario: quick, every: 1s, grace: 200ms}"
    with serve(probes, CALL, QUICK) as server:
        server.until("leads")
        wait_for(workspace, "select 1 from steps where verb = 'dial'")
        wait_for(workspace, "select 1 from starts where probe = 'quick' and run_id is not null")
    (latest,) = rows(workspace, "select max(planned_at) from starts where probe = 'quick'")[0]
    with serve() as server:  # it takes longer to begin than a probe's second
        assert server.until("leads")["term"] == 2
        missed = server.until("missed", probe="quick", reason="down")
        assert missed["count"] >= 1
        later = "select 1 from starts where probe = 'quick' and run_id is not null and planned_at > ?"
        wait_for(workspace, later, latest, at_least=2)
        assert server.end()[0] == 0
    assert rows(workspace, "select count(*) from runs where probe = 'call' and interrupted") >= [(1,)]
    assert rows(workspace, "select count(*) from runs where ended_at is null") == [(0,)]


def test_of_two_servers_one_leads_and_the_other_takes_over(serve, workspace: Workspace) -> None:
    """No start is made twice; the second follows at once when the first is killed."""
    with serve("  - {name: a, scenario: quick, every: 1s}", QUICK) as first:
        first.until("leads")
        with serve() as second:
            assert f"pid {first.process.pid}" in second.until("follows")["text"]
            wait_for(workspace, "select 1 from starts where run_id is not null", at_least=3)
            first.process.kill()
            killed_s = time.monotonic()
            assert second.until("leads")["term"] == 2
            assert time.monotonic() - killed_s < 8
            wait_for(workspace, "select 1 from starts where term = 2 and run_id is not null", at_least=2)
            assert second.end()[0] == 0
    assert rows(workspace, "select count(*), count(distinct planned_at) from runs where attempt = 1") == rows(
        workspace, "select count(*), count(*) from runs where attempt = 1"
    )


FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


def test_an_hour_that_comes_again_is_probed_again(serve, workspace: Workspace, tmp_path: Path) -> None:
    """The clock of the machine is set back by an hour: it is told, and the schedule goes on at once."""
    offset = tmp_path / "faketime"
    offset.write_text("+0\n")
    environment = {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with serve("  - {name: a, scenario: quick, every: 1s}", QUICK, **environment) as server:
        server.until("leads")
        wait_for(workspace, "select 1 from starts where run_id is not null", at_least=2)
        (began_at,) = rows(workspace, "select min(planned_at) from starts")[0]
        offset.write_text("-3600\n")
        assert server.until("clock")["jump_s"] == pytest.approx(-3600, abs=5)
        again = "select 1 from starts where planned_at < ? and run_id is not null"
        wait_for(workspace, again, began_at, at_least=3)
        assert server.end()[0] == 0
