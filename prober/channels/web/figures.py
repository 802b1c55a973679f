"""How a page fared, by its own figures, and what went wrong beneath it: `vitals`, `errors`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prober.channels.web.moment import Moment
from prober.channels.web.page_checks import Errors, Vitals
from prober.channels.web.window import Blocked, Window
from prober.judge.expect import match
from prober.model.run import Fact, Observation, Seen

_SHOWN = 5


@dataclass(frozen=True)
class _Figure:
    """One figure of a page: its key among what the page tells, how it is told, and by what it is divided for that."""

    key: str
    named: str
    form: str
    per: float = 1.0

    def value(self, told: Mapping[str, Any]) -> float | None:
        """Return it in the unit of its limit; None where the page does not have it."""
        figure = told.get(self.key)
        return None if figure is None or (self.key in _INSTANTS and not figure) else figure / self.per

    def words(self, value: float | None) -> str:
        """Return it as a person reads it."""
        return f"{self.named} {self.form.format(value)}" if value is not None else f"no {self.named}"

    def wanted(self, limit: float) -> str:
        """Return its limit so."""
        return f"{self.named} ≤ {self.form.format(limit)}"


_INSTANTS = frozenset({"responseStart", "fcp", "lcp", "loadEventStart"})
_FIGURES = {
    "ttfb": _Figure("responseStart", "time to first byte", "{:.2f} s", 1000),
    "fcp": _Figure("fcp", "first contentful paint", "{:.2f} s", 1000),
    "lcp": _Figure("lcp", "largest contentful paint", "{:.2f} s", 1000),
    "inp": _Figure("inp", "interaction to next paint", "{:.3f} s", 1000),
    "cls": _Figure("cls", "layout shift", "{:.3f}"),
    "load": _Figure("loadEventStart", "load", "{:.2f} s", 1000),
    "bytes": _Figure("bytes", "bytes", "{:.0f}"),
    "requests": _Figure("requests", "requests", "{:.0f}"),
    "slowest": _Figure("slowest", "slowest request", "{:.2f} s", 1000),
}
"""By the names of their limits."""


async def told(window: Window) -> dict[str, Any]:
    """Return what the page tells of itself; empty where it does not answer."""
    try:
        return await window.ask(None, "() => window.__prober?.vitals()") or {}
    except (TimeoutError, Blocked):
        return {}


async def vitals(window: Window, wanted: Vitals, _: Moment) -> Observation:
    """Return whether the page keeps to every limit so far."""
    page = await told(window)
    values = {name: one.value(page) for name, one in _FIGURES.items()}
    limits = {name: limit for name in _FIGURES if (limit := getattr(wanted, name)) is not None}
    missed = [name for name, limit in limits.items() if (value := values[name]) is None or value > limit]
    shown = missed or list(limits) or [name for name, value in values.items() if value is not None]
    actual = "; ".join(_FIGURES[name].words(values[name]) for name in shown)
    if "slowest" in shown and page.get("slowest_name"):
        actual += f" ({page['slowest_name']})"
    return Observation(
        Seen.POOR_FIGURES if missed or not page else Seen.EXPECTED,
        expected="; ".join(_FIGURES[name].wanted(limit) for name, limit in limits.items()) or "figures of the page",
        actual=actual if page else "the page tells nothing of itself",
        timings=timings(page),
        facts=facts(page),
        doubtful=not page,
    )


def facts(page: Mapping[str, Any]) -> dict[str, Fact]:
    """Return what is kept of a page's figures beside its timings."""
    kept: dict[str, Fact] = {name: page[name] for name in ("bytes", "requests") if name in page}
    if "cls" in page:
        kept["cls"] = round(float(page["cls"] or 0), 4)
    if page.get("slowest_name"):
        kept |= {"slowest_request_s": round(page["slowest"] / 1000, 3), "slowest_request": page["slowest_name"]}
    return kept


_Span = tuple[str | None, str]
_SPANS: Mapping[str, _Span] = {
    "dns_s": ("domainLookupStart", "domainLookupEnd"),
    "connect_s": ("connectStart", "connectEnd"),
    "tls_s": ("secureConnectionStart", "connectEnd"),
    "ttfb_s": (None, "responseStart"),
    "dom_content_loaded_s": (None, "domContentLoadedEventStart"),
    "load_s": (None, "loadEventStart"),
    "fcp_s": (None, "fcp"),
    "lcp_s": (None, "lcp"),
    "inp_s": (None, "inp"),
}


def timings(page: Mapping[str, Any]) -> dict[str, float]:
    """Return the named timings out of what a page knows of its own navigation; what did not happen is not there."""
    measured: dict[str, float] = {}
    for name, (start, end) in _SPANS.items():
        start_ms, end_ms = page.get(start, 0) if start else 0, page.get(end)
        if end_ms and (start is None or 0 < start_ms < end_ms):
            measured[name] = (end_ms - start_ms) / 1000
    return measured


async def errors(window: Window, wanted: Errors, _: Moment) -> Observation:
    """Return whether there were no more troubles than allowed since this was asked last, or since the run began."""
    counted = [one for one in window.notes.troubles() if not any(match(other, one) for other in wanted.except_)]
    return Observation(
        Seen.PAGE_ERRORS if len(counted) > wanted.most else Seen.EXPECTED,
        expected=f"at most {wanted.most} errors" if wanted.most else "no errors",
        actual=_listed(counted),
        facts={"errors": len(counted)},
    )


def _listed(troubles: list[str]) -> str:
    if not troubles:
        return "no errors"
    more = f"; and {len(troubles) - _SHOWN} more" if len(troubles) > _SHOWN else ""
    return "; ".join(one[:200] for one in troubles[:_SHOWN]) + more
