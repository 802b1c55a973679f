"""Scenarios that order: capped before they begin, undone and verified, and never forgotten; with the demo operator."""

from __future__ import annotations

import json
import signal

import pytest

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

ORDER = "scenarios/order-and-cancel.yaml"
KEPT = """\
scenario: kept
effects: {orders: 1, cost: 30.00元}
steps:
  - sms.send: {to: 10086, text: KT5G}
  - sms.receive: 回复Y确认
  - wait: %s
  - sms.send: {to: 10086, text: QX5G}
    always: true
  - sms.receive: %s
    within: 2s
    always: true
"""


def own_line(workspace, number):
    """Give the workspace one line, which no other test speaks for."""
    line = {"name": "own", "msisdn": f"1380000000{number}", "gateway": "demo"}
    workspace.environment["PROBER__LINES"] = json.dumps([line | {"secrets": {"service_password": f"24680{number}"}}])


def orders(workspace, *arguments):
    return json.loads(workspace.prober("db", "orders", "list", "--json", *arguments).stdout)["orders"]


def test_an_order_is_undone_and_that_is_verified(workspace, operator):
    """It counts for the day's caps, and stands no more."""
    code, (run,), shown = workspace.play(ORDER, "--line=demo-1")
    assert (code, run["remark"]) == (0, ""), shown
    assert orders(workspace) == []
    (kept,) = orders(workspace, "--all")
    assert (kept["run"], kept["state"], kept["orders"], kept["cost_fen"]) == (run["id"], "undone", 1, 5000)


def test_a_run_over_the_cap_is_not_played(workspace, operator):
    """SKIPPED with the figures, exit 4; nothing was asked of the operator."""
    workspace.environment["PROBER__ORDERS__PER_DAY"] = "0"
    code, (run,), shown = workspace.play(ORDER)
    assert (code, run["outcome"], run["steps"]) == (4, "skipped", [])
    assert run["remark"].startswith("the cap of orders is reached: 0 of 0 on 20")
    assert "orders.per_day in config.yaml" in " ".join(shown.split())


def test_what_may_still_stand_is_told_and_holds_its_line_until_it_is_settled(workspace, operator):
    """Loudly, in the terminal and the document; the next run is refused with the same words; settled, it plays."""
    own_line(workspace, 7)
    scenario = workspace.write("kept.yaml", KEPT % ("0s", "never said"))
    code, (run,), shown = workspace.play(scenario)
    told = "an order may still stand on line own (138••••0007): undo it by hand, "
    told += f"then ‘prober db orders settle {run['id']}’"
    assert (code, run["remark"]) == (1, told)
    assert told in " ".join(shown.split())

    code, (refused,), shown = workspace.play(ORDER)
    assert (code, refused["outcome"], refused["remark"]) == (4, "skipped", told)
    assert " ".join(shown.split()).startswith(f"! {told}")

    assert [(one["run"], one["msisdn"]) for one in orders(workspace)] == [(run["id"], "138••••0007")]
    assert workspace.prober("db", "orders", "settle", run["id"]).stdout == f"{run['id']}: settled\n"
    again = workspace.prober("db", "orders", "settle", run["id"], "nobody")
    assert again.returncode == 2
    assert "it is settled" in again.stderr
    assert "no run ‘nobody’ ordered anything" in again.stderr
    assert workspace.prober("db", "orders", "list").stdout == "no order stands\n"


def test_a_robot_killed_between_order_and_undoing_leaves_it_standing(workspace, operator):
    """After kill -9 the next start says so, and the run in the store does."""
    own_line(workspace, 8)
    scenario = workspace.write("kept.yaml", KEPT % ("60s", "取消"))
    with workspace.start("run", scenario) as robot:
        for line in robot.stdout:
            if "sms.receive" in line:
                break
        robot.send_signal(signal.SIGKILL)
    code, (refused,), shown = workspace.play(scenario)
    assert (code, refused["outcome"]) == (4, "skipped")
    killed, _ = sorted(workspace.stored(), key=lambda run: run["started_at"])
    assert killed["interrupted"]
    assert killed["remark"] == refused["remark"]
    assert f"settle {killed['id']}’" in " ".join(shown.split())


def test_an_order_is_never_repeated(workspace, operator):
    """--repeat refuses it, before anything is played."""
    done = workspace.prober("run", ORDER, "--repeat=2")
    assert (done.returncode, done.stdout) == (2, "")
    assert "‘order-and-cancel’ orders something at the operator and is never repeated" in done.stderr
