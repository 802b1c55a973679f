"""`prober approve`: what a page looked like in a run becomes what it is to look like."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.live

LOOKS = "scenario: looks\nsteps:\n  - web.open: /login\n  - web.see: 服务密码\n  - web.looks_like: 登录页\n"


def test_a_candidate_is_accepted_and_held_against(workspace, operator):
    """Without an approved picture a run is an ERROR that says what to do; afterwards it passes."""
    looks = workspace.write("looks.yaml", LOOKS)
    code, (first,), _ = workspace.play(looks)
    step = first["steps"][-1]
    assert (code, step["outcome"], step["layer"]) == (3, "error", "robot")
    assert "prober approve" in step["failure"]["actual"]
    assert [kept["kind"] for kept in step["evidence"]] == ["candidate"]
    done = workspace.prober("approve", first["id"], "--json")
    (approved,) = json.loads(done.stdout)["approved"]
    assert (done.returncode, approved["replaced"]) == (0, False)
    assert approved["picture"].endswith("scenarios/approved/登录页@1280x800.png")
    code, (second,), shown = workspace.play(looks)
    assert (code, second["outcome"]) == (0, "passed"), shown
    again = workspace.prober("approve", first["id"])
    assert again.stdout.endswith("scenarios/approved/登录页@1280x800.png (replaced)\n")


def test_a_run_without_candidates_has_nothing_to_approve(workspace, operator):
    """Nor one that is not there, nor a picture that is not among them: bad input, with what there is."""
    _, (plain,), _ = workspace.play(workspace.write("plain.yaml", LOOKS.rpartition("  - ")[0]))
    _, (run,), _ = workspace.play(workspace.write("looks.yaml", LOOKS))
    for arguments, told in (
        ((plain["id"],), f"run {plain['id']} has no picture to approve"),
        (("nothing",), "no run is called nothing"),
        ((run["id"], "--picture", "首页"), "has no picture ‘首页’ to approve"),
    ):
        done = workspace.prober("approve", *arguments)
        assert (done.returncode, told in done.stderr) == (2, True), done.stderr
    assert not (workspace.folder / "scenarios/approved").exists()
