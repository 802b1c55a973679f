"""In a real browser the report works, asks nobody for anything, and complains of nothing."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import async_playwright

from prober.channels.web.engine import find_browser
from prober.model.run import Evidence, Outcome, Run
from prober.reports.html import render, render_index


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


def film() -> bytes:
    """Return a film of two colours."""
    made = io.BytesIO()
    red, blue = (Image.new("RGB", (160, 100), colour) for colour in ("red", "blue"))
    red.save(made, "WEBP", save_all=True, append_images=[blue], duration=500, loop=0)
    return made.getvalue()


@pytest.mark.live
async def test_pictures_open_without_scripts(
    passed: Run, files: dict[str, bytes], kept: Callable[..., Evidence], tmp_path: Path
) -> None:
    """The strip shows a still a step, the failed one marked; each opens; film and looks are there; on paper too."""
    shown = dict(files) | {"film.webp": film()}
    pictures = ("1", "2", "3", "approved", "candidate", "difference")
    shown |= {f"{name}.png": files["r/9.png"] + name.encode() for name in pictures}
    record = lambda kind, path, step=None: replace(  # noqa: E731
        kept(kind, path, step), sha256=hashlib.sha256(shown[path]).hexdigest(), bytes=len(shown[path])
    )
    steps = list(passed.steps)
    for index, path in ((5, "1.png"), (6, "2.png"), (8, "3.png")):
        steps[index] = replace(steps[index], evidence=(record("screenshot", path, index),))
    looks = tuple(record(kind, f"{kind}.png", 8) for kind in ("candidate", "difference", "approved"))
    steps[8] = replace(steps[8], outcome=Outcome.FAILED, evidence=(*steps[8].evidence, *looks))
    run = replace(passed, outcome=Outcome.FAILED, steps=tuple(steps), evidence=(record("film", "film.webp"),))
    (tmp_path / "report.html").write_text(render([run], title="t", read=lambda one: shown[one.path]))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser("auto"), args=["--no-sandbox"])
        context = await browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
        page = await context.new_page()
        await page.goto(f"file://{tmp_path}/report.html")
        assert await page.locator(".filmstrip li").count() == 3
        assert "✗" in await page.locator(".filmstrip li.failed").inner_text()
        assert await page.locator(".looks figure img").count() == 3
        order = [await one.get_attribute("class") for one in await page.locator(".looks figure").all()]
        assert order == ["approved", "candidate", "difference"]
        assert await page.locator(".shots img").count() == 0, "no picture stands there twice"
        await page.locator(".filmstrip .shot").nth(2).click()
        opened = await page.locator(".filmstrip img").nth(2).bounding_box()
        assert opened is not None
        assert (opened["width"], opened["height"]) == (390, 800)
        await page.locator(".filmstrip img").nth(2).click()
        assert await page.locator(".film img").bounding_box() is not None
        await page.emulate_media(media="print")
        await page.set_viewport_size({"width": 700, "height": 900})
        assert await page.locator(".filmstrip img:visible").count() == 3
        strip = await page.locator(".filmstrip").bounding_box()
        assert strip is not None
        assert strip["width"] <= 700
        await browser.close()


@pytest.mark.live
async def test_the_index_finds_and_sorts_runs(runs: list[Run], tmp_path: Path) -> None:
    """Outcomes, words and pillars choose runs, headings sort them, and the address brings the choice back."""
    (tmp_path / "index.html").write_text(render_index(runs, title="t", folder="runs"))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser("auto"), args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 420, "height": 800})
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"file://{tmp_path}/index.html")
        shown = page.locator(".runs tbody tr:visible")
        assert await shown.count() == len(runs)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 420
        await page.locator(".filter label.failed").click()
        await page.locator("[type=search]").fill("packages")
        assert await shown.count() == 1
        await page.goto("about:blank")
        await page.goto(f"file://{tmp_path}/index.html#outcome=error&outcome=skipped")
        assert await shown.count() == 2
        await page.locator("[type=reset]").click()
        await page.locator("th[data-by=took]").click()
        await page.wait_for_function("document.querySelector('output').textContent.startsWith('7 ')")
        took = [float(await row.get_attribute("data-took") or 0) for row in await shown.all()]
        assert took == sorted(took, reverse=True)
        await page.locator(".pillars i[title]").first.click()
        assert await page.locator(".filter .span").is_visible()
        await browser.close()
    assert complaints == []


@pytest.mark.live
async def test_the_index_can_be_read_without_scripts(runs: list[Run], tmp_path: Path) -> None:
    """Every run is listed with its link; what only scripts could do is not offered."""
    (tmp_path / "index.html").write_text(render_index(runs, title="t", folder="runs"))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser("auto"), args=["--no-sandbox"])
        context = await browser.new_context(java_script_enabled=False)
        page = await context.new_page()
        await page.goto(f"file://{tmp_path}/index.html")
        assert await page.locator(".runs tbody a:visible").count() == len(runs)
        assert await page.locator(".filter").is_hidden()
        await browser.close()
