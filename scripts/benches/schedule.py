"""
Thousands of probes at mixed intervals: how late they are started, and what that costs, beside uptime-kuma.

The robot plays trivial runs on a fake channel through its real schedule, claims, admission, leases and store. A start
is late by what passes between its planned instant and the moment its session is open. The peer makes as many trivial
HTTP checks of a page on loopback; one of them is late by what its distance to the one before exceeds its period.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

from scripts.benches.frame.bench import Figure, Plan, Result, Table
from scripts.benches.scheduling import kuma
from scripts.benches.scheduling.mix import PERIODS_S, due
from scripts.benches.scheduling.used import Used, Using, share

PROBES, QUICK_PROBES = 5000, 1000
SECONDS, QUICK_SECONDS = 180.0, 15.0
_WARM_S = 5.0
_PEER = "uptime-kuma"
_PERIODS = ", ".join(f"{one} s" for one in PERIODS_S)
_LIMITS = (
    f"Periods of {_PERIODS} in turn. A run of the robot is two steps on a fake channel that answers after 20 ms.",
    "The robot keeps every step, its evidence file and what every run meant; the peer keeps a heartbeat a check.",
    f"{_PEER} is {kuma.PACKAGE}, the only version npm has. It counts each period from the end of the check before.",
    "Its pause of 0.3 to 1 s between the first starts of monitors is cut so that all have begun within 30 s.",
    "Some of its migrations, which the package has in the wrong folder, are laid where it looks for them.",
)


def measure(plan: Plan) -> Result:
    """Let the robot work, then the peer."""
    count, seconds = (QUICK_PROBES, QUICK_SECONDS) if plan.quick else (PROBES, SECONDS)
    late_s, missed, used = _robot(plan, count, seconds)
    figures: dict[str, Figure] = {
        "start_late_p50_s": share(late_s, 0.5),
        "start_late_p99_s": share(late_s, 0.99),
        "start_late_max_s": max(late_s, default=None),
        "missed": missed,
        "starts_per_s": round(len(late_s) / seconds, 1),
        "cores": round(used.cores, 3),
        "memory_mb": round(used.memory_mb, 1),
    }
    rows: list[list[str | int | float | None]] = [["prober", len(late_s), *_shares(late_s), *_shown(used)]]
    remarks: list[str] = []
    if not plan.quick:
        rows.append(_peer_row(plan, count, seconds, figures, remarks))
    columns = ("", "checks", "late p50, ms", "late p99, ms", "late max, ms", "cores", "memory, MB")
    return Result(
        figures,
        bounds={"start_late_p99_s": "<= 0.050"},
        samples={"probes": count, "starts": len(late_s), "starts planned": round(due(count, seconds))},
        limits=_LIMITS,
        tables=[Table(f"{count} checks at mixed intervals, {seconds:g} s", columns, rows)],
        remarks=remarks,
    )


def _robot(plan: Plan, count: int, seconds: float) -> tuple[list[float], int, Used]:
    """Return how late each start was, how many were missed, and what the robot used."""
    plan.say(f"the robot plans {count} probes")
    arguments = [str(plan.folder), str(count), str(_WARM_S + seconds + 2.0)]  # it must not end while it is looked at
    command = [sys.executable, "-m", "scripts.benches.scheduling.robot", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        for line in process.stdout:
            if line.startswith("leads"):
                break
        time.sleep(_WARM_S)
        plan.say("the robot is at work")
        using = Using(process.pid)
        time.sleep(max(0.0, seconds - 1.0))
        used = using.told()
        for _ in process.stdout:
            pass
    return *_kept(plan.folder / "prober.sqlite"), used


def _kept(database: Path) -> tuple[list[float], int]:
    with closing(sqlite3.connect(database)) as connection:
        began = connection.execute("select min(started_at) from runs").fetchone()[0]
        played = connection.execute("select planned_at, started_at from runs where attempt = 1").fetchall()
        missed = connection.execute("select coalesce(sum(count), 0) from starts where missed is not null").fetchone()[0]
    warm = datetime.fromisoformat(began).timestamp() + _WARM_S if began else 0.0
    both = [(datetime.fromisoformat(planned), datetime.fromisoformat(started)) for planned, started in played]
    late = [(started - planned).total_seconds() for planned, started in both if planned.timestamp() >= warm]
    return late, missed


def _peer_row(
    plan: Plan, count: int, seconds: float, figures: dict[str, Figure], remarks: list[str]
) -> list[str | int | float | None]:
    try:
        home = kuma.install(plan.kept.absolute() / "peer", plan.say)
        peer = kuma.watch(home, plan.folder / "peer", count, seconds, plan.say)
    except RuntimeError as exc:
        remarks.append(f"{_PEER} could not be measured: {exc}")
        return [_PEER, 0, None, None, None, None, None]
    figures["peer_late_p50_s"], figures["peer_late_p99_s"] = share(peer.late_s, 0.5), share(peer.late_s, 0.99)
    figures["peer_cores"], figures["peer_memory_mb"] = round(peer.used.cores, 3), round(peer.used.memory_mb, 1)
    return [_PEER, len(peer.late_s), *_shares(peer.late_s), *_shown(peer.used)]


def _shares(late_s: list[float]) -> list[float | None]:
    worst = max(late_s, default=None)
    return [None if one is None else one * 1000 for one in (share(late_s, 0.5), share(late_s, 0.99), worst)]


def _shown(used: Used) -> list[float]:
    return [round(used.cores, 3), round(used.memory_mb, 1)]
