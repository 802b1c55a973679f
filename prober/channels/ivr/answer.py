"""What was heard since the stimulus, and whether it is what was waited for. It only reads a call's log."""

from __future__ import annotations

from dataclasses import dataclass, replace

from prober.channels.ivr.actions import Until
from prober.channels.ivr.call import Call
from prober.channels.ivr.hearing.events import (
    Confirmed,
    Diverged,
    KeyHeard,
    ReadOut,
    Started,
    Tone,
    ToneEnded,
    ToneStarted,
)
from prober.channels.ivr.messages import FarKey, Heard

TOLERANCE_S = 0.04
"""An onset is known to within two frames; one this little before the stimulus may still answer it."""
SLIP_S = 0.5
"""A prompt that was lost and found again, its start moved by no more, is the same playing with a gap in it."""
WHOLE = 0.8
"""The share of a prompt that must have been followed, gaps apart, for it to have been heard whole."""
TAIL_S = 0.5
"""How long an IVR may go on with what it was saying when a key was pressed."""


@dataclass(frozen=True)
class Occurrence:
    """One playing of a prompt: how it was recognised, how it ended, and what was read out behind it."""

    recognition: Started
    started: Heard
    ended: Heard | None = None
    read_out: Heard | None = None
    gaps: int = 0
    followed_before: float = 0.0
    """The share of it that was followed before the last gap."""

    @property
    def prompt(self) -> str:
        """Its name."""
        return self.recognition.prompt

    @property
    def confirmed(self) -> bool:
        """It was heard to its end."""
        match self.ended.event if self.ended else None:
            case Confirmed():
                return True
            case Diverged(coverage=coverage):
                return self.gaps > 0 and self.followed_before + coverage >= WHOLE
        return False

    @property
    def withdrawn(self) -> bool:
        """It stopped being that prompt: cut off, or another one that begins alike."""
        return self.ended is not None and not self.confirmed

    @property
    def went_on_otherwise(self) -> bool:
        """Whether other sound stood in place of its own."""
        return self.ended is not None and isinstance(self.ended.event, Diverged) and self.ended.event.otherwise


@dataclass(frozen=True)
class Question:
    """
    Which of *prompts* is waited for; of none, a *tone*.

    What began before *since_s*, or by *after_s* has answered another, is no answer; by *ends_at_s* it is to begin.
    """

    prompts: tuple[str, ...]
    until: Until
    since_s: float
    ends_at_s: float = float("inf")
    after_s: float = float("-inf")
    tone: Tone | None = None

    def may_be(self, one: Occurrence) -> bool:
        """Whether it began late enough."""
        return one.started.began_at_s >= self.since_s - TOLERANCE_S and one.started.at_s > self.after_s


def occurrences(call: Call) -> list[Occurrence]:
    """Return every playing of a prompt that was recognised in the call, in order of recognition."""
    found: list[Occurrence] = []
    for heard in call.heard:
        match heard.event:
            case Started() as again:
                index = _last(found, again.prompt)
                if index is not None and _goes_on(found[index], again):
                    found[index] = _after_gap(found[index])
                else:
                    found.append(Occurrence(again, heard))
            case Confirmed(prompt=prompt) | Diverged(prompt=prompt):
                index = _last(found, prompt)
                if index is not None and found[index].ended is None:
                    found[index] = replace(found[index], ended=heard)
            case ReadOut(after=prompt):
                index = _last(found, prompt)
                if index is not None:
                    found[index] = replace(found[index], read_out=heard)
    return found


def _goes_on(one: Occurrence, again: Started) -> bool:
    return one.withdrawn and abs(again.onset_s - one.recognition.onset_s) <= SLIP_S


def _after_gap(one: Occurrence) -> Occurrence:
    lost = one.ended.event if one.ended else None
    followed = lost.coverage if isinstance(lost, Diverged) else 0.0
    return replace(one, ended=None, gaps=one.gaps + 1, followed_before=one.followed_before + followed)


def _last(found: list[Occurrence], prompt: str) -> int | None:
    return next((index for index in range(len(found) - 1, -1, -1) if found[index].prompt == prompt), None)


def candidate(call: Call, question: Question) -> Occurrence | None:
    """Return the first playing that answers, or may yet turn out to answer."""
    return next(
        (
            one
            for one in occurrences(call)
            if one.prompt in question.prompts and question.may_be(one) and not one.withdrawn
        ),
        None,
    )


def others(call: Call, question: Question) -> list[Occurrence]:
    """Return the playings of other prompts since the stimulus."""
    return [
        one
        for one in occurrences(call)
        if one.prompt not in question.prompts
        and not one.withdrawn
        and one.started.began_at_s >= question.since_s - TOLERANCE_S
    ]


def cut_off(call: Call, question: Question) -> Occurrence | None:
    """Return a playing of the prompt that began rightly and was not played to its end."""
    return next(
        (one for one in occurrences(call) if one.prompt in question.prompts and question.may_be(one) and one.withdrawn),
        None,
    )


def going_on(call: Call, question: Question, until_s: float) -> Occurrence | None:
    """Return the prompt that was being played at the stimulus and went on for longer than a tail."""
    for one in occurrences(call):
        end_s = until_s if one.ended is None else (one.ended.ended_at_s or one.ended.at_s)
        if one.started.began_at_s < question.since_s - TOLERANCE_S and end_s > question.since_s + TAIL_S:
            return one
    return None


def undecided(call: Call, question: Question, known_by_s: float) -> bool:
    """Whether something is heard that may yet be the prompt; another one, followed since *known_by_s*, is not."""
    last = next(reversed(occurrences(call)), None)
    followed = last is not None and last.ended is None and last.started.reported_at_s <= known_by_s
    return call.sounding and not (followed and last is not None and last.prompt not in question.prompts)


@dataclass(frozen=True)
class ToneHeard:
    """A tone that was heard from *at_s* on; *ended_s* is None while it goes on."""

    tone: Tone
    at_s: float
    recorded_s: float | None = None
    ended_s: float | None = None


def tones(call: Call) -> list[ToneHeard]:
    """Return every tone of the network, and music, that was heard in the call, in order."""
    found: list[ToneHeard] = []
    for heard in call.heard:
        match heard.event:
            case ToneStarted(tone=tone):
                found.append(ToneHeard(tone, heard.at_s, heard.recorded_s))
            case ToneEnded(tone=tone):
                index = next((index for index in reversed(range(len(found))) if found[index].tone is tone), None)
                if index is not None:
                    found[index] = replace(found[index], ended_s=heard.at_s)
    return found


def tones_since(call: Call, since_s: float) -> list[ToneHeard]:
    """Return those that began no earlier."""
    return [one for one in tones(call) if one.at_s >= since_s - TOLERANCE_S]


def music_before(call: Call, since_s: float) -> list[ToneHeard]:
    """Return the music that began before and went on for longer than a tail."""
    return [
        one
        for one in tones(call)
        if one.tone is Tone.MUSIC
        and one.at_s < since_s - TOLERANCE_S
        and (one.ended_s is None or one.ended_s > since_s + TAIL_S)
    ]


def far_keys(call: Call, since_s: float) -> list[FarKey]:
    """
    Return the keys the far end pressed since then.

    Those that came as RTP events, if any did: a far end that sends both ways pressed each key once.
    """
    events = [one for one in call.far_keys if one.at_s >= since_s]
    return events or [
        FarKey(heard.at_s, heard.event.key)
        for heard in call.heard
        if isinstance(heard.event, KeyHeard) and heard.at_s >= since_s
    ]


def silence_s(call: Call, since_s: float, until_s: float) -> float:
    """Return how long nothing was heard between two instants."""
    sounding = sum(max(min(end_s, until_s) - max(start_s, since_s), 0.0) for start_s, end_s in call.sounds(until_s))
    return max(until_s - since_s - sounding, 0.0)
