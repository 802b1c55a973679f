"""Finding and starting a browser, and why one does not start."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from prober.channels.web.config import Settings
from prober.errors import RobotBroken
from prober.loading.fields import did_you_mean

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_S = 60.0
_INSTALL = (
    "Install the chromium package of your distribution (apt install chromium), or run `playwright install chromium`, "
    "or name a browser at channels.web.browser in config.yaml."
)
_SLOW = "Look at the load and memory of this machine; the next run tries again."
_WRAPPERS = re.compile(r"\S+: (line )?\d+: \[: ")
"""What the shell says of a test in a distribution's launcher, whether the browser starts or not."""


def flags(settings: Settings) -> list[str]:
    """Return the command-line flags the browser is started with."""
    return [*_FLAGS, *(["--no-sandbox"] if _is_root() else []), *settings.args]


def find_browser(wanted: str) -> str | None:
    """
    Return the path of the browser to start; None means Playwright's own.

    Raises:
        RobotBroken: A browser is named, and is not there.
    """
    if wanted == "auto":
        return next(filter(None, map(shutil.which, _NAMES)), None)
    if found := shutil.which(Path(wanted).expanduser()):
        return str(found)
    raise RobotBroken(f"there is no browser at {wanted} (channels.web.browser)", cure=_INSTALL)


def not_started(executable: str | None, message: str, *, too_slow: bool) -> RobotBroken:
    """Return why *executable* (None: Playwright's own) did not start, by the *message* of who started it."""
    browser = executable or "of Playwright"
    if executable is None and "Executable doesn't exist" in message:
        return RobotBroken("no browser was found on this machine", cure=_INSTALL)
    told = _last_words(message)
    if too_slow:
        last = f"; it said: {told[:300]}" if told else ""
        return RobotBroken(f"the browser {browser} is not ready {START_S:g} s after its start{last}", cure=_SLOW)
    first = next(iter(message.splitlines()), "")
    return RobotBroken(f"the browser {browser} does not start: {(told or first)[:300]}", cure=_INSTALL)


def _last_words(log: str) -> str:
    """Return the line of a browser's own that tells best why it ended, from Playwright's log; empty if it said none."""
    said = [line.partition("[err]")[2].strip() for line in log.splitlines() if "[err]" in line]
    said = [line for line in said if line and not _WRAPPERS.match(line)]
    telling = [line for line in said if re.search("error|fatal|cannot|failed", line, re.IGNORECASE)]
    return next(iter([*telling, *reversed(said)]), "")


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def device_name(wanted: str, known: Iterable[str]) -> str:
    """
    Return Playwright's name of the device *wanted*.

    Raises:
        RobotBroken: It knows no such device.
    """
    names = {name.casefold(): name for name in known}
    if found := names.get(wanted.casefold()):
        return found
    raise RobotBroken(
        f"Playwright knows no device ‘{wanted}’ (channels.web.device)",
        cure=f"Write one of its names, such as Pixel 7, iPhone 15 or iPad Mini. {did_you_mean(wanted, names.values())}",
    )
