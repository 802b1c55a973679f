"""Files that a page hands over: `download`."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
from contextlib import suppress
from pathlib import Path

from prober.channels.timing import monotonic
from prober.channels.web import inputs
from prober.channels.web.actions import Click, Download
from prober.channels.web.engine import Gone, NotFetched, TooLong, spoken
from prober.channels.web.moment import Moment, excerpt, shortfall
from prober.channels.web.window import Window
from prober.errors import RobotBroken
from prober.judge.expect import match
from prober.model.run import Fact, Observation, Seen

_TEXT_BYTES = 5_000_000
"""A larger file is not read as text."""
_SHOWN = 2_000


@dataclasses.dataclass(frozen=True)
class Fetched:
    """A file that was downloaded. *text* is None where it is none."""

    name: str
    size: int
    sha256: str
    text: str | None

    def facts(self) -> dict[str, Fact]:
        """Return what is told of it."""
        return {"file": self.name, "file_bytes": self.size, "file_sha256": self.sha256}


async def download(window: Window, wanted: Download, moment: Moment) -> tuple[Observation, Fetched | None]:
    """Click, wait until the file is complete, and hold its name and text against what they must hold."""
    clicked = await inputs.do(window, Click(wanted.element, wanted.in_), moment)
    if clicked.seen is not Seen.EXPECTED:
        return clicked, None
    expected = _words(wanted)
    clicked_s = moment.stimulus.at_s
    await window.change_until(lambda: window.downloads or window.dialog, moment.left_s)
    if not window.downloads:
        return await shortfall(window, Seen.NOTHING, expected=expected), None
    began_s, offered = window.downloads[0]
    timings = {**clicked.timings, "began_s": max(began_s - clicked_s, 0.0)}
    name = offered.suggested_filename
    path, why = None, ""
    try:
        async with asyncio.timeout(max(moment.left_s, 0)):
            with spoken(window.browser):
                path = await offered.path()
    except TimeoutError:
        why = f"the download of {name} began, and did not come to its end"
        with suppress(Gone, TooLong, NotFetched, RobotBroken), spoken(window.browser):
            await offered.cancel()
    except (Gone, TooLong, NotFetched, RobotBroken):
        if window.browser is None or not window.browser.is_connected():
            raise
        why = f"the download of {name} broke off"
    complete_s = monotonic()
    if path is None:
        return Observation(Seen.NOTHING, expected=expected, actual=why, timings=timings), None
    fetched = await asyncio.to_thread(_read, path, name)
    seen = _judged(wanted, fetched, expected=expected)
    return (
        dataclasses.replace(
            seen,
            took_s=complete_s - clicked_s,
            timings=timings,
            facts={**clicked.facts, **fetched.facts()},
            evidence_s=monotonic() - complete_s,
        ),
        fetched,
    )


def _judged(wanted: Download, fetched: Fetched, *, expected: str) -> Observation:
    named = match(wanted.file, fetched.name) if wanted.file else None
    held = match(wanted.text, fetched.text or "") if wanted.text else None
    groups = {**(named.groups if named else {}), **(held.groups if held else {})}
    right = (named or wanted.file is None) and (held or wanted.text is None)
    actual = f"{fetched.name}, {fetched.size} bytes"
    if wanted.text and not held:
        actual += f": {excerpt(fetched.text[:_SHOWN])}" if fetched.text else ", which is no text"
    return Observation(
        Seen.EXPECTED if right else Seen.WRONG_CONTENT,
        expected=expected,
        actual=actual,
        text=fetched.text or fetched.name,
        groups=groups,
    )


def _read(path: Path, name: str) -> Fetched:
    content = path.read_bytes()
    return Fetched(name, len(content), hashlib.sha256(content).hexdigest(), _text(content))


def _text(content: bytes) -> str | None:
    """Return *content* as text, UTF-8 or as Chinese systems write it; None where it is none."""
    if len(content) > _TEXT_BYTES or b"\0" in content:
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        with suppress(UnicodeDecodeError):
            return content.decode(encoding)
    return None


def _words(wanted: Download) -> str:
    name = f" {wanted.file}" if wanted.file else ""
    held = f" that holds {wanted.text}" if wanted.text else ""
    return f"a file{name}{held} from ‘{wanted.element}’"
