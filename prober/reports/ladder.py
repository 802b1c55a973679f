"""A call's SIP ladder, read back from its text so that it can be drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_RUNG = re.compile(r"\s*(?P<at>\d+\.\d+) s\s+robot (?P<way>[→←·])\s+(?P<rest>.*)")
_FIGURE = re.compile(r"\s*(?P<took>\d+\.\d+) s  (?P<what>(?!robot ).+)")
_RECORDING = "the recording begins"


class Way(StrEnum):
    """Where a message went; a note went nowhere."""

    SENT = "sent"
    RECEIVED = "received"
    NOTE = "note"


_WAYS = {"→": Way.SENT, "←": Way.RECEIVED, "·": Way.NOTE}


@dataclass(frozen=True)
class Rung:
    """One message, or something noted beside them. *at_s* counts from the first; *refusal*: a final 3xx to 6xx."""

    at_s: float
    way: Way
    peer: str
    text: str

    @property
    def refusal(self) -> bool:
        """Whether it says no. A challenge (401, 407) is the usual way to ask who calls."""
        code = re.match(r"SIP/2\.0 ([3-6]\d\d)", self.text)
        return code is not None and code[1] not in ("401", "407")


def rungs(text: str) -> list[Rung]:
    """Return the rungs of a ladder; empty if *text* is none."""
    return [_rung(found) for found in map(_RUNG.match, text.splitlines()) if found]


def call_figures(text: str) -> list[tuple[float, str]]:
    """Return how long the parts of the call took, in seconds, as the ladder tells beneath its rungs."""
    return [(float(found["took"]), found["what"]) for found in map(_FIGURE.fullmatch, text.splitlines()) if found]


def recording_began_s(ladder: list[Rung]) -> float | None:
    """Return when the recording began, counted from the INVITE."""
    invited_s = next((rung.at_s for rung in ladder if rung.text.startswith("INVITE ")), 0.0)
    return next((rung.at_s - invited_s for rung in ladder if _RECORDING in rung.text), None)


def was_answered(ladder: list[Rung]) -> bool:
    """Return whether the far end took the call, before either side ended it."""
    for rung in ladder:
        if rung.text.startswith(("CANCEL ", "BYE ")):
            return False
        if rung.way is Way.RECEIVED and rung.text.startswith("SIP/2.0 2"):
            return True
    return False


def _rung(found: re.Match[str]) -> Rung:
    way = _WAYS[found["way"]]
    peer, text = ("", found["rest"]) if way is Way.NOTE else found["rest"].partition("  ")[::2]
    return Rung(float(found["at"]), way, peer, text.strip())
