"""`prober record web`: what a person does over the browser's door is written, and plays."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
from playwright.sync_api import sync_playwright
from ruamel.yaml import YAML
from typer.testing import CliRunner

from prober.cli.main import app
from prober.errors import BadInput, RobotBroken


def test_what_cannot_end_well_is_not_begun(workspace, operator, monkeypatch) -> None:
    """A name that is none, a file that is there, a line nobody knows; a machine without a screen."""
    monkeypatch.chdir(workspace.folder)
    (workspace.folder / "scenarios/recorded.yaml").write_text("x", encoding="utf-8")
    for more in (["--name", "a b"], [], ["--name", "new", "--line", "nobody"]):
        done = CliRunner().invoke(app, ["record", "web", "/login", *more])
        assert isinstance(done.exception, BadInput), done.output
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    done = CliRunner().invoke(app, ["record", "web", "/login", "--name", "new"])
    assert isinstance(done.exception, RobotBroken), done.output
    assert "--port" in done.exception.cure
    assert (workspace.folder / "scenarios/recorded.yaml").read_text(encoding="utf-8") == "x"


@pytest.mark.live
def test_what_is_done_is_written_and_played_back(workspace, operator) -> None:
    """A login and a look at the bills, by another browser's hands: the scenario passes at once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "prober.cli.entry", "record", "web", "/login", "--name", "bills", f"--port={port}"]
    where = {"cwd": workspace.folder, "env": {**os.environ, **workspace.environment}}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **where) as recording:
        assert recording.stdout is not None
        told = next(line for line in recording.stdout if "web." in line or "! " in line)
        assert "web.open" in told
        with sync_playwright() as playwright:
            browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
            page = next(page for context in browser.contexts for page in context.pages if "login" in page.url)
            page.get_by_label("手机号").press_sequentially("13800000001")
            page.get_by_label("服务密码").press_sequentially("246801")
            page.get_by_role("button", name="登录").click()
            page.get_by_role("link", name="账单").first.click()
            page.wait_for_url("**/bills")
            page.close()
        rest = recording.stdout.read()
        assert recording.wait() == 0, rest
    text = (workspace.folder / "scenarios/bills.yaml").read_text(encoding="utf-8")
    assert "246801" not in text + rest
    login = {"web.fill": {"手机号": "${line.msisdn}", "服务密码": "${secret.service_password}"}}
    assert login in YAML().load(text)["steps"]
    assert "passed" in rest
