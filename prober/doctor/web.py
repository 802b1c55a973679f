"""The browser, where it is from, what it can show, and the pages it is to open."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import httpx

from prober.channels.web.config import Settings as WebSettings
from prober.channels.web.launching import find_browser
from prober.doctor.finding import Finding, Patient, broken, good, warning
from prober.errors import RobotBroken

_SAID_S = 20.0
_ANSWER_S = 10.0
_FONTS = "apt install fonts-wqy-microhei, or dnf install wqy-microhei-fonts (google-noto-sans-cjk-ttc-fonts)."


def _settings(patient: Patient) -> WebSettings:
    settings: WebSettings = patient.channels["web"]
    return settings


def browser(patient: Patient) -> Finding:
    """Say which browser is taken, and where it is from. Whether it opens a page is the self-check's to see."""
    settings = _settings(patient)
    try:
        path = find_browser(settings.browser)
    except RobotBroken as exc:
        return broken(exc.what, exc.cure)
    if path is None:
        place = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or "~/.cache/ms-playwright"
        if not any(Path(place).expanduser().glob("chromium*")):
            cure = "Install chromium (apt or dnf), or name one at channels.web.browser in config.yaml."
            return broken("there is no Chromium or Chrome on this machine, and none of Playwright's", cure)
        return good(f"Playwright's own Chromium, from {place}")
    chosen = "found on PATH" if settings.browser == "auto" else "named in config.yaml"
    return good(f"{_version(path)}, {path} ({chosen})")


def _version(path: str) -> str:
    return _said([path, "--version"]).strip().partition("\n")[0] or "a browser that does not say its version"


def _said(command: list[str]) -> str:
    """Return what a command prints; nothing where it cannot be run, or does not end."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_SAID_S, check=False).stdout  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""


def fonts(_: Patient) -> Finding:
    """See that Chinese pages are no rows of boxes in screenshots; what is read from them is right without."""
    listing = shutil.which("fc-list")
    if listing is None:
        return warning("it is not known whether there are Chinese fonts (no fc-list)", f"Install fontconfig; {_FONTS}")
    done = _said([listing, ":lang=zh", "family"])
    families = sorted({line.partition(",")[0] for line in done.splitlines() if line})
    if not families:
        return warning("there is no Chinese font: screenshots show boxes", _FONTS)
    return good(
        f"{families[0]} shows Chinese pages" + (f", and {len(families) - 1} more fonts" if families[1:] else "")
    )


async def base_url(patient: Patient) -> Finding:
    """Fetch the first page as a customer's browser would ask for it; any answer but a server's fault will do."""
    settings = _settings(patient)
    url = settings.base_url
    if not url:
        return good("no channels.web.base_url is set: scenarios name whole addresses")
    cure = "Open it by hand (curl -v); check channels.web.base_url and proxy, the DNS, and the firewall."
    try:
        async with httpx.AsyncClient(
            proxy=settings.proxy or None,
            verify=not settings.ignore_https_errors,
            timeout=_ANSWER_S,
            trust_env=False,
        ) as customer:
            answer = await customer.get(url)
    except httpx.HTTPError as exc:
        return broken(f"{url} does not answer: {str(exc) or type(exc).__name__}", cure)
    if answer.is_server_error:
        return warning(f"{url} answers {answer.status_code} {answer.reason_phrase}", "The web hall itself is not well.")
    return good(f"{url} answers {answer.status_code} in {answer.elapsed.total_seconds():.2f} s")
