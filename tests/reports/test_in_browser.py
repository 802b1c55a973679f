"""In a real browser the report works, asks nobody for anything, and complains of nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from prober.channels.web.engine import find_browser
from prober.model.run import Evidence, Run
from prober.reports.html import render


@pytest.mark.live
async def test_the_page_works_by_itself(runs: list[Run], read: Callable[[Evidence], bytes], tmp_path: Path) -> None:
    """Sound can be played from a step's mark, a link opens its run, and nothing is fetched or blocked."""
    (tmp_path / "report.html").write_text(render(runs, title="t", read=read))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser("auto"), args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 420, "height": 800})
        complaints: list[str] = []
        fetched: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: fetched.append(request.url[:8]))
        await page.goto(f"file://{tmp_path}/report.html#step-{runs[0].id}-4")
        assert await page.locator(f"[id='run-{runs[0].id}']").evaluate("run => run.open")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 420
        await page.locator(".wave button").nth(2).click()
        await page.wait_for_function("document.querySelector('audio').currentTime > 0.5")
        await browser.close()
    assert complaints == []
    assert {url for url in fetched if not url.startswith("data:")} == {"file:///"}
