"""Where the marks of a recording stand on its picture, so that each can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from unicodedata import east_asian_width

from prober.model.run import StepResult
from prober.reports.patterns import friendly
from prober.reports.riff import Cue, Kind
from prober.reports.words import seconds

_PAPER_PX, _PHONE_PX = 640, 270
"""How wide the picture is on paper and on a phone: names fit on paper, and are cut on a phone; numbers fit on both."""
_LETTER_PX, _STAFF_PX = 6.4, 6
_ROWS = 4
"""How many rows there are at most; past them names are cut."""


@dataclass(frozen=True)
class Flag:
    """
    One mark: a staff at *left*, and the *width* that its name needs, in percent of the picture.

    *row* counts from the picture outwards. *room* is what the name may take without touching another flag; where the
    picture ends too soon, it stands *before* the staff.
    """

    kind: Kind
    at_s: float
    name: str
    title: str
    left: float
    width: float
    before: bool
    row: int = 0
    room: float = 100.0

    def covers(self, other: Flag) -> bool:
        """Whether the names of both would touch in one row."""
        start, other_start = (each.left - each.width * each.before for each in (self, other))
        return start < other_start + other.width and other_start < start + self.width


def step_flags(marks: Sequence[tuple[StepResult, float]], length_s: float) -> tuple[Flag, ...]:
    """Return the flags of steps, by the second they began at. A number that has no room is left out."""
    told = [(str(step.index + 1), f"{step.index + 1} {friendly(step.name)}", at_s) for step, at_s in marks]
    flags = _laid_out([_flag(Kind.STEP, *one, whole=(length_s, _PHONE_PX)) for one in told])
    return tuple(flag if flag.room >= flag.width else replace(flag, name="") for flag in flags)


def cue_flags(cues: Sequence[Cue], length_s: float) -> tuple[Flag, ...]:
    """Return the flags of what the recording is marked with. Keys, and SIP messages, share one where they are close."""
    flags = [_flag(cue.kind, cue.short, cue.text, cue.at_s, whole=(length_s, _PAPER_PX)) for cue in cues]
    keys = [flag for flag in flags if flag.kind is Kind.KEY]
    prompts = [flag for flag in flags if flag.kind in (Kind.PROMPT, Kind.TONE)]
    others = _together([flag for flag in flags if flag.kind not in (Kind.KEY, Kind.PROMPT, Kind.TONE)])
    beneath = sorted([*others, *prompts], key=lambda flag: flag.left)
    return (*_together(keys), *_laid_out(beneath))


def _flag(kind: Kind, name: str, title: str, at_s: float, *, whole: tuple[float, int]) -> Flag:
    length_s, width_px = whole
    letters = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in name)
    left, width = 100 * at_s / length_s, 100 * (letters * _LETTER_PX + _STAFF_PX) / width_px
    before = bool(name) and width <= left and left + width > 100
    return Flag(kind, at_s, name, f"{title} · {seconds(at_s)}", left, width, before)


def _together(flags: Sequence[Flag]) -> list[Flag]:
    """Return *flags* with those made one that would touch, under all their names."""
    found: list[Flag] = []
    for flag in flags:
        if found and found[-1].covers(flag):
            last = found[-1]
            both = last.width + flag.width
            found[-1] = replace(last, name=last.name + flag.name, title=f"{last.title}\n{flag.title}", width=both)
        else:
            found.append(flag)
    return found


def _laid_out(flags: Sequence[Flag]) -> list[Flag]:
    """Return *flags*, given in order, in rows: later ones nearer to the picture, so that no staff crosses a name."""
    placed: list[Flag] = []
    for flag in reversed(flags):
        rows = [other.row for other in placed if flag.covers(other)]
        placed.insert(0, replace(flag, row=min(max(rows, default=-1) + 1, _ROWS - 1)))
    # Those before their staffs first: they bound the others.
    for at, flag in sorted(enumerate(placed), key=lambda each: not each[1].before):
        placed[at] = replace(flag, room=_room(flag, placed[:at], placed[at + 1 :]))
    return placed


def _room(flag: Flag, earlier: Sequence[Flag], later: Sequence[Flag]) -> float:
    """Return how much *flag* may cover between its neighbours, which are those of its row and of rows beyond it."""
    if not flag.before:
        starts = [other.left - other.room * other.before for other in later if other.row >= flag.row]
        return min(starts, default=100.0) - flag.left
    last = next((other for other in reversed(earlier) if other.row >= flag.row), None)
    free = flag.left - last.left if last else flag.left
    return max(min(flag.width, free), min(free / 2, free - last.width if last else free))
