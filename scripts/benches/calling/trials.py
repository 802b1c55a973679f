"""Trials of the robot's latencies: it presses keys, and what it says of each answer is held against the wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import log10
from pathlib import Path
from typing import Any

from scripts.benches.calling.far_end import payloads
from scripts.benches.calling.robot import PROMPTS, Load, answering, play
from scripts.benches.calling.wire import Call, Capture, at_once, calls

PAUSE_S = (0.2, 2.0)
AUDIBLE_DBFS = -40.0


@dataclass(frozen=True)
class Hotline:
    """What calls come to: the *prompts* (a folder, with its table), what it says first, and what behind each key."""

    prompts: Path
    welcome: str
    keys: Mapping[str, str]

    @cached_property
    def sounds(self) -> Mapping[str, Sound]:
        """The prompts behind the keys, as packets."""
        return {prompt: _sound(self.prompts / f"{prompt}.wav") for prompt in self.keys.values()}

    def plan(self, loss: float) -> dict[str, Any]:
        """Return what its far end is told; each key is answered after a time drawn anew."""
        keys = {key: [list(PAUSE_S), prompt] for key, prompt in self.keys.items()}
        return {"answer": [self.welcome], "keys": keys, "loss": loss, "hushes": True, "quiet": True}

    def scenario(self) -> str:
        """Return the scenario that presses every key, and hears what is said behind it."""
        steps = ["  - ivr.dial: 10086", "    within: 30s", f"  - ivr.hear: {self.welcome}", "    until: started"]
        for key, prompt in self.keys.items():
            steps += [f"  - ivr.press: {key}", f"  - ivr.hear: {prompt}", "    until: started", "    soft: true"]
        return "\n".join(["scenario: truth", "steps:", *steps, "  - ivr.hang_up:", ""])


DEMO = Hotline(
    PROMPTS,
    "welcome",
    {
        "1": "balance", "2": "packages", "3": "new_item", "4": "agent", "5": "wrong_key",
        "6": "main_menu", "7": "goodbye", "8": "system_busy", "9": "not_customer", "0": "maintenance",
    },
)  # fmt: skip
"""The demo operator's prompts."""


@dataclass
class Trials:
    """What some calls came to. *errors_s* are signed: what the robot said, less what passed on the wire."""

    errors_s: list[float] = field(default_factory=list)
    pauses_s: list[float] = field(default_factory=list)
    calls_at_once: list[int] = field(default_factory=list)
    unheard: int = 0
    """Prompts that were played, and that the robot did not hear."""
    unseen: int = 0
    """Trials of which a packet was not written down."""
    remarks: list[str] = field(default_factory=list)
    load: Load = field(default_factory=Load)


@dataclass(frozen=True)
class Sound:
    """A prompt as packets: which of it a payload is, where no other one is the same, and which can be heard first."""

    index: Mapping[bytes, int]
    audible: int


def tried(folder: Path, hotline: Hotline, *, lines: int, runs: int, loss: float = 0.0) -> Trials:
    """Have the robot call so often, on so many lines at once, and hold it against the wire. *folder* is to be made."""
    capture = folder.with_suffix(".pcap")
    with answering(hotline.plan(loss), hotline.prompts) as server, Capture(capture) as wire:
        played = play(folder, hotline.scenario(), server, prompts=hotline.prompts, lines=lines, runs=runs)
    trials = _held(hotline, played.document, calls(capture))
    trials.load = played.load
    if wire.dropped:
        trials.remarks.append(f"{lines} calls at once: {wire.dropped} packets passed that were not written down")
    capture.unlink()
    return trials


def _held(hotline: Hotline, document: Mapping[str, Any], wire: Mapping[str, Call]) -> Trials:
    """Hold the runs of a *document* against the calls on the *wire*."""
    trials, sounds = Trials(), hotline.sounds
    for run in document["runs"]:
        call = wire.get(_call_id(run))
        if call is None or run["outcome"] == "error":
            trials.unheard += len(sounds)
            trials.remarks.append(f"{run['id']}: {run['outcome']}, {_why(run)}")
            continue
        if run["outcome"] == "failed":
            trials.remarks.append(f"{run['id']}: {_why(run)}")
        for number, (prompt, step) in enumerate(zip(sounds, _hears(run), strict=True)):
            _hold(trials, call, number, sounds[prompt], step)
        if call.keys:
            trials.calls_at_once.append(at_once(list(wire.values()), call.keys[len(call.keys) // 2][0]))
    return trials


def _hold(trials: Trials, call: Call, number: int, sound: Sound, step: Mapping[str, Any]) -> None:
    true_s = call.answered_s(number, sound.index, sound.audible) if number < len(call.keys) else None
    if step["outcome"] not in ("passed", "slow"):
        trials.unheard += 1
        if step["failure"]:
            trials.remarks.append(f"{step['name']}: {step['failure']}")
    elif true_s is None:
        trials.unseen += 1
    else:
        trials.errors_s.append(step["took_s"] - true_s)
        trials.pauses_s.append(true_s)


def _call_id(run: Mapping[str, Any]) -> str:
    return next((step["facts"].get("call_id") or "" for step in run["steps"] if step["verb"] == "dial"), "")


def _hears(run: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from [step for step in run["steps"] if step["verb"] == "hear"][1:]


def _why(run: Mapping[str, Any]) -> str:
    return str(next((step["failure"] for step in run["steps"] if step["failure"]), run.get("remark")))


def _sound(path: Path) -> Sound:
    parts = payloads(path)
    index = {part: number for number, part in enumerate(parts) if parts.count(part) == 1}
    return Sound(index, next(number for number, part in enumerate(parts) if _dbfs(part) > AUDIBLE_DBFS))


def _dbfs(payload: bytes) -> float:
    """Return the level of an A-law payload. Source: ITU-T G.711."""
    power = sum(_linear(code) ** 2 for code in payload) / len(payload)
    return 10 * log10(max(power, 1e-9) / 32768**2)


def _linear(code: int) -> int:
    code ^= 0x55
    exponent, mantissa = (code & 0x70) >> 4, code & 0x0F
    level = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return level if code & 0x80 else -level
