"""Waits for words, whoever speaks them: `hear: {says: …}`, and prompts whose recordings are new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from prober.channels.ivr import answer, missing
from prober.channels.ivr.actions import Until
from prober.channels.ivr.answer import Question
from prober.channels.ivr.call import Call, Spoken
from prober.channels.ivr.speech.matching import Match, likeness, search
from prober.channels.ivr.speech.spoken import figures
from prober.channels.ivr.telephone import Telephone
from prober.channels.ivr.understanding import understand
from prober.channels.timing import monotonic
from prober.model.prompt import PromptTable
from prober.model.run import Observation, Seen
from prober.model.scenario import Pattern

ALIKE = 0.6
"""
The share of a prompt's syllables that must be found again for its words to have been spoken.

Measured with Whisper base on the demo operator's 16 prompts: as they are, in a lower and a higher voice, through GSM
and in noise of 20 dB all have 0.67 or more, and another prompt 0.53 at the most. In noise of 10 dB 9 of 16 are known.
"""


@dataclass(frozen=True)
class Reworded:
    """A prompt that was known by its words, and in which stretch of speech."""

    prompt: str
    spoken: Spoken
    alike: float
    words: str


async def hear_words(phone: Telephone, table: PromptTable, says: Pattern, deadline_s: float) -> Observation:
    """Wait until it is said, and return when the sound began that it was said in, or what was said instead."""
    call, since_s = phone.current("hear"), phone.run.stimulus.at_s
    question = Question((), Until.CONFIRMED, since_s, since_s + deadline_s)

    def enough(heard: Sequence[Spoken]) -> tuple[Match, Spoken] | None:
        found = search(says.text, [one.text for one in heard])
        return None if found is None else (found, heard[found.text])

    found = await understand(phone, call, question, enough)
    if found is None:
        unheard = replace(await missing.instead(phone, table, call, question), expected=f"words {says}")
        return with_words(unheard, call, question)
    return replace(_seen(call, question, found[1]), expected=f"words {says}", groups=found[0].groups)


async def hear_reworded(phone: Telephone, table: PromptTable, call: Call, question: Question) -> Reworded | None:
    """Wait until the words of one of the prompts are spoken by a voice that no recording knows."""

    def enough(heard: Sequence[Spoken]) -> Reworded | None:
        new = [one for one in heard if one.end_s > question.after_s]
        found = (_reworded(table, name, new) for name in question.prompts if new)
        return next((one for one in found if one is not None), None)

    return await understand(phone, call, question, enough, new=True)


def _reworded(table: PromptTable, name: str, heard: Sequence[Spoken]) -> Reworded | None:
    """Return the prompt if its words are in what was heard, and those of no prompt much like it are there rather."""
    text, texts = table.prompts[name].text, [one.text for one in heard]
    words = "".join(texts)
    alike = likeness(text, words)
    rivals = (one.text for one in table.prompts.values() if one.name != name and likeness(text, one.text) >= ALIKE)
    if alike < ALIKE or any(likeness(rival, words) > alike for rival in rivals):
        return None
    begins = max(number for number in range(len(texts)) if likeness(text, "".join(texts[number:])) >= alike)
    return Reworded(name, heard[begins], alike, words)


def reworded(phone: Telephone, table: PromptTable, call: Call, question: Question, found: Reworded) -> Observation:
    """Return a prompt that was known by its words as what was heard."""
    if question.until is not Until.STARTED:
        phone.answered_after_s = found.spoken.end_s
    seen = _seen(call, question, found.spoken)
    known = replace(found.spoken, prompts=tuple(dict.fromkeys((*found.spoken.prompts, found.prompt))))
    call.spoken = [known if one is found.spoken else one for one in call.spoken]
    named = f"prompt {found.prompt} «{table.prompts[found.prompt].text}»"
    return replace(
        seen,
        actual=f"{named} by its words, {found.alike:.0%} alike: {seen.actual}; the recording is new",
        facts={**seen.facts, "prompt": found.prompt, "alike": round(found.alike, 3)},
    )


def _seen(call: Call, question: Question, one: Spoken) -> Observation:
    (words, text), now_s = said(call, question), monotonic()
    timings = {"recognised_s": now_s - question.since_s}
    if one.at_s is not None:
        timings["silence_s"] = answer.silence_s(call, question.since_s, one.at_s)
    return Observation(
        Seen.EXPECTED,
        took_s=None if one.at_s is None else max(one.at_s - question.since_s, 0.0),
        actual=f"«{words}»",
        text=text,
        timings=timings,
        facts={"by": "speech", "words": words},
    )


def said(call: Call, question: Question) -> tuple[str, str]:
    """Return all the words that were recognised since the stimulus: as they may be shown, and in figures."""
    heard = [one for one in call.spoken if one.since_s == question.since_s and one.text]
    return " ".join(one.shown for one in heard), figures(" ".join(one.text for one in heard))


def with_words(unheard: Observation, call: Call, question: Question) -> Observation:
    """Return what was heard instead of what was waited for with the words that were recognised in it."""
    words, text = said(call, question)
    if not words:
        return unheard
    facts = {**unheard.facts, "by": "speech", "words": words}
    return replace(unheard, actual=f"«{words}»; {unheard.actual}", text=text, facts=facts)
