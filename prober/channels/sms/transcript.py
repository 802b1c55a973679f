"""The SMS exchange of a run as a person reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prober.channels.sms.arrivals import Arrivals
from prober.channels.timing import Clock


@dataclass(frozen=True)
class Sent:
    """A message that went out, or did not; *words* say what the gateway made of it."""

    at_s: float
    to: str
    text: str
    words: str


def transcript(title: str, sent: Sequence[Sent], arrivals: Arrivals, *, clock: Clock, opened_s: float) -> str:
    """
    Return every message and receipt in the order of time, one to a paragraph.

    Each has its instant in UTC, and the seconds since the session was opened. Every line of a text is indented, so that
    none reads as an entry, whatever it says.
    """
    entries = [(one.at_s, f"-> {one.to}  [{_flat(one.words)}]\n{_indented(one.text)}") for one in sent]
    entries += [(one.at_s, f"<- receipt of {_flat(one.message_id)}: {_flat(one.words)}") for one in arrivals.receipts]
    for message, fate in arrivals.inbox.fates.items():
        parts = ", ".join(f"{at_s - opened_s:+.3f} s" for at_s in message.parts_at_s)
        came = f" in {len(message.parts_at_s)} parts: {parts}" if len(message.parts_at_s) > 1 else ""
        entries.append((message.at_s, f"<- {_flat(message.sender)}{came}  [{fate}]\n{_indented(message.text)}"))
    incomplete = _flat(arrivals.inbox.unfinished(None))
    opened = f"opened {clock.at(opened_s):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z; seconds count from there"
    lines = [f"{_when(at_s, clock, opened_s)}  {words}" for at_s, words in sorted(entries)]
    return "\n".join([title, opened, *lines, *([f"never complete: {incomplete}"] if incomplete else [])]) + "\n"


def _when(at_s: float, clock: Clock, opened_s: float) -> str:
    return f"{clock.at(at_s):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {at_s - opened_s:+9.3f} s"


def _flat(words: str) -> str:
    return " ".join(words.split())


def _indented(text: str) -> str:
    return "\n".join(f"   {line}" for line in text.splitlines() or [""])
