"""
Play every example scenario against the demo operator, in health and with a fault in each channel, and report it.

Writes reports/demo.html and reports/demo.json. Exits 0 only if everything was as it should be: in health every
scenario passes, and each fault is caught at the right step, in the right layer, in words that name it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.table import Table
from rich.text import Text

from prober.cli.progress import STYLES, progress_console
from prober.model.run import Outcome

REPORTS = Path("reports")
PROBER = [sys.executable, "-m", "prober.cli.entry"]
CONSOLE = progress_console(stderr=False)


@dataclass(frozen=True)
class Act:
    """A condition of the operator, what is played in it, and what must come out."""

    title: str
    faults: dict[str, Any]
    scenarios: tuple[str, ...]
    failed_step: str = ""
    layer: str = ""
    words: tuple[str, ...] = ()


BALANCE = ("scenarios/balance.yaml",)
ACTS = (
    Act("一切正常 All is well", {}, ("scenarios",)),
    Act(
        "网厅余额错误 Wrong balance in the web hall", {"web": "wrong-balance"}, BALANCE,
        failed_step="same", layer="content", words=("86.50元", "96.50元"),
    ),
    Act(
        "语音播报错误 Wrong prompt in the IVR", {"ivr": "wrong-prompt"}, BALANCE,
        failed_step="ivr.hear", layer="prompt", words=("packages",),
    ),
    Act(
        "短信回复迟到 Late reply of the SMS centre", {"sms": {"name": "late-reply", "seconds": 35}}, BALANCE,
        failed_step="sms.receive", layer="delivery", words=("nothing came",),
    ),
)  # fmt: skip


@contextmanager
def operator() -> Iterator[dict[str, Any]]:
    """Run the demo operator on free ports while the context lasts, and yield its addresses."""
    ports = [f"--{door}-port=0" for door in ("sip", "web", "smpp", "control")]
    process = subprocess.Popen([*PROBER, "demo", *ports], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            sys.exit(f"The demo operator did not start (exit {process.wait()}); its words are above.")
        yield json.loads(line)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)


def environment(doors: dict[str, Any]) -> dict[str, str]:
    """Return the environment that points this workspace at the operator's doors."""
    host, port = doors["smpp"].split(":")
    gateway = "PROBER__CHANNELS__SMS__GATEWAYS__DEMO__SMPP__"
    return os.environ | {
        "PROBER__CHANNELS__IVR__SERVER": doors["sip"],
        "PROBER__CHANNELS__WEB__BASE_URL": doors["web"],
        f"{gateway}HOST": host,
        f"{gateway}PORT": port,
    }


def play(act: Act, env: dict[str, str]) -> dict[str, Any]:
    """Play an act's scenarios with the command everybody uses, and return its JSON document."""
    command = [*PROBER, "run", *act.scenarios, "--json", "--line=demo-1"]
    played = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=False)
    try:
        document: dict[str, Any] = json.loads(played.stdout)
    except ValueError:
        sys.exit(f"`{' '.join(command[2:])}` printed no document (exit {played.returncode}); its words are above.")
    return document


def judge(act: Act, run: dict[str, Any]) -> str:
    """Return what is not as it should be with a run of *act*; "" if nothing."""
    if not act.failed_step:
        return "" if run["outcome"] in ("passed", "slow") else f"{run['outcome']}, though nothing is wrong"
    failed = next((step for step in run["steps"] if step["outcome"] in ("failed", "error")), None)
    if failed is None:
        return "the fault was not caught"
    said = " ".join(str(part) for part in (failed["failure"] or {}).values())
    missing = [word for word in act.words if word not in said]
    where = f"{failed['verb'] if failed['channel'] == 'robot' else failed['channel'] + '.' + failed['verb']}"
    if (where, failed["layer"]) != (act.failed_step, act.layer):
        return f"caught at {where} ({failed['layer']}), not at {act.failed_step} ({act.layer})"
    return f"the message does not say {', '.join(missing)}" if missing else ""


def table(rows: list[tuple[Act, dict[str, Any], str]]) -> Table:
    """Return what was played, how it ended, and whether it should have."""
    shown = Table(box=None, header_style="dim", padding=(0, 2, 0, 0), title_justify="left")
    for heading in ("condition", "scenario", "outcome", "should be", "what was said"):
        shown.add_column(heading, overflow="fold", no_wrap=heading == "outcome")
    for act, run, wrong in rows:
        failed = next((step for step in run["steps"] if step["failure"]), None)
        outcome = Outcome(run["outcome"])
        said = wrong or (failed["failure"]["actual"] if failed else "")
        verdict = Text("✗ no", "bold red") if wrong else Text("✓ yes", "green")
        shown.add_row(act.title, run["scenario"], Text(outcome, STYLES[outcome][1]), verdict, Text(said, "dim"))
    return shown


def main() -> int:
    """Play all acts, and return the exit code."""
    rows: list[tuple[Act, dict[str, Any], str]] = []
    with operator() as doors, httpx.Client(base_url=doors["control"], timeout=10) as control:
        env = environment(doors)
        for act in ACTS:
            CONSOLE.rule(f"[bold]{act.title}", align="left", style="dim")
            control.delete("/faults").raise_for_status()
            control.put("/faults", json=act.faults).raise_for_status()
            rows += [(act, run, judge(act, run)) for run in play(act, env)["runs"]]
    ids = [run["id"] for _, run, _ in rows]
    wrong = [text for _, _, text in rows if text]
    report = [*PROBER, "report", *ids, f"--html={REPORTS / 'demo.html'}", "--title=演示 Demo"]
    subprocess.run(report, stdout=subprocess.DEVNULL, check=True)
    acts = [{"condition": act.title, "run": run, "wrong": text} for act, run, text in rows]
    document = {"as_it_should_be": not wrong, "plays": acts}
    (REPORTS / "demo.json").write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    CONSOLE.print("\n", table(rows))
    CONSOLE.print(
        "\nreports/demo.html and reports/demo.json hold it all.", "Not all is as it should be." if wrong else ""
    )
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
