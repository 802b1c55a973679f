"""The requests of a page, read from its HAR, as a waterfall."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

SHOWN = 60
"""Requests that are listed; the rest is in the file."""


@dataclass(frozen=True)
class Request:
    """One request. *left* and *width* are its place on the time axis, in percent; *status* 0 is: no answer came."""

    method: str
    url: str
    status: int
    kind: str
    took_s: float | None
    bytes: int | None
    left: float
    width: float

    @property
    def path(self) -> str:
        """What tells it from the others of its host."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    @property
    def host(self) -> str:
        """Whom it asked."""
        return urlsplit(self.url).netloc

    @property
    def bad(self) -> bool:
        """Whether it went wrong."""
        return self.status == 0 or self.status >= 400


@dataclass(frozen=True)
class Waterfall:
    """The requests that are shown, all bad ones among them, and how many are not; in the order they were begun."""

    requests: tuple[Request, ...]
    left_out: int
    length_s: float
    hosts: int


def waterfall(text: str) -> Waterfall | None:
    """Return the requests of a HAR; None if *text* is none, or holds none."""
    try:
        entries = [read for entry in json.loads(text)["log"]["entries"] if (read := _read(entry))]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not entries:
        return None
    entries.sort(key=lambda entry: entry[0])
    first_s = entries[0][0]
    length_s = max(1e-6, *(at_s - first_s + (request.took_s or 0.0) for at_s, request in entries))
    placed = [_placed(request, at_s - first_s, length_s) for at_s, request in entries]
    shown = _shown(placed)
    return Waterfall(tuple(shown), len(placed) - len(shown), length_s, len({request.host for request in placed}))


def _shown(requests: list[Request]) -> list[Request]:
    bad = [at for at, request in enumerate(requests) if request.bad][:SHOWN]
    kept = set(bad)
    kept |= set([at for at in range(len(requests)) if at not in kept][: SHOWN - len(bad)])
    return [requests[at] for at in sorted(kept)]


def _placed(request: Request, after_s: float, length_s: float) -> Request:
    left = 100 * after_s / length_s
    width = min(100 * (request.took_s or 0.0) / length_s, 100 - left)
    return Request(
        request.method, request.url, request.status, request.kind, request.took_s, request.bytes, left, width
    )


def _read(entry: Any) -> tuple[float, Request] | None:
    """Return when a request was begun, and the request; None if it cannot be read."""
    try:
        at_s = datetime.fromisoformat(str(entry["startedDateTime"])).timestamp()
        asked, answer = entry["request"], entry["response"]
        took_ms = _number(entry.get("time"))
        content = answer.get("content") or {}
        sizes = (answer.get("_transferSize"), answer.get("bodySize"), content.get("size"))
        return at_s, Request(
            method=str(asked["method"]),
            url=str(asked["url"]),
            status=max(int(_number(answer.get("status")) or 0), 0),
            kind=str(content.get("mimeType") or "").partition(";")[0].rpartition("/")[2],
            took_s=None if took_ms is None else took_ms / 1000,
            bytes=_first(sizes),
            left=0.0,
            width=0.0,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _first(sizes: Iterable[Any]) -> int | None:
    """Return the first size that was measured: HAR writes -1 for what was not."""
    return next((int(size) for each in sizes if (size := _number(each)) is not None), None)


def _number(value: Any) -> float | None:
    """Return a figure; None for what is none, and for -1, HAR's word for that."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    return float(value)
