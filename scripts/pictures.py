#!/usr/bin/env python3
"""
Take the picture of a report anew, docs/images/report.png: whoever changes how reports look runs this.

    .venv/bin/python scripts/pictures.py

It plays the balance scenario against the demo operator with a wrong balance in its web hall, in a store of its own.
The other pictures of docs/images are written by hand.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from demo import BALANCE, PROBER, environment, operator
from playwright.sync_api import sync_playwright

from prober.channels.web.engine import find_browser

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "report.png"
WIDTH_PX = 1180


def play(folder: Path) -> Path:
    """Return the report of a run that found the web hall's balance to be another."""
    report = folder / "report.html"
    own = {"PROBER__STORE__URL": f"sqlite:///{folder}/store.sqlite", "PROBER__EVIDENCE__PATH": f"{folder}/evidence"}
    command = [*PROBER, "run", *BALANCE, "--line=demo-1", f"--html={report}"]
    with operator() as doors:
        httpx.put(f"{doors['control']}/faults", json={"web": "wrong-balance"}).raise_for_status()
        played = subprocess.run(command, cwd=ROOT, env=environment(doors) | own, check=False)
    if played.returncode != 1:
        sys.exit(f"The fault was to be caught (exit 1), but `prober run` ended with {played.returncode}; see above.")
    return report


def photograph(report: Path) -> None:
    """Write the picture of *report*, down to the end of its SIP ladder."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser("auto"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH_PX, "height": 900}, color_scheme="light")
        page.goto(report.as_uri())
        end = page.locator(".panel:has(.ladder)").evaluate("panel => panel.getBoundingClientRect().bottom + scrollY")
        page.screenshot(path=PICTURE, full_page=True, clip={"x": 0, "y": 0, "width": WIDTH_PX, "height": end + 12})
        browser.close()


def main() -> None:
    """Play, and take the picture."""
    with TemporaryDirectory() as folder:
        photograph(play(Path(folder)))


if __name__ == "__main__":
    main()
