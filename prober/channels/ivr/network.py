"""Waits for what is no prompt: tones of the network, and keys of the far end."""

from __future__ import annotations

from prober.channels.ivr import answer, missing
from prober.channels.ivr.actions import Until
from prober.channels.ivr.answer import Question, ToneHeard
from prober.channels.ivr.hearing.events import Tone
from prober.channels.ivr.missing import tone_name
from prober.channels.ivr.telephone import Telephone
from prober.channels.timing import monotonic
from prober.model.prompt import PromptTable
from prober.model.run import Observation, Seen

GRACE_S = 2.8
"""How much later than the limit a tone that began in time may be known: a rhythm wants to be heard twice."""
REPORT_S = 0.25
OVER_S = 1.2
"""A pause as long as this ends what is to be learned; a sentence has shorter ones."""


async def hear_tone(phone: Telephone, table: PromptTable, tone: Tone, deadline_s: float) -> Observation:
    """Wait for the tone, and return when it began, or what was heard instead."""
    call = phone.current("hear")
    ends_at_s = phone.run.stimulus.at_s + deadline_s
    question = Question((), Until.STARTED, phone.run.stimulus.at_s, ends_at_s, tone=tone)

    def over() -> ToneHeard | bool | None:
        wanted = [one for one in answer.tones_since(call, question.since_s) if one.tone is tone]
        return wanted[0] if wanted else call.ended is not None or None

    found = await phone.line.until(over, ends_at_s + REPORT_S)
    if found is None and _sounded(call.sounds(monotonic()), ends_at_s - GRACE_S):
        found = await phone.line.until(over, ends_at_s + GRACE_S)
    if not isinstance(found, ToneHeard) or found.at_s > ends_at_s:
        return await missing.instead(phone, table, call, question)
    return Observation(
        seen=Seen.EXPECTED,
        took_s=max(found.at_s - question.since_s, 0.0),
        expected=tone_name(tone),
        actual=tone_name(tone),
        timings={"silence_s": answer.silence_s(call, question.since_s, found.at_s)},
    )


async def hear_anything(phone: Telephone, deadline_s: float) -> Observation:
    """Wait for any sound, and listen until it is over: what is to be learned is in no library yet."""
    call = phone.current("hear")
    since_s = phone.run.stimulus.at_s

    def began() -> float | bool | None:
        late = [start_s for start_s, _ in call.sounds(monotonic()) if start_s >= since_s]
        return late[0] if late else call.ended is not None or None

    found = await phone.line.until(began, since_s + deadline_s)
    if not isinstance(found, float):
        seen = Seen.SILENCE if found is None else Seen.HUNG_UP
        return Observation(seen, expected="any sound", actual="nothing was heard")
    longest_s, over = since_s + deadline_s, False
    while call.ended is None and not over and monotonic() < longest_s:
        await phone.line.until(lambda: not call.sounding or call.ended is not None or None, longest_s)
        quiet_s = max(end_s for _, end_s in call.sounds(monotonic())) + OVER_S
        over = not await phone.line.until(lambda: call.sounding or call.ended is not None or None, quiet_s)
    return Observation(Seen.EXPECTED, took_s=found - since_s, expected="any sound", actual="a sound, to be learned")


def _sounded(sounds: list[tuple[float, float]], since_s: float) -> bool:
    return any(end_s >= since_s for _, end_s in sounds)


async def hear_keys(phone: Telephone, keys: str, deadline_s: float) -> Observation:
    """Wait until the far end has pressed *keys*, and return when the last of them came, or which came instead."""
    call = phone.current("hear")
    since_s = phone.run.stimulus.at_s

    def over() -> float | bool | None:
        came = answer.far_keys(call, since_s)
        at = "".join(one.key for one in came).find(keys)
        return came[at + len(keys) - 1].at_s if at >= 0 else call.ended is not None or None

    found = await phone.line.until(over, since_s + deadline_s)
    expected, came = f"keys {keys} from the far end", "".join(one.key for one in answer.far_keys(call, since_s))
    if isinstance(found, float) and found <= since_s + deadline_s:
        return Observation(Seen.EXPECTED, took_s=max(found - since_s, 0.0), expected=expected, actual=f"keys {came}")
    ended = "; the call ended" if call.ended is not None else ""
    return Observation(
        seen=Seen.HUNG_UP if ended else Seen.WRONG_CONTENT if came else Seen.NOTHING,
        expected=expected,
        actual=f"{f'keys {came}' if came else 'no key'}{ended}",
    )
