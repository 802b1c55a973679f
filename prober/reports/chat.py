"""An SMS transcript, read back from its text so that it can be shown as a conversation."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

_ENTRY = re.compile(
    r"\d{4}-\d\d-\d\dT(?P<at>\d\d:\d\d:\d\d(?:\.\d+)?)Z(?P<after>(?: +[+-]\d+\.\d+ s)?)  (?P<way>->|<-) (?P<rest>.*)"
)
_REST = "never complete: "
_HEAD = re.compile(r"(?P<who>.*?)(?:  \[(?P<fate>.*)\])?")


class Way(StrEnum):
    """Where a message went, seen from the robot; a receipt tells how one that was sent fared."""

    SENT = "sent"
    RECEIVED = "received"
    RECEIPT = "receipt"


@dataclass(frozen=True)
class Bubble:
    """One message or receipt. *at* is its time of day in UTC, *after* that since the session began, *fate* its end."""

    way: Way
    at: str
    who: str
    fate: str = ""
    after: str = ""
    text: str = ""


def bubbles(transcript: str) -> list[Bubble]:
    """Return the messages of a transcript in their order; empty if *transcript* is none."""
    found: list[Bubble] = []
    for line in transcript.splitlines():
        if entry := _ENTRY.fullmatch(line):
            found.append(_bubble(entry))
        elif line.startswith(_REST):
            found.append(Bubble(Way.RECEIPT, "", line))
        elif found:
            text = "\n".join(filter(None, (found[-1].text, line.removeprefix("   "))))
            found[-1] = replace(found[-1], text=text)
    return found


def _bubble(entry: re.Match[str]) -> Bubble:
    head = _HEAD.fullmatch(entry["rest"])
    who, fate = (head["who"], head["fate"] or "") if head else (entry["rest"], "")
    after = entry["after"].strip()
    if entry["way"] == "->":
        return Bubble(Way.SENT, entry["at"], who, fate, after)
    # A sender may call itself "receipt of"; only a message has a fate.
    is_receipt = who.startswith("receipt of ") and not fate
    return Bubble(Way.RECEIPT if is_receipt else Way.RECEIVED, entry["at"], who, fate, after)
