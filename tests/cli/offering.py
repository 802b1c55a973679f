"""A workspace with one item, which a text can judge in no time."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from prober.cli.main import app
from prober.model.run import Run
from prober.store.store import Store
from tests.conftest import Workspace

URL = "sqlite:///results_db/prober.sqlite"
CONFIG = """\
lines: [{name: demo-1, msisdn: 13800000001, gateway: demo}]
channels:
  sms: {gateways: {demo: {smpp: {host: 127.0.0.1, port: 2775, system_id: robot, password: secret}}}}
items:
  - {name: balance, title: 余额查询, owner: SMS team}
  - {name: nothing, scenarios: []}
  - {name: reviewed, scenarios: [balance-sms], reviews: 2}
"""
SCENARIO = """\
scenario: balance-sms
title: 短信查余额
item: balance
steps:
  - sms.send: {to: 10086, text: CXYE}
  - sms.receive: 余额为
    within: 30s
"""


def offer(workspace: Workspace, terms: str) -> Workspace:
    """Let *workspace* have the item ‘balance’ with these *terms* of its gate, and its scenario alone."""
    config = workspace.folder / "config.yaml"
    item = f"\nitems: [{{name: balance, title: 余额查询, gate: {{{terms}}}}}]\n"
    config.write_text(config.read_text(encoding="utf-8") + item, encoding="utf-8")
    for path in [*(workspace.folder / "scenarios").glob("*.yaml"), *(workspace.folder / "scenarios").glob("*.py")]:
        path.unlink()
    workspace.write("scenarios/balance.yaml", SCENARIO)
    return workspace


async def put(runs: list[Run]) -> None:
    store = Store.open(URL)
    for run in runs:
        await store.run_started(run)
        await store.run_finished(run)
    store.close()


def prober(*arguments: str):
    return CliRunner().invoke(app, [*arguments])


def gate(*arguments: str) -> tuple[int, dict]:
    """Judge what is there, and return the exit code and the document."""
    done = prober("gate", *arguments, "--no-run", "--json")
    assert done.stdout, done.output
    return done.exit_code, json.loads(done.stdout)


def grounds(document: dict, decision: str) -> list[str]:
    return [one["ground"] for one in document["reasons"] if one["decision"] == decision and one["binds"]]
