"""A workspace with one item, which a text can judge in no time."""

from __future__ import annotations

from tests.conftest import Workspace

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
