"""The telephone's link with the door that started it: lines on its standard input and output."""

from __future__ import annotations

import json
import os
import select
from contextlib import suppress

from prober.demo.faults import Fault


class Parent:
    """
    The door that started this process. It never speaks unasked, so anything to read means that it is gone.

    From here on standard output goes nowhere: pjlib chatters on it before it can be told not to.
    """

    def __init__(self) -> None:
        self._out = os.dup(1)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
        self._in = os.fdopen(0, "rb", buffering=0, closefd=False)

    @property
    def gone(self) -> bool:
        """Whether the door has ended."""
        return bool(select.select([self._in], [], [], 0)[0])

    def tell(self, message: dict[str, object]) -> None:
        """Send one line of JSON; to a door that is gone, nothing."""
        with suppress(BrokenPipeError):
            os.write(self._out, json.dumps(message).encode() + b"\n")

    def fault(self) -> Fault | None:
        """Ask for the fault that is on now."""
        self.tell({"ask": "fault"})
        told = json.loads(self._in.readline() or "null")
        return Fault(told["name"], told["arguments"]) if told else None
