"""Who opens the hall's pages, clicks and waits for the answer: the robot, and its peers. Each says how long it took."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from prober.channels.web.config import Settings
from prober.channels.web.launching import find_browser, flags
from scripts.benches.browsing.hall import BUTTON, SHOWN
from scripts.demo import PROBER

ELASTIC = "@elastic/synthetics@1.19.0"
PYTEST = ("pytest-playwright==0.7.2", "pytest-base-url==2.1.0", "python-slugify==8.0.4", "text-unidecode==1.3")
_PEERS = Path(__file__).with_name("peers")
_CONFIG = """\
store: {{url: sqlite:///prober.sqlite}}
evidence: {{path: evidence}}
lines: [{{name: line-1, msisdn: 13800000001}}]
channels:
  web: {{base_url: "{url}", screenshots: every_step}}
"""
_STEPS = """\
  - web.open: {url}/{trial}
  - web.click: {button}
  - web.see: {shown}
"""
Told = Sequence[tuple[float, float]]
"""Of each trial, how long opening the page took, and how long its answer, in seconds."""
Player = Callable[[Path, str, int], Told]
"""Plays so many trials of the pages below an address; keeps what it needs in a folder of its own."""


def robot(folder: Path, url: str, trials: int) -> Told:
    """Play them as a scenario, with a picture after each step."""
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(_CONFIG.format(url=url), encoding="utf-8")
    steps = "".join(_STEPS.format(url=url, trial=n, button=BUTTON, shown=SHOWN) for n in range(trials))
    (folder / "journey.yaml").write_text(f"scenario: truth\nsteps:\n{steps}", encoding="utf-8")
    out = _run([*PROBER, "run", "journey.yaml", "--json"], folder)
    told = json.loads(out)["runs"][0]["steps"]
    took = {verb: [step["took_s"] for step in told if step["verb"] == verb] for verb in ("open", "see")}
    return list(zip(took["open"], took["see"], strict=True))


def playwright(home: Path) -> Player:
    """Return who plays them as a test of pytest-playwright, which is installed in *home* the first time."""
    if not home.exists():
        _run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(home), *PYTEST], home.parent)

    def play(folder: Path, url: str, trials: int) -> Told:
        folder.mkdir(parents=True)
        shutil.copy(_PEERS / "playwright_trials.py", folder / "test_trials.py")
        told = folder / "told.json"
        own = _own(url, trials) | {"BENCH_TOLD": str(told), "PYTHONPATH": str(home)}
        _run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_trials.py"], folder, own)
        return [tuple(one) for one in json.loads(told.read_text(encoding="utf-8"))]

    return play


def elastic(home: Path) -> Player:
    """Return who plays them as a journey of Elastic's, which is installed in *home* the first time."""
    if not (home / "node_modules").exists():
        home.mkdir(parents=True)
        (home / "package.json").write_text('{"name": "peer", "private": true}')
        npm = [shutil.which("npm") or "npm", "install", ELASTIC, "--no-audit", "--no-fund"]
        _run(npm, home, {"PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"})

    def play(folder: Path, url: str, trials: int) -> Told:
        folder.mkdir(parents=True)
        shutil.copy(_PEERS / "journey.js", home / "trials.journey.js")
        browser = {"executablePath": _browser(), "args": flags(Settings())}
        program = [str(home / "node_modules/.bin/elastic-synthetics"), "trials.journey.js", "--reporter", "json"]
        program += ["--screenshots", "on", "--no-throttling", "--playwright-options", json.dumps(browser)]
        out = _run(program, home, _own(url, trials))
        (folder / "told.jsonl").write_text(out, encoding="utf-8")
        return _of_journey(out, trials)

    return play


def _of_journey(out: str, trials: int) -> Told:
    took: dict[str, float] = {}
    for line in out.splitlines():
        told = json.loads(line) if line.startswith("{") else {}
        if told.get("type") == "step/end":
            took[told["step"]["name"]] = told["step"]["duration"]["us"] / 1e6
    return [(took[f"open {trial}"], took[f"see {trial}"]) for trial in range(trials)]


def _own(url: str, trials: int) -> dict[str, str]:
    own = {"BENCH_URL": url, "BENCH_TRIALS": str(trials), "BENCH_BROWSER": str(_browser())}
    return own | {"BENCH_FLAGS": json.dumps(flags(Settings()))}


def _browser() -> str:
    found = find_browser("auto")
    if found is None:
        raise RuntimeError("the peers are timed with the system's Chromium, and there is none")
    return str(found)


def _run(command: Sequence[str], folder: Path, own: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=folder, env={**os.environ, **(own or {})}, capture_output=True, text=True)  # noqa: PLW1510
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-500:]
        raise RuntimeError(f"{Path(command[0]).name} {command[1]}: {said}")
    return done.stdout
