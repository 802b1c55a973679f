"""
What else breaks while a robot is on watch: its disk, its database, its clock, whoever takes its alarms.

Each mishap is a process of its own with an operator of its own: for one of them the machine has another file system.

    python -m scripts.benches.breaking.others "the disk is full" FOLDER --quick
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from scripts.benches.alarming.watch import write_workspace
from scripts.benches.breaking.books import Span, audited
from scripts.benches.breaking.faults import awaited
from scripts.benches.breaking.kept import keep
from scripts.benches.breaking.served import LEADS_S, Served
from scripts.benches.breaking.signs import Signs
from scripts.benches.breaking.sink import Sink
from scripts.benches.breaking.witness import Witness, rows
from scripts.benches.frame.bench import Plan
from scripts.demo import operator

RECOVERED_S = 90.0
END_S = 15.0
LOCKED_S = 8.0
"""Longer than the robot waits for a database (5 s)."""
SET_S = 7200
_SLACK = timedelta(seconds=2)
_SLEEPING = """
import select, time
time.sleep = lambda for_s: select.select((), (), (), for_s)
"""
"""Python sleeps till an instant of the monotonic clock, which libfaketime bends though it is told to leave it alone."""
_ROOM = "8m"
_WELL_SINCE = "select distinct probe from probe_results where rowid > ? and standing in ('well', 'flaky')"
_UNTOLD = (
    "select 1 from alarms where state not in ('sent', 'needless')",
    "select 1 from incidents where id not in (select incident_id from alarms)",
    "select 1 from incidents where kind = 'channel' and closed_at is null",
)


@dataclass
class Mishap:
    """What became of a robot that met it. *said*: what it told of it; *recovered_s*: None if it did not recover."""

    name: str
    said: str = ""
    lost: list[str] = field(default_factory=list)
    unaccounted: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    recovered_s: float | None = None
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Scene:
    """A robot on watch in *folder*, and whom it speaks to. *long*: how long what breaks stays broken."""

    folder: Path
    doors: Mapping[str, Any]
    sink: Sink
    long_s: float
    set_at: list[datetime] = field(default_factory=list)

    @property
    def database(self) -> Path:
        """The robot's store."""
        return self.folder / "db/prober.sqlite"

    @property
    def clock(self) -> Path:
        """The file that says how wrong its wall clock is."""
        return self.folder / "clock"


@contextmanager
def _full_disk(scene: Scene) -> Iterator[None]:
    ballast = scene.database.with_name("ballast")
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    time.sleep(scene.long_s)
    yield
    ballast.unlink()


@contextmanager
def _locked_database(scene: Scene) -> Iterator[None]:
    with closing(sqlite3.connect(scene.database, timeout=30, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(LOCKED_S)
        yield
        other.execute("ROLLBACK")


@contextmanager
def _set_clock(scene: Scene) -> Iterator[None]:
    scene.clock.write_text(f"+{SET_S}\n", encoding="utf-8")
    time.sleep(scene.long_s)
    scene.set_at.append(datetime.now(UTC))
    yield
    scene.clock.write_text("+0\n", encoding="utf-8")


@contextmanager
def _sink_away(scene: Scene) -> Iterator[None]:
    control = f"{scene.doors['control']}/faults"
    scene.sink.away = True
    httpx.put(control, json={"sms": "throttled"}, timeout=10).raise_for_status()
    awaited(lambda: scene.sink.turned_away > 0, RECOVERED_S)
    time.sleep(2 * scene.long_s)  # it is tried on after 5 and 15 s, and called failed then
    httpx.put(control, json={"sms": None}, timeout=10).raise_for_status()
    yield
    scene.sink.away = False


Breaking = Callable[[Scene], Any]
MISHAPS: Mapping[str, Breaking] = {
    "the disk is full": _full_disk,
    "the database is locked": _locked_database,
    "the clock is set": _set_clock,
    "the sink is away": _sink_away,
}
"""Each breaks something, yields when it has been broken long enough, and mends it."""
_PERIODS_S: Mapping[str, float] = {"sms": 5, "sms-alone": 8, "web": 9, "ivr": 11}
_WITHOUT_WEB = {"the clock is set"}
"""A browser whose clock is another than its robot's is a mishap of its own."""
_QUICK_PERIODS_S: Mapping[str, float] = {"sms": 5}


def break_otherwise(plan: Plan) -> Sequence[Mishap]:
    """Let a robot meet each of them, one after another; all at once in the quick form."""
    with ThreadPoolExecutor(len(MISHAPS) if plan.quick else 1) as stages:
        return list(stages.map(partial(_played_apart, plan), MISHAPS))


def _played_apart(plan: Plan, name: str) -> Mishap:
    folder, kept = plan.folder / name.replace(" ", "-"), plan.kept / name.replace(" ", "-")
    (folder / "db").mkdir(parents=True)
    command = [
        sys.executable,
        "-m",
        __name__,
        name,
        str(folder),
        str(kept.resolve()),
        "quick" if plan.quick else "full",
    ]
    if MISHAPS[name] is _full_disk:
        command = [*_own_file_system(folder / "db"), *command]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    try:
        mishap = Mishap(**json.loads(done.stdout))
    except ValueError:
        mishap = Mishap(name, wrong=[f"the stage itself broke down (exit {done.returncode})"])
    plan.say(f"{name}: {mishap.said or 'nothing said'}; {len(mishap.wrong)} things wrong")
    return mishap


def _own_file_system(folder: Path) -> Sequence[str]:
    """Return the beginning of a command for whom a small file system of its own lies on *folder*."""
    # Unchanged, for within a chroot unshare cannot change how mounts spread; so it is unmounted again.
    unshare = ("unshare", "-m" if os.geteuid() == 0 else "-rm", "--propagation", "unchanged")
    mounted = f'mount -t tmpfs -o size={_ROOM} tmpfs "{folder}"; trap \'umount -l "{folder}"\' EXIT; "$@"'
    return (*unshare, "sh", "-ec", mounted, "sh")


def play(name: str, folder: Path, kept: Path, *, quick: bool) -> Mishap:
    """Let a robot in *folder* meet the mishap called *name*, and read its books."""
    periods_s = dict(_QUICK_PERIODS_S if quick else _PERIODS_S)
    if name in _WITHOUT_WEB:
        periods_s.pop("web", None)
    mishap = Mishap(name)
    with operator() as doors, Sink() as sink:
        scene = Scene(folder, doors, sink, 6.0 if quick else 15.0)
        scene.clock.write_text("+0\n", encoding="utf-8")
        config = write_workspace(folder, doors, periods_s, sink.settings)
        witness = Witness(scene.database)
        environment = _faked(scene.clock) if MISHAPS[name] is _set_clock else {}
        with Served(config, environment=environment) as robot, witness.watching():
            spans = _met(mishap, robot, scene, probes=set(periods_s), quick=quick)
        if spans:
            _read(mishap, witness, periods_s, spans, sink)
        keep(folder, kept, [said.line for said in robot.said])
    return mishap


def _met(mishap: Mishap, robot: Served, scene: Scene, *, probes: set[str], quick: bool) -> Sequence[Span]:
    """Let *robot* be well, meet the mishap, and recover; return when it kept its schedule."""
    if robot.until("leads", LEADS_S) is None or not awaited(lambda: _well(scene, probes, 0), LEADS_S):
        mishap.wrong.append(f"it was not well before: {[said.line for said in robot.said[-3:]]}")
        return ()
    led_at = datetime.fromisoformat(next(s.news["at"] for s in robot.said if s.news["event"] == "leads"))
    with Signs(robot) as signs:
        before = len(robot.said)
        with MISHAPS[mishap.name](scene):
            latest = _latest(scene)
        mended_s = time.monotonic()
        if awaited(lambda: _well(scene, probes, latest) and not _untold(scene), RECOVERED_S):
            mishap.recovered_s = round(time.monotonic() - mended_s, 1)
        time.sleep(2 if quick else 10)
        mishap.said = "; ".join(_told(robot.said[before:], signs.said)).replace(f"{scene.folder}/", "")
    stopped_at = datetime.now(UTC)
    if not robot.lives:
        mishap.wrong.append("the robot ended")
    elif (code := robot.end(END_S)) != 0:
        mishap.wrong.append(f"the robot exited with {code}")
    if not scene.set_at:
        return [Span(led_at, stopped_at - _SLACK)]
    back_at = scene.set_at[0]
    fast = timedelta(seconds=SET_S)
    return [Span(led_at, back_at + fast - _SLACK), Span(back_at, stopped_at - _SLACK, passage=1, forgiven=1.0)]


def _well(scene: Scene, probes: set[str], latest: int) -> bool:
    """Return whether every probe has passed since."""
    return {probe for (probe,) in _asked(scene, _WELL_SINCE, latest)} >= probes


def _untold(scene: Scene) -> bool:
    return any(_asked(scene, query) for query in _UNTOLD)


def _latest(scene: Scene) -> int:
    return next(iter(_asked(scene, "select max(rowid) from probe_results")), (0,))[0] or 0


def _asked(scene: Scene, query: str, *values: object) -> list[Any]:
    try:
        return rows(scene.database, query, *values)
    except sqlite3.Error:
        return []


def _told(said: Sequence[Any], signs: Mapping[str, str]) -> Iterator[str]:
    """Yield what the robot told of it: the first trouble and news of the clock, incidents, and signs of life."""
    for event in ("trouble", "clock"):
        if found := next((one.news["text"] for one in said if one.news["event"] == event), None):
            yield _short(found)
    for one in said:
        if one.news["event"] == "incident" and one.news["happened"] == "opened" and " on robot " in one.news["text"]:
            yield _short(one.news["text"])
    yield from (f"/readyz: {name}: {_short(what)}" for name, what in signs.items())


def _short(text: str) -> str:
    return text if len(text) <= 160 else f"{text[:159]}…"


def _read(mishap: Mishap, witness: Witness, periods_s: Mapping[str, float], spans: Sequence[Span], sink: Sink) -> None:
    books = audited(witness.database, periods_s, spans, told=sink.told)
    mishap.lost = [*witness.lost(), *books.results_lost, *books.alarms_lost, *books.unmarked]
    mishap.unaccounted, mishap.doubled = books.unaccounted, books.doubled + books.results_doubled
    mishap.wrong += [*witness.lost(), *books.remarks]
    if mishap.recovered_s is None:
        mishap.wrong.append(f"it was not well again {RECOVERED_S:g} s after")


def _faked(clock: Path) -> Mapping[str, str]:
    """Return what lets the robot read its wall clock from *clock*; the monotonic one stays the machine's."""
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    (clock.parent / "sitecustomize.py").write_text(_SLEEPING, encoding="utf-8")
    return {
        "PYTHONPATH": str(clock.parent),
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def main(name: str, folder: str, kept: str, form: str) -> None:
    """Play one, and print what became of the robot."""
    print(json.dumps(asdict(play(name, Path(folder), Path(kept), quick=form == "quick"))))


if __name__ == "__main__":
    main(*sys.argv[1:])
