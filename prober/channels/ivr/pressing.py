"""Presses keys: `press`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

from prober.channels.ivr.actions import KeyMode, Press
from prober.channels.ivr.call import Call
from prober.channels.ivr.commands import KeyWay, SendKeys
from prober.channels.ivr.messages import KeySent, SipMessage
from prober.channels.ivr.telephone import Telephone
from prober.channels.timing import monotonic
from prober.model.run import Fact, Observation, Seen

VERB = "ivr.press"
STRAY_S = 2.0
"""How long a key that was under way may still leave when its step was broken off."""


async def press(phone: Telephone, asked: Press, deadline_s: float) -> Observation:
    """Press the keys, and mark the last one's first packet as the stimulus."""
    call = phone.current("press")
    if call.ended is not None:
        return _not_taken(asked, Seen.HUNG_UP, "the call was over")
    call.keys_failed = None
    if not phone.run.mask.hides(asked.keys):
        return await _pressed_by(phone, call, asked, deadline_s, secret=False)
    began_s, left_s = monotonic(), STRAY_S
    try:
        seen = await _pressed_by(phone, call, asked, deadline_s, secret=True)
        left_s = 0.0 if seen.seen is Seen.EXPECTED else STRAY_S
        return replace(seen, facts={**seen.facts, "keys": None})
    finally:
        call.secret_s.append((began_s, monotonic() + left_s))


async def _pressed_by(phone: Telephone, call: Call, asked: Press, deadline_s: float, *, secret: bool) -> Observation:
    way = _way(call, asked.mode)
    by = _by_info if way is KeyWay.INFO else partial(_in_the_stream, way=way)
    return await by(phone, call, asked, deadline_s, secret=secret)


def _way(call: Call, mode: KeyMode) -> KeyWay:
    """Return how keys are to leave; `auto` takes RTP events where the far end has agreed to them, else tones."""
    if mode is KeyMode.AUTO:
        return KeyWay.EVENTS if call.trace.takes_events else KeyWay.SOUND
    return {KeyMode.RFC4733: KeyWay.EVENTS, KeyMode.INFO: KeyWay.INFO, KeyMode.INBAND: KeyWay.SOUND}[mode]


async def _in_the_stream(
    phone: Telephone, call: Call, asked: Press, deadline_s: float, *, way: KeyWay, secret: bool
) -> Observation:
    before, deadline_at_s = len(call.keys), monotonic() + deadline_s
    phone.line.send(SendKeys(asked.keys, way, hold_s=asked.hold, gap_s=asked.gap, secret=secret))

    def over() -> bool | None:
        return call.ended is not None or call.keys_failed is not None or _all_sent() or None

    def _all_sent() -> bool:
        return len(call.keys) - before == len(asked.keys)

    await phone.line.until(over, deadline_at_s)
    if not _all_sent():
        return _unsent(call, asked, len(call.keys) - before)
    sent = call.keys[before:]
    phone.run.stimulus.mark(sent[-1].at_s, VERB)
    await asyncio.sleep(max(sent[-1].ended_s - monotonic(), 0.0))
    return _pressed(asked, sent, way)


async def _by_info(phone: Telephone, call: Call, asked: Press, deadline_s: float, *, secret: bool) -> Observation:
    """Each key is an INFO of its own; the next one goes when it was answered."""
    deadline_at_s = monotonic() + deadline_s
    sent: list[KeySent] = []
    for key in asked.keys:
        if sent:
            await asyncio.sleep(asked.gap)
        before = len(list(call.trace.answers("INFO")))
        asked_before = len(list(call.trace.requests("INFO", sent=True)))
        phone.line.send(SendKeys(key, KeyWay.INFO, hold_s=asked.hold, gap_s=asked.gap))
        answer = await phone.line.until(partial(_final_info, call, before), deadline_at_s)
        if answer is None or (answer.code or 0) >= 300:
            return _unsent(call, asked, len(sent), answer)
        request = list(call.trace.requests("INFO", sent=True))[asked_before]
        sent.append(KeySent(request.at_s, key, answer.at_s, secret))
        call.keys.append(sent[-1])
    phone.run.stimulus.mark(sent[-1].at_s, VERB)
    return _pressed(asked, sent, KeyWay.INFO)


def _final_info(call: Call, before: int) -> SipMessage | None:
    return next((one for one in list(call.trace.answers("INFO"))[before:] if (one.code or 0) >= 200), None)


def _pressed(asked: Press, sent: list[KeySent], way: KeyWay) -> Observation:
    return Observation(
        seen=Seen.EXPECTED,
        took_s=sent[-1].ended_s - sent[0].at_s,
        expected=f"keys {asked.keys}",
        actual=f"keys {asked.keys}",
        facts={**_facts(asked), "sent_as": way.value},
    )


def _unsent(call: Call, asked: Press, sent: int, answer: SipMessage | None = None) -> Observation:
    how_many = f"{sent} of {len(asked.keys)} keys left"
    if call.ended is not None:
        return _not_taken(asked, Seen.HUNG_UP, f"{how_many}: the call was over")
    if answer is not None:
        return _not_taken(asked, Seen.REFUSED, f"{how_many}: {answer.code} {answer.reason} to the INFO")
    if call.keys_failed is not None:
        return _not_taken(asked, Seen.REFUSED, f"{how_many}: {call.keys_failed.reason}")
    return _not_taken(asked, Seen.NOTHING, how_many)


def _not_taken(asked: Press, seen: Seen, actual: str) -> Observation:
    doubtful = seen is Seen.NOTHING
    return Observation(seen, expected=f"keys {asked.keys}", actual=actual, facts=_facts(asked), doubtful=doubtful)


def _facts(asked: Press) -> dict[str, Fact]:
    return {"mode": asked.mode.value, "hold_s": asked.hold, "gap_s": asked.gap, "keys": len(asked.keys)}
