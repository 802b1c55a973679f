"""Waits for prompts: `hear`."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from prober.channels.ivr import answer, missing
from prober.channels.ivr.actions import Hear, Until
from prober.channels.ivr.answer import Occurrence, Question
from prober.channels.ivr.call import Call
from prober.channels.ivr.hearing.events import Confirmed, ReadOut
from prober.channels.ivr.missing import table_name
from prober.channels.ivr.telephone import Telephone
from prober.channels.ivr.wording import Reworded, hear_reworded, reworded, with_words
from prober.channels.timing import monotonic
from prober.model.prompt import PromptTable
from prober.model.run import Fact, Observation, Seen

GRACE_S = 2.8
"""How much later than the limit a prompt that began in time may be recognised."""
REPORT_S = 0.25
"""How long after its beginning a sound is reported."""
CERTAIN_S = 1.0
"""A prompt that has been followed for so long is no false start: those are withdrawn sooner (p95)."""
READING_S = 7.0
"""How much later than the limit what is captured may be read to its end."""
SETTLED_S = 1.5
"""A prompt behind which nothing follows for so long has come to its end."""


async def hear(phone: Telephone, table: PromptTable, asked: Hear, deadline_s: float, *, captures: bool) -> Observation:
    """Wait for the prompt, and return when it came, or what was heard instead."""
    call = phone.current("hear")
    until = Until.END if captures else asked.until
    since_s = phone.run.stimulus.at_s
    question = Question(asked.prompts, until, since_s, since_s + deadline_s, phone.answered_after_s)
    found = await _known_or_reworded(phone, table, call, question, strict=asked.strict)
    if isinstance(found, Reworded):
        return reworded(phone, table, call, question, found)
    if found is None and await missing.reported(phone, call, question.ends_at_s + GRACE_S):
        found = await _find(phone, call, question, strict=asked.strict)
    if found is None:
        return with_words(await missing.instead(phone, table, call, question), call, question)
    if until is Until.END and not found.confirmed:
        return Observation(
            Seen.NOTHING,
            expected=f"{_named(question)} to its end",
            actual=f"{table_name(table, found)}, still being played {READING_S:g} s after the limit",
        )
    if until is not Until.STARTED:
        phone.answered_after_s = found.started.at_s
    figures = await phone.figures(call, question.since_s)
    heard = _heard(phone, table, call, question, found)
    heard = replace(heard, facts={**heard.facts, "lost_share": missing.share(figures)})
    if not captures:
        return heard
    if missing.is_cut(call, found):
        return missing.unfinished(heard)
    return missing.unreadable(heard, figures) if missing.is_lossy(figures) else heard


async def _known_or_reworded(
    phone: Telephone, table: PromptTable, call: Call, question: Question, *, strict: bool
) -> Occurrence | Reworded | None:
    """Return the playing of the recording or, where speech is recognised and comes first, who else spoke its words."""
    if phone.recognition is None or strict:
        return await _find(phone, call, question, strict=strict)
    finding = asyncio.ensure_future(_find(phone, call, question, strict=strict))
    rewording = asyncio.ensure_future(hear_reworded(phone, table, call, question))
    try:
        await asyncio.wait({finding, rewording}, return_when=asyncio.FIRST_COMPLETED)
        if not finding.done() and rewording.exception() is None and rewording.result() is not None:
            return rewording.result()
        return await finding or await rewording
    finally:
        finding.cancel()
        rewording.cancel()
        await asyncio.gather(finding, rewording, return_exceptions=True)


async def _find(phone: Telephone, call: Call, question: Question, *, strict: bool) -> Occurrence | None:
    """Return the playing that was heard as far as it was to be; None if none was."""

    def settled() -> Occurrence | bool | None:
        one = answer.candidate(call, question)
        if one is not None:
            return one
        strange = strict and any(other.confirmed for other in answer.others(call, question))
        return True if strange or call.ended is not None else None

    while True:
        found = await phone.line.until(settled, question.ends_at_s + REPORT_S)
        if found is None:
            await phone.figures(call, question.since_s)  # all that was heard till now has been told before them
            undecided = answer.undecided(call, question, question.ends_at_s - CERTAIN_S)
            found = await phone.line.until(settled, question.ends_at_s + (GRACE_S if undecided else 0.0))
        if not isinstance(found, Occurrence):
            return None
        complete = await _to_its_end(phone, call, question, found)
        if complete is not None:
            return complete


async def _to_its_end(phone: Telephone, call: Call, question: Question, one: Occurrence) -> Occurrence | None:
    """
    Return the playing when it was heard as far as it was to be; None if it was withdrawn.

    One that is longer than the clock comes back unended: it has been followed beyond doubt by then.
    """
    if question.until is Until.STARTED:
        return one
    more_s = READING_S if question.until is Until.END else GRACE_S
    deadline_at_s = max(question.ends_at_s + more_s, one.started.reported_at_s + CERTAIN_S)

    def ended() -> Occurrence | None:
        return next((now for now in answer.occurrences(call) if now.started is one.started and now.ended), None)

    whole = await phone.line.until(ended, deadline_at_s) or one
    if whole.withdrawn:
        return None
    if question.until is Until.END and whole.confirmed:
        return await _read_out(phone, call, whole, deadline_at_s)
    return whole


async def _read_out(phone: Telephone, call: Call, whole: Occurrence, deadline_at_s: float) -> Occurrence:
    """Return the playing with what was read out behind it, if anything was."""
    assert whole.ended is not None  # noqa: S101  # it was confirmed
    said_at_s = whole.ended.reported_at_s

    def now() -> Occurrence:
        return next(one for one in answer.occurrences(call) if one.started is whole.started)

    def over() -> bool | None:
        followed = any(one.confirmed and one.started.at_s > whole.started.at_s for one in answer.occurrences(call))
        return now().read_out is not None or followed or call.ended is not None or None

    limit_s = said_at_s + SETTLED_S
    while await phone.line.until(over, limit_s) is None:
        last_s = max([end_s for _, end_s in call.sounds(monotonic())], default=said_at_s)
        limit_s = min(max(said_at_s, last_s) + SETTLED_S, deadline_at_s)
        if limit_s <= monotonic():
            break
    return now()


def _named(question: Question) -> str:
    return f"prompt {' or '.join(question.prompts)}"


def _heard(phone: Telephone, table: PromptTable, call: Call, question: Question, one: Occurrence) -> Observation:
    text = table.prompts[one.prompt].text
    if one.read_out is not None and isinstance(one.read_out.event, ReadOut):
        text += one.read_out.event.text
    return Observation(
        seen=Seen.EXPECTED,
        took_s=max(one.started.at_s - question.since_s, 0.0),
        expected=_named(question),
        actual=table_name(table, one),
        text=text,
        timings=_timings(phone, call, question, one),
        facts=_facts(table, call, question, one),
    )


def _timings(phone: Telephone, call: Call, question: Question, one: Occurrence) -> dict[str, float]:
    timings = {
        "recognised_s": one.started.reported_at_s - question.since_s,
        "silence_s": answer.silence_s(call, question.since_s, one.started.at_s),
    }
    if phone.run.stimulus.by == "ivr.press" and call.keys:
        timings["key_end_s"] = call.keys[-1].ended_s - question.since_s
    if one.ended is not None and one.ended.ended_at_s is not None:
        timings["length_s"] = one.ended.ended_at_s - one.started.at_s
    return timings


def _facts(table: PromptTable, call: Call, question: Question, one: Occurrence) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "prompt": one.prompt,
        "to_its_end": one.confirmed,
        "gaps": one.gaps,
        "score": round(one.recognition.score, 3),
        "second_score": round(one.recognition.second, 3),
        "second_prompt": one.recognition.second_prompt,
        "other_prompts": "; ".join(table_name(table, other) for other in answer.others(call, question)) or None,
    }
    if one.ended is not None and isinstance(one.ended.event, Confirmed):
        facts["ber"] = round(one.ended.event.ber, 3)
        facts["coverage"] = round(one.ended.event.coverage, 3)
        facts["level_dbfs"] = None if one.ended.level_dbfs is None else round(one.ended.level_dbfs, 1)
        facts["clipped"] = None if one.ended.clipped is None else round(one.ended.clipped, 4)
    return facts
