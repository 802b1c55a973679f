"""Speaks to the IVR, or keeps silent: `say`, `silence`."""

from __future__ import annotations

import asyncio

from prober.channels.ivr.actions import Say, Silence
from prober.channels.ivr.call import Call
from prober.channels.ivr.commands import Say as SendSound
from prober.channels.ivr.recording import RATE
from prober.channels.ivr.telephone import Telephone
from prober.channels.ivr.voice.synthesis import SAMPLE_BYTES
from prober.channels.timing import monotonic
from prober.errors import BadInput, RobotBroken
from prober.loading.wav import read_wav
from prober.model.prompt import PromptTable
from prober.model.run import Observation, Seen

VERB = "ivr.say"


async def say(phone: Telephone, table: PromptTable, asked: Say, deadline_s: float) -> Observation:
    """Send the recording, or the text as it is spoken, and mark its end as the stimulus."""
    call, expected = phone.current("say"), f"«{asked.text or _text(table, asked)}» is said"
    if call.ended is not None:
        return Observation(Seen.HUNG_UP, expected=expected, actual="the call was over")
    if asked.text:
        sound = await phone.texts.sound(asked.text)
    else:
        sound = await asyncio.to_thread(_sound, table, asked.saying)
    began_s = monotonic()
    try:
        return await _send(phone, call, sound, expected, deadline_s)
    finally:
        if asked.text and phone.run.mask.hides(asked.text):  # broken off, it goes on to its end
            call.secret_said_s.append((began_s, max(monotonic(), began_s + len(sound) / SAMPLE_BYTES / RATE)))


async def _send(phone: Telephone, call: Call, sound: bytes, expected: str, deadline_s: float) -> Observation:
    before, deadline_at_s = len(call.said), monotonic() + deadline_s
    phone.line.send(SendSound(sound))

    def over() -> bool | None:
        return len(call.said) > before or call.ended is not None or None

    await phone.line.until(over, deadline_at_s)
    if len(call.said) == before:
        hung_up = call.ended is not None
        actual = "the call ended before all was said" if hung_up else f"it was not over after {deadline_s:g} s"
        return Observation(Seen.HUNG_UP if hung_up else Seen.NOTHING, expected=expected, actual=actual)
    said = call.said[-1]
    phone.run.stimulus.mark(said.ended_s, VERB)
    return Observation(Seen.EXPECTED, took_s=said.ended_s - said.at_s, expected=expected, actual="all of it was said")


def _text(table: PromptTable, asked: Say) -> str:
    known = table.sayings.get(asked.saying)
    return known.text if known is not None and known.text else asked.saying


def _sound(table: PromptTable, name: str) -> bytes:
    try:
        return read_wav(table.sayings[name].path).astype("<i2").tobytes()
    except KeyError:
        raise RobotBroken(f"there is no recording ‘{name}’ to say", cure="Look at what fills in ivr.say.") from None
    except BadInput as exc:
        raise RobotBroken(f"what is to be said cannot be used: {exc}", cure="Repair the recording.") from exc


async def silence(phone: Telephone, asked: Silence, _: float) -> Observation:
    """Do nothing for that long; a call that ends meanwhile ends it."""
    call = phone.current("silence")
    began_s = monotonic()
    await phone.line.until(lambda: call.ended, began_s + asked.time)
    actual = "the call ended meanwhile" if call.ended is not None else "silence"
    return Observation(Seen.EXPECTED, took_s=monotonic() - began_s, expected="silence", actual=actual)
