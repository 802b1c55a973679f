"""Recognises what the far end says, one stretch of sound after the other, each as soon as it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from prober.channels.ivr import answer
from prober.channels.ivr.answer import TAIL_S, TOLERANCE_S, Question
from prober.channels.ivr.call import Call, Spoken
from prober.channels.ivr.commands import HandOver
from prober.channels.ivr.hearing.events import Tone
from prober.channels.ivr.hearing.sound import AUDIBLE_DBFS, dbfs
from prober.channels.ivr.marking import secret_s
from prober.channels.ivr.messages import Sound
from prober.channels.ivr.recording import FRAME_SAMPLES
from prober.channels.ivr.speech.spoken import figures
from prober.channels.ivr.telephone import Telephone
from prober.channels.timing import monotonic
from prober.errors import RobotBroken

T = TypeVar("T")

REPORT_S = 0.25
"""How long after its beginning a sound is reported."""
LATEST_S = 4.0
"""How much later than the limit what began in time is listened to; then it is recognised as far as it came."""
ANSWER_S = 7.0
"""How much later than the limit its words may come."""
EDGE_S = 0.1
"""What is recognised with a stretch before and behind it: the gate that found it is slower than the first sound."""
SHORTEST_S = 0.5
"""What is left beside a known prompt, and is shorter, is the rest of it."""
GAP_FRAMES = 5
"""A pause of 100 ms: the one between what a key broke off and what answers it."""


async def understand(
    phone: Telephone,
    call: Call,
    question: Question,
    enough: Callable[[Sequence[Spoken]], T | None],
    *,
    new: bool = False,
) -> T | None:
    """
    Return what *enough* finds in what was said since the stimulus, asked after each stretch; None if it never does.

    *new*: only what no prompt of the library explains is recognised.

    Raises:
        RobotBroken: Speech could not be recognised, or not in time.
    """
    while True:
        heard = [one for one in call.spoken if one.since_s == question.since_s]
        found = enough(heard) if heard else None
        if found is not None:
            return found
        after_s = heard[-1].end_s if heard else question.since_s
        stretch = await _next_stretch(phone, call, question, after_s, new=new)
        if stretch is None:
            return None
        call.spoken.append(await _recognised(phone, call, question, stretch))


async def _next_stretch(
    phone: Telephone, call: Call, question: Question, after_s: float, *, new: bool
) -> tuple[float, float] | None:
    """Wait for what is to be recognised next, and return from when to when it lasted; None if nothing more comes."""

    def there() -> list[tuple[float, float]]:
        return list(_stretches(call, question, after_s, new=new))

    def over() -> bool | None:
        return call.ended is not None or (bool(there()) and not call.sounding) or None

    await phone.line.until(lambda: call.ended or there() or None, question.ends_at_s + REPORT_S)
    if there():
        await phone.line.until(over, question.ends_at_s + LATEST_S)
    stretches = there()
    return (stretches[0][0], stretches[-1][1]) if stretches else None


def _stretches(call: Call, question: Question, after_s: float, *, new: bool) -> Iterator[tuple[float, float]]:
    """Yield what sounded behind *after_s*, began in time, and is neither a tone nor the tail of what was broken off."""
    signals = (one for one in answer.tones(call) if one.tone is not Tone.MUSIC)  # over music, people do speak
    tones = [(one.at_s - EDGE_S, one.ended_s or float("inf")) for one in signals]
    known = [*_known(call)] if new else []
    sounds = call.sounds(monotonic())
    for start_s, end_s in (part for sound in sounds for part in _without(sound, known)):
        tail = start_s < question.since_s - TOLERANCE_S and end_s <= question.since_s + TAIL_S
        toned = any(tone_s <= start_s <= tone_end_s for tone_s, tone_end_s in tones)
        if end_s > after_s and max(start_s, after_s) <= question.ends_at_s and not (tail or toned):
            yield start_s, end_s


def _known(call: Call) -> Iterator[tuple[float, float]]:
    """Yield from when to when recordings of the library were played, with what was read out behind them."""
    for one in answer.occurrences(call):
        last = one.read_out or one.ended
        if not one.withdrawn:
            yield one.started.at_s - EDGE_S, float("inf") if last is None else (last.ended_at_s or last.at_s)


def _without(sound: tuple[float, float], known: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield what is left of a sound beside what is known, if that is long enough to be words."""
    start_s, end_s = sound
    beside = [one for one in known if one[0] < end_s and one[1] > start_s]
    for known_start_s, known_end_s in (*beside, (end_s, end_s)):
        if not beside or known_start_s - start_s >= SHORTEST_S:
            yield start_s, known_start_s
        start_s = max(start_s, known_end_s)


async def _recognised(phone: Telephone, call: Call, question: Question, stretch: tuple[float, float]) -> Spoken:
    start_s, end_s = stretch
    from_s = max(start_s - EDGE_S, question.since_s)
    sound = await phone.sound(call, HandOver(from_s, end_s + EDGE_S, secret_s(call)))
    by_s = question.ends_at_s + ANSWER_S
    try:
        async with asyncio.timeout(by_s - monotonic()):
            pieces = await phone.recognizing.recognize(sound.samples)
    except TimeoutError:
        raise RobotBroken(
            f"{end_s - from_s:.1f} s of speech were not recognised in {ANSWER_S:g} s past the limit",
            cure="Run less on this machine, or choose a smaller model: channels.ivr.speech in config.yaml.",
        ) from None
    words = " ".join(piece.text for piece in pieces)
    onset_s = _onset(call, question, stretch, sound)
    return Spoken(words, shown(words, phone.run.mask), question.since_s, onset_s, end_s)


def shown(words: str, mask: Callable[[str], str]) -> str:
    """Return words as they may be shown: masked, in figures, where those hold a secret (一二三四 is 1234)."""
    plain = figures(words)
    masked = mask(plain)
    return words if masked == plain else masked


def _onset(call: Call, question: Question, stretch: tuple[float, float], sound: Sound) -> float | None:
    """Return when a stretch began; of one that was there at the stimulus, when what answers it did, if known."""
    first_s = question.since_s - TOLERANCE_S
    if any(start_s == stretch[0] >= first_s for start_s, _ in call.sounds(stretch[1])):
        return stretch[0]
    if stretch[0] >= first_s:  # it follows a known prompt, whose last frames may still sound
        return next((at_s for at_s, loud in _audible(sound) if loud and at_s >= stretch[0] + EDGE_S), stretch[0])
    recordings = (one.started.at_s for one in answer.occurrences(call) if not one.withdrawn)
    known = next((at_s for at_s in recordings if first_s <= at_s <= stretch[1]), None)
    return _behind_a_pause(sound, question.since_s) if known is None else known


def _behind_a_pause(sound: Sound, since_s: float) -> float | None:
    """
    Return when a new sound began behind the rest of one that was there at the stimulus; None if it just went on.

    The two are told apart by a pause that begins no later than what was broken off may go on.
    """
    quiet = 0
    for at_s, sounds in _audible(sound):
        if sounds and quiet >= GAP_FRAMES:
            return at_s
        quiet = 0 if sounds else quiet + 1
        if quiet == 0 and at_s > since_s + TAIL_S:
            return None
    return None


def _audible(sound: Sound) -> Iterator[tuple[float, bool]]:
    """Yield when each 20 ms arrived, and whether anything can be heard in it."""
    frames = np.frombuffer(sound.samples, "<i2").reshape(-1, FRAME_SAMPLES) / 32768
    powers = np.mean(frames**2, axis=1)
    yield from zip(sound.arrived_s, (dbfs(float(power)) > AUDIBLE_DBFS for power in powers), strict=True)
