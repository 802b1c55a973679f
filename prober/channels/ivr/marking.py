"""What the recording of a call shows beside its sound: the steps, the SIP answers, the prompts and the keys."""

from __future__ import annotations

from collections.abc import Iterator

from prober.channels.ivr import answer
from prober.channels.ivr.call import Call
from prober.channels.ivr.commands import Mark, Tone
from prober.channels.ivr.keying import TICK_S
from prober.channels.ivr.messages import SipMessage
from prober.channels.ivr.sip_trace import Note
from prober.channels.ivr.transfer import moves
from prober.loading.masking import MASK, Masker
from prober.model.scenario import Action

ECHO_S = 0.5
"""How long after secret keys an IVR, or the network, may still echo them."""
SHORTEST_TONE_S = 0.08


def step_name(action: Action, mask: Masker) -> str:
    """Return a step as a person reads it: `ivr.hear balance`, its secrets masked."""
    about = action.subject if action.argument is not None else ""
    return f"{action.full_name} {MASK if mask.hides(about) else about}".strip()


def marks(call: Call, mask: Masker) -> tuple[Mark, ...]:
    """Return the marks of the call's recording, in order; none tells a secret key."""
    found = [
        *_told(call.steps),
        *_told(_moved(call)),
        *_sip(call),
        *_keys(call),
        *_prompts(call),
        *_words(call),
        *_tones(call),
    ]
    return tuple(Mark(one.at_s, mask(one.text), one.recorded_s) for one in sorted(found, key=lambda one: one.at_s))


def tones(call: Call) -> tuple[Tone, ...]:
    """Return the keys that were pressed, but for secret ones."""
    return tuple(
        Tone(one.at_s, one.key, max(one.ended_s - one.at_s + TICK_S, SHORTEST_TONE_S))
        for one in call.keys
        if not one.secret
    )


def secret_s(call: Call) -> tuple[tuple[float, float], ...]:
    """Return from when to when nobody may hear the call: while a secret is keyed in or said, until its echo is over."""
    keys = ((one.at_s, one.ended_s) for one in call.keys if one.secret)
    return tuple((start_s, end_s + ECHO_S) for start_s, end_s in [*call.secret_s, *call.secret_said_s, *keys])


def story(call: Call) -> list[SipMessage | Note]:
    """Return what belongs on the call's ladder: messages, steps, keys, and the prompts that were heard."""
    heard = [*_prompts(call), *_words(call), *_tones(call)]
    return [*call.notes(), *(Note(one.at_s, f"heard: {one.text}") for one in heard), *_moved(call)]


def _told(notes: list[Note]) -> Iterator[Mark]:
    return (Mark(one.at_s, one.text) for one in notes)


def _moved(call: Call) -> list[Note]:
    return [Note(one.at_s, str(one)) for one in moves(call.trace)]


def _keys(call: Call) -> Iterator[Mark]:
    return (Mark(one.at_s, f"key {one.key}") for one in call.keys if not one.secret)


def _prompts(call: Call) -> Iterator[Mark]:
    for one in answer.occurrences(call):
        if any(start_s <= one.started.at_s <= end_s for start_s, end_s in secret_s(call)):
            continue  # what an IVR says to a key tells the key
        broken_off = ", broken off" if one.withdrawn else ""
        yield Mark(one.started.at_s, f"prompt {one.prompt}{broken_off}", one.started.recorded_s)


def _words(call: Call) -> Iterator[Mark]:
    """Yield what was said; where it is not known when that began, at the stimulus."""
    for one in call.spoken:
        at_s = one.since_s if one.at_s is None else one.at_s
        if one.text:
            yield Mark(at_s, f"words «{one.shown}»")
        yield from (Mark(at_s, f"prompt {name}, by its words") for name in one.prompts)


def _tones(call: Call) -> Iterator[Mark]:
    return (Mark(one.at_s, f"tone {one.tone}", one.recorded_s) for one in answer.tones(call))


def _sip(call: Call) -> Iterator[Mark]:
    for one in call.trace.messages:
        if not one.sent and one.code is None and one.method != "ACK":
            yield Mark(one.at_s, f"{one.method} from the far end")
        elif not one.sent and one.code is not None:
            yield Mark(one.at_s, f"{one.code} {one.reason} to our {one.method}")
