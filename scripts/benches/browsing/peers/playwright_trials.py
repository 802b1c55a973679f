"""The same work as a test of pytest-playwright, timed around the calls as people do it."""

import json
import os
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Let it use the same browser."""
    return {
        **browser_type_launch_args,
        "executable_path": os.environ["BENCH_BROWSER"],
        "args": json.loads(os.environ["BENCH_FLAGS"]),
    }


def test_trials(page: Page) -> None:
    """Open a page, click, and see what comes of it, again and again, with a picture after each."""
    told = []
    for trial in range(int(os.environ["BENCH_TRIALS"])):
        began_s = time.perf_counter()
        page.goto(f"{os.environ['BENCH_URL']}/{trial}")
        open_s = time.perf_counter() - began_s
        page.screenshot()
        began_s = time.perf_counter()
        page.get_by_role("button", name="查询").click()
        expect(page.get_by_text("查询结果")).to_be_visible(timeout=15_000)
        told.append([open_s, time.perf_counter() - began_s])
        page.screenshot()
    Path(os.environ["BENCH_TOLD"]).write_text(json.dumps(told), encoding="utf-8")
