"""A robot that watches the demo operator round the clock, `prober serve`, in a workspace of its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from prober.channels.registry import SETTINGS
from prober.loading.config import load_config
from prober.model.run import Outcome
from prober.store.store import Store
from scripts.benches.frame.robot import JOURNEYS
from scripts.demo import PROBER
from tests.outcomes.playing import HERE, workspace

PERIODS_S = {"ivr": 10, "web": 10, "web-2": 10, "sms": 8, "sms-alone": 10, "every-door": 25}
"""The probes, and how often they are played."""
LINES = {
    "ivr": (1, 2),
    "web": (3, 4),
    "web-2": (4, 3),
    "sms": (5, 6),
    "sms-alone": (7,),
    "every-door": (8, 6),
}
"""The customers of each: a second attempt is on another's line, but for the one that has but one number."""
END_S = 15.0


class Watch:
    """
    A robot on watch till the context ends, whose store is read beside it.

    Raises:
        RuntimeError: It ended by itself.
    """

    def __init__(self, folder: Path, doors: Mapping[str, Any], probes: Collection[str] = tuple(PERIODS_S)) -> None:
        self._probes = set(probes)
        config = write_workspace(folder, doors, {name: PERIODS_S[name] for name in probes})
        self.settings = load_config(config, SETTINGS)
        self._log = folder / "serve.log"
        with self._log.open("wb") as log:
            command = [*PROBER, "serve", "--config", str(config)]
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
        self.store = Store.open(self._awaited_url(), busy_timeout_s=30)

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()
        self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _awaited_url(self) -> str:
        """Return where its store is when it keeps its schedule: by then it has made it."""
        while "keeps the schedule" not in self.said():
            self.look()
            time.sleep(0.1)
        return self.settings.store.url

    def look(self) -> None:
        """Raise if the robot has ended."""
        if self._process.poll() is not None:
            raise RuntimeError(f"prober serve ended with {self._process.returncode}: {self.said()[-2000:]}")

    def said(self) -> str:
        """Return what the robot has said till now."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def run_s(self, door: str) -> float:
        """Return how long the last healthy runs at *door* alone took at the most, in seconds."""
        runs = [run for run in self.store.queries.runs(scenario=door, limit=20) if run.ended_at]
        healthy = [run for run in runs if run.outcome in (Outcome.PASSED, Outcome.SLOW)]
        return max(((run.ended_at - run.started_at).total_seconds() for run in healthy if run.ended_at), default=0.0)

    def ready(self, within_s: float) -> bool:
        """Wait till every probe has passed once, and return whether they all have."""
        until_s = time.monotonic() + within_s
        while time.monotonic() < until_s:
            self.look()
            if {one.probe for one in self.store.incidents.results() if one.standing == "well"} >= self._probes:
                return True
            time.sleep(0.5)
        return False


def write_workspace(folder: Path, doors: Mapping[str, Any], periods_s: Mapping[str, float], more: str = "") -> Path:
    """Write a workspace into *folder* whose probes are played every *periods_s*, and return its config.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scenarios").mkdir()
    for journey in (*sorted((HERE / "journeys").glob("*.yaml")), JOURNEYS / "every-door.yaml"):
        (folder / "scenarios" / journey.name).write_text(journey.read_text(encoding="utf-8"), encoding="utf-8")
    config = folder / "config.yaml"
    config.write_text(workspace(doors) + "".join(_sections(periods_s)) + more, encoding="utf-8")
    return config


def _sections(periods_s: Mapping[str, float]) -> Iterator[str]:
    yield "store: {url: sqlite:///db/prober.sqlite}\nevidence: {path: evidence}\n"
    yield "serve: {port: 0, at_once: {ivr: 3, web: 3}, link: 'http://reports.invalid/{incident}'}\nprobes:\n"
    for name, every_s in periods_s.items():
        lines = ", ".join(f"line-{number}" for number in LINES[name])
        scenario = name.partition("-")[0] if name != "every-door" else name
        yield f"  - {{name: {name}, scenario: {scenario}, every: {every_s:g}s, lines: [{lines}]}}\n"
