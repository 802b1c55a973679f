"""In a real browser nothing of the report lies over anything else, on a screen, a phone and paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import async_playwright

from prober.channels.web.engine import find_browser
from prober.model.run import Evidence, Run
from prober.reports.comparison import compare
from prober.reports.html import render, render_comparison

SIZES: dict[int, Literal["screen", "print"]] = {1400: "screen", 960: "screen", 390: "screen", 703: "print"}
"""Widths in pixels; that of paper is A4 without its margins."""
OVERLAPS = """selectors => {
  const shown = selectors.map((each) => [...document.querySelectorAll(each)].filter((one) => one.offsetParent));
  const box = (one) => one.getBoundingClientRect();
  const over = (one, two) => box(one).left < box(two).right - 1 && box(two).left < box(one).right - 1
    && box(one).top < box(two).bottom - 1 && box(two).top < box(one).bottom - 1;
  const found = [];
  for (const [at, some] of shown.entries()) for (const one of some)
    for (const two of shown.slice(at).flat()) if (one !== two && over(one, two))
      found.push(`${one.textContent.trim()} over ${two.textContent.trim()}`);
  return found;
}"""


@pytest.mark.live
async def test_no_badge_covers_a_limit(runs: list[Run], read: Callable[[Evidence], bytes], tmp_path: Path) -> None:
    """A step's latency, limits and outcome stand beside each other, also that of a robot's own fault."""
    (tmp_path / "report.html").write_text(render(runs, title="t", read=read))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser("auto"), args=["--no-sandbox"])
        page = await browser.new_page()
        await page.goto(f"file://{tmp_path}/report.html")
        await page.evaluate("for (const one of document.querySelectorAll('details.run')) one.open = true")
        assert await page.locator(".row .badge.error:visible").count()
        for width, medium in SIZES.items():
            await page.set_viewport_size({"width": width, "height": 900})
            await page.emulate_media(media=medium)
            assert await page.evaluate(OVERLAPS, [".row .badge", ".row .limits", ".row .bar"]) == [], width
        await browser.close()


@pytest.mark.live
async def test_a_phone_has_room_for_the_words_of_a_step(
    runs: list[Run], read: Callable[[Evidence], bytes], tmp_path: Path
) -> None:
    """They have a third of the screen at least, and what was not measured takes none."""
    (tmp_path / "report.html").write_text(render(runs, title="t", read=read))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser("auto"), args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 390, "height": 800})
        await page.goto(f"file://{tmp_path}/report.html")
        box = "row.querySelector('.{}').getBoundingClientRect().left"
        words = f"{box.format('badge')} - {box.format('what')}"
        rows = page.locator(".step:not(.error) .row:visible")
        assert await rows.evaluate_all(f"rows => Math.min(...rows.map((row) => {words}))") > 130
        assert await page.locator(".step.skipped .latency:visible").count() == 0
        await browser.close()


@pytest.mark.live
async def test_two_runs_on_paper_say_why_they_differ(
    passed: Run, unequal: Run, read: Callable[[Evidence], bytes], tmp_path: Path
) -> None:
    """What a differing step was is unfolded for the print, the rest takes no room, and all is folded again after it."""
    (tmp_path / "two.html").write_text(render_comparison(compare(passed, unequal), read=read))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser("auto"), args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 703, "height": 900})
        await page.goto(f"file://{tmp_path}/two.html")
        await page.emulate_media(media="print")
        await page.evaluate("dispatchEvent(new Event('beforeprint'))")
        told = await page.locator(".pair .content:visible").all()
        assert told
        assert all([await one.locator("table").is_visible() for one in told])
        assert await page.locator(".pair .content").count() > len(told)
        for columns in (".pair-row > *", ".one > *"):
            assert await page.evaluate(OVERLAPS, [columns]) == []
        await page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert await page.locator(".pair .content[open]").count() == 0
        await browser.close()
