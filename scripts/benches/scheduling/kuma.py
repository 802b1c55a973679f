"""The peer: uptime-kuma, as npm has it, at work on as many checks of a page on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from scripts.benches.scheduling.mix import period_s
from scripts.benches.scheduling.used import Used, Using

PACKAGE = "uptime-kuma@2.0.0-dev.0"
_NATIVE = "@louislam/sqlite3"
_RAMP_S = 30.0
_PRELOADED = Path(__file__).with_name("pauseless.js")


@dataclass(frozen=True)
class Peer:
    """What was seen of it: how late each check after a monitor's first was, by its own plan, and what it used."""

    late_s: list[float]
    used: Used


def install(folder: Path, say: Callable[[str], None]) -> Path:
    """
    Return where the peer is installed, in *folder*; it is fetched once.

    Raises:
        RuntimeError: It could not be had; the words say what was tried.
    """
    home = folder / "node_modules/uptime-kuma"
    if (home / ".built").exists():
        return home
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"name": "peer", "private": true}')
    for command in (["install", PACKAGE, "--ignore-scripts", "--no-audit", "--no-fund"], ["rebuild", _NATIVE]):
        say(f"npm {' '.join(command)}")
        npm = shutil.which("npm") or "npm"
        try:
            subprocess.run([npm, *command], cwd=folder, check=True, capture_output=True, text=True, timeout=900)
        except (OSError, subprocess.SubprocessError) as exc:
            said = (getattr(exc, "stderr", "") or str(exc)).strip().splitlines()
            raise RuntimeError(f"npm {' '.join(command)}: {said[-1] if said else exc}") from exc
    _mend(home)
    (home / ".built").touch()
    return home


def _mend(home: Path) -> None:
    """Lay some of its migrations where it looks for them: the package has them one folder up, and would not start."""
    for path in (home / "db").glob("patch*.sql"):
        if not (there := home / "db/old_migrations" / path.name).exists():
            shutil.copy(path, there)


def watch(home: Path, folder: Path, count: int, seconds: float, say: Callable[[str], None]) -> Peer:
    """Let the peer check *count* pages for so long, once all its monitors have begun."""
    folder.mkdir(parents=True)
    port, asked = _free_port(), folder / "asked"
    with _running([sys.executable, "-m", "scripts.benches.scheduling.target", str(port), str(asked)], "ready"):
        with _peer(home, folder, pause_ms=1):
            pass  # it makes its database
        _put_monitors(folder / "data/kuma.db", count, port)
        with _peer(home, folder, pause_ms=1000 * _RAMP_S / count) as pid:
            say(f"the peer begins its {count} monitors")
            time.sleep(_RAMP_S + 5)
            began_s, using = time.monotonic(), Using(pid)
            time.sleep(seconds)
            used = using.told()
    return Peer(_lateness(asked, began_s), used)


def _put_monitors(database: Path, count: int, port: int) -> None:
    columns = "name, active, user_id, interval, url, type, method, accepted_statuscodes_json, timeout"
    values = "?, 1, 1, ?, ?, 'http', 'GET', '[\"200-299\"]', 20"
    rows = [(f"check {n}", period_s(n), f"http://127.0.0.1:{port}/{n}") for n in range(count)]
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("insert into user (id, username, password, active) values (1, 'bench', 'x', 1)")
        connection.executemany(f"insert into monitor ({columns}) values ({values})", rows)  # noqa: S608  # ours alone
        connection.commit()


def _lateness(asked: Path, began_s: float) -> list[float]:
    """Return how much later than its period each question came after the one before."""
    instants: dict[int, list[float]] = defaultdict(list)
    for line in asked.read_text(encoding="utf-8").splitlines():
        path, at_s = line.split()
        instants[int(path.strip("/") or 0)].append(float(at_s))
    return [
        later - sooner - period_s(number)
        for number, at in instants.items()
        for sooner, later in pairwise(at)
        if later > began_s
    ]


@contextmanager
def _peer(home: Path, folder: Path, *, pause_ms: float) -> Iterator[int]:
    environment = {
        "UPTIME_KUMA_DB_TYPE": "sqlite",
        "UPTIME_KUMA_HOST": "127.0.0.1",
        "UPTIME_KUMA_PORT": str(_free_port()),
        "DATA_DIR": f"{folder}/data/",
        "NODE_OPTIONS": f"--require {_PRELOADED}",
        "BENCH_PEER": str(home),
        "BENCH_PAUSE_MS": f"{pause_ms:.3f}",
    }
    (folder / "data").mkdir(exist_ok=True)
    command = [shutil.which("node") or "node", str(home / "extra/cli.js"), "--run"]
    with _running(command, "Listening on", environment, log=folder / "log") as pid:
        yield pid


@contextmanager
def _running(
    command: list[str], ready: str, environment: dict[str, str] | None = None, *, log: Path | None = None
) -> Iterator[int]:
    """Run *command* till the context ends; it is entered when the command has said *ready*."""
    log = log or Path(os.devnull)
    process = subprocess.Popen(
        command, env=os.environ | (environment or {}), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        _wait_for(process, ready, log)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[str], ready: str, log: Path) -> None:
    said: list[str] = []
    assert process.stdout is not None  # noqa: S101  # it is a pipe
    for line in process.stdout:
        said.append(line.rstrip())
        if ready in line:
            # What it says further must go somewhere, or it would wait for a reader.
            subprocess.Popen(["cat"], stdin=process.stdout, stdout=log.open("a"))
            return
    raise RuntimeError(f"the peer did not start: {' / '.join(said[-3:])}")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
