"""
The program of the recognition process: `python -m prober.channels.ivr.speech.worker ENGINE MODEL LANGUAGE`.

It says once that it is ready, or why not, as a line of JSON; then for each sound on its standard input (its length in
bytes, 4 of them, little-endian; 8 kHz, 16 bit) a line of JSON with what was said. It ends with its input.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from prober.channels.ivr.speech.engines import Engine, open_recognizer

LENGTH = struct.Struct("<I")
_NICE = 5
"""The clocks of calls come first."""


def main() -> None:
    """Serve until nothing more comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the robot's
    os.nice(_NICE)
    told = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no answer
    engine, model, language = sys.argv[1:]
    try:
        recognizer = open_recognizer(Engine(engine), Path(model), language)
    except Exception as exc:  # noqa: BLE001  # an engine's library may raise anything
        _tell(told, {"error": f"{type(exc).__name__}: {exc}"})
        return
    _tell(told, {"ready": True})
    while length := sys.stdin.buffer.read(LENGTH.size):
        sound = np.frombuffer(sys.stdin.buffer.read(*LENGTH.unpack(length)), "<i2").astype(np.int16)
        try:
            _tell(told, {"pieces": [asdict(piece) for piece in recognizer.recognize(sound)]})
        except Exception as exc:  # noqa: BLE001  # as above
            _tell(told, {"error": f"{type(exc).__name__}: {exc}"})


def _tell(told: int, answer: dict[str, object]) -> None:
    os.write(told, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main()
