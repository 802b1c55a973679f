"""Whether the robot's own side of a call works, tried on a call to itself over loopback."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from prober.channels.base import RunContext
from prober.channels.evidence import EvidenceBox
from prober.channels.ivr.actions import Dial, Hear, Press
from prober.channels.ivr.commands import Customer, ServerSetup
from prober.channels.ivr.config import Settings
from prober.channels.ivr.dialling import dial
from prober.channels.ivr.engine import LineProcess
from prober.channels.ivr.hearing.fingerprint import RATE
from prober.channels.ivr.hearing.library import Library, References
from prober.channels.ivr.listening import hear
from prober.channels.ivr.messages import FromLine
from prober.channels.ivr.pressing import press
from prober.channels.ivr.reference_setup import ReferenceSetup
from prober.channels.ivr.telephone import Telephone
from prober.channels.timing import Stimulus
from prober.errors import RobotBroken
from prober.loading.masking import Masker
from prober.model.line import Line
from prober.model.prompt import Prompt, PromptTable
from prober.model.run import Observation, Seen

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOST = "127.0.0.1"
CUSTOMER = Customer("self-check")
WORK_S = 6.0
"""When a check that is not over is broken off; ending the processes takes 2 s more at most."""
STEP_S = 1.5
NAME = "reference"
KEY = "1"
SYLLABLES = 16
OVERLOADED = "The machine is overloaded: run less on it."
BLOCKED = (
    "See that this machine lets programs send UDP to themselves at 127.0.0.1, at the ports of channels.ivr.rtp_ports "
    "too, and run less on it."
)
DEAF = "Run less on this machine; where that does not help, install the robot anew (numpy, pjsua2-python)."


def reference_prompt() -> NDArray[np.int16]:
    """Return 1.4 s of sound as rich and as restless as speech: overlapping syllables of six tones, always the same."""
    random = np.random.default_rng(10086)
    length = RATE * 16 // 100
    times = np.arange(length) / RATE
    samples = np.zeros((SYLLABLES + 1) * length // 2)
    for index in range(SYLLABLES):
        tones, phases = random.uniform(250, 3400, 6), random.uniform(0, 2 * np.pi, 6)
        syllable = np.sin(2 * np.pi * tones[:, None] * times + phases[:, None]).sum(axis=0) * np.hanning(length)
        samples[index * length // 2 : index * length // 2 + length] += syllable
    return np.asarray(np.round(samples / np.abs(samples).max() * 16000), np.int16)


async def self_check(settings: Settings, *, lose_sent: int = 0, lose_received: int = 0) -> str:
    """
    Call a reference line on loopback, press a key, recognise the reference prompt, and say so in words.

    It takes what every call takes: line processes, SIP, RTP both ways, the sound clock and the ear. *lose_sent* and
    *lose_received* (per cent) break the reference line, to see that it is noticed.

    Raises:
        RobotBroken: One of these does not work.
    """
    check = _SelfCheck(settings)
    try:
        async with asyncio.timeout(WORK_S):
            await check.start(lose_sent=lose_sent, lose_received=lose_received)
            return await check.talk()
    except TimeoutError as exc:
        raise _broken(f"{check.doing} was not over {WORK_S:g} s after the check began", OVERLOADED) from exc
    except RobotBroken as broken:
        raise _broken(f"{check.doing}: {broken.what}", broken.cure) from broken
    finally:
        await check.close()


class _SelfCheck:
    """Both ends of the call, and what is being done."""

    def __init__(self, settings: Settings) -> None:
        samples = reference_prompt()
        prompt = Prompt(NAME, Path())
        self._prompt = samples.tobytes()
        self._table = PromptTable(Path(), {NAME: prompt}, {}, "")
        self._server = ServerSetup(
            host=HOST,
            port=0,  # to be seen
            transport="udp" if settings.transport == "tls" else settings.transport,  # it has no certificate
            from_domain="",
            codecs=settings.codecs,
            rtp_ports=settings.rtp_ports,
            library=Library(References.of([(prompt, samples)]), References.of([])),
        )
        self._told: list[FromLine] = []
        self._calling, self._called = LineProcess(1), LineProcess(1)
        self._called.handsets[0].tell(self._told.append)
        box = EvidenceBox(Path(), "self-check")  # nothing is kept
        self._phone = Telephone(RunContext("self-check", Line("self-check", ""), Stimulus(), box, Masker(())), HOST)
        self.doing = ""

    async def start(self, *, lose_sent: int, lose_received: int) -> None:
        """Start both processes, the one that is called first."""
        self.doing = "starting the line process that is called"
        await self._called.start(ReferenceSetup(self._server, CUSTOMER, self._prompt, lose_sent, lose_received))
        self.doing = "starting the line process that calls"
        await self._calling.start(replace(self._server, port=self._called.handsets[0].port or 0))
        self._phone.line = self._calling.handsets[0]
        await self._phone.line.be(CUSTOMER, self._phone.told)

    async def talk(self) -> str:
        """Call, press the key, and return in words that the prompt was heard."""
        phone = self._phone
        self.doing = "calling"
        _hold(await dial(phone, Dial(NAME), STEP_S), BLOCKED)
        self.doing = "pressing a key"
        _hold(await press(phone, Press(KEY), STEP_S), OVERLOADED)
        self.doing = "hearing"
        heard = await hear(phone, self._table, Hear((NAME,)), STEP_S, captures=False)
        if heard.seen is not Seen.EXPECTED or heard.took_s is None:
            raise self._unheard(heard)
        after = f"{heard.took_s:.2f} s after the key"
        return f"called itself at {HOST}, pressed {KEY}, and recognised the reference prompt {after}"

    def _unheard(self, heard: Observation) -> RobotBroken:
        """Return which way the sound was lost, or that it came and was not recognised."""
        if heard.seen is Seen.NO_MEDIA:
            return RobotBroken("no RTP packet came in from the line process that was called", cure=BLOCKED)
        if not self._told:
            return RobotBroken("the key never came to the line process that was called: no RTP leaves", cure=BLOCKED)
        return RobotBroken(f"the reference prompt was played, and not recognised; heard: {heard.actual}", cure=DEAF)

    async def close(self) -> None:
        """End both processes; the one that calls hangs up."""
        await asyncio.gather(self._calling.close(), self._called.close())


def _hold(seen: Observation, cure: str) -> None:
    if seen.seen is not Seen.EXPECTED:
        raise RobotBroken(seen.actual or "nothing came", cure=cure)


def _broken(words: str, cure: str) -> RobotBroken:
    return RobotBroken(f"a call to itself on loopback does not work either: {words}", cure=cure)
