"""Texts spoken by an engine, a process for each, before the call as far as they are known then."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import Iterable

import numpy as np

from prober.channels.ivr.actions import Say
from prober.channels.ivr.voice.config import VoiceSettings
from prober.channels.ivr.voice.engines import command
from prober.channels.ivr.voice.shaping import for_telephone
from prober.errors import RobotBroken
from prober.model.scenario import Action

LONGEST_S = 20.0
"""An engine that takes longer hangs; one with a model takes seconds to load it."""
SAMPLE_BYTES = 2
_CURE = "Look at channels.ivr.voice in config.yaml; prober doctor has it speak."


class Texts:
    """The texts of one run as they are said, each synthesised once."""

    def __init__(self, voice: VoiceSettings | None) -> None:
        self._voice = voice
        self._sounds: dict[str, bytes] = {}

    async def prepare(self, ahead: Iterable[Action]) -> None:
        """
        Have ready what is to be said of what is *ahead*.

        Raises:
            RobotBroken: The engine does not speak it.
        """
        for text in [one.argument.text for one in ahead if isinstance(one.argument, Say)]:
            if text:
                await self.sound(text)

    async def sound(self, text: str) -> bytes:
        """
        Return *text* spoken: 8 kHz, 16 bit, little-endian.

        Raises:
            RobotBroken: There is no engine, or it does not speak it.
        """
        if self._voice is None:
            cure = "Set up channels.ivr.voice in config.yaml: {engine: espeak-ng}."
            raise RobotBroken("a text is to be said, and nothing is set up that speaks", cure=cure)
        if text not in self._sounds:
            self._sounds[text] = await spoken(self._voice, text)
        return self._sounds[text]


async def spoken(voice: VoiceSettings, text: str) -> bytes:
    """
    Return *text* spoken by *voice*: 8 kHz, 16 bit, little-endian.

    Raises:
        RobotBroken: The engine does not speak it.
    """
    content = await _written(voice, text)
    try:
        samples = await asyncio.to_thread(_shaped, content)
    except (wave.Error, EOFError) as exc:
        why = str(exc) or "it is cut off"
        raise RobotBroken(f"what {voice.engine} spoke cannot be used: {why}", cure=_CURE) from exc
    if not samples:
        raise RobotBroken(f"{voice.engine} has nothing to say for the text", cure="Write words that can be spoken.")
    return samples


async def _written(voice: VoiceSettings, text: str) -> bytes:
    """Return the WAV file that the engine wrote."""
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *command(voice.engine, voice.named, voice.model), stdin=pipe, stdout=pipe, stderr=pipe
        )
    except OSError as exc:
        raise RobotBroken(f"{voice.engine} cannot be started: {exc.strerror or exc}", cure=_CURE) from exc
    try:
        async with asyncio.timeout(LONGEST_S):
            content, said = await process.communicate(text.encode())
    except TimeoutError:
        raise RobotBroken(f"{voice.engine} did not speak within {LONGEST_S:g} s", cure=_CURE) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        why = said.decode(errors="replace").strip().rpartition("\n")[2] or f"exit code {process.returncode}"
        raise RobotBroken(f"{voice.engine} does not speak: {why}", cure=_CURE)
    return content


def _shaped(content: bytes) -> bytes:
    with wave.open(io.BytesIO(content)) as file:
        if (file.getnchannels(), file.getsampwidth()) != (1, SAMPLE_BYTES):
            raise wave.Error("it is not mono of 16 bit")
        sound = file.readframes(file.getnframes())
        samples = np.frombuffer(sound[: len(sound) // SAMPLE_BYTES * SAMPLE_BYTES], "<i2").astype(np.int16)
        return for_telephone(samples, file.getframerate()).astype("<i2").tobytes()
