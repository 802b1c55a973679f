"""The IVR as the demo operator sees it: a door that is opened and closed, and a telephone process behind it."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from pathlib import Path

from prober.demo.faults import Fault

START_S = 15.0
CLOSE_S = 1.2


class IvrDoor:
    """
    Answers calls for sip:10086 at *host* and *port*, UDP, up to four at a time.

    *recordings* is the folder of the prompts, *customers_path* the database, which the telephone process opens itself;
    *fault* is asked whenever a caller moves through the menu.
    """

    def __init__(
        self, host: str, port: int, *, customers_path: Path, recordings: Path, fault: Callable[[], Fault | None]
    ) -> None:
        self._arguments = (host, str(port), str(customers_path), str(recordings))
        self._fault = fault
        self._process: Process | None = None
        self._answering: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """
        Open the door and return its UDP port.

        Raises:
            OSError: The telephone cannot be opened there.
        """
        command = (sys.executable, "-m", "prober.demo.ivr.telephone", *self._arguments)
        self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        try:
            opened = await asyncio.wait_for(self._line(), START_S)
        except TimeoutError:
            opened = {"error": f"it did not start within {START_S:.0f} s"}
        if "error" in opened:
            await self.close()
            raise OSError(f"the IVR's telephone cannot be opened: {opened['error']}")
        self._answering = asyncio.create_task(self._answer())
        return int(opened["port"])

    async def close(self) -> None:
        """Hang up every call and end the process, within 1.5 s. Safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None  # noqa: S101 - it was asked for
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), CLOSE_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._answering:
            await self._answering

    async def _line(self) -> dict[str, str]:
        assert self._process is not None  # noqa: S101 - it was started
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        line = await self._process.stdout.readline()
        return dict(json.loads(line)) if line else {"error": "its process ended"}

    async def _answer(self) -> None:
        """Tell the telephone, each time it asks, which fault is on."""
        process = self._process
        assert process is not None  # noqa: S101 - it was started
        assert process.stdin is not None  # noqa: S101 - it was asked for
        assert process.stdout is not None  # noqa: S101 - it was asked for
        while await process.stdout.readline():
            fault = self._fault()
            process.stdin.write(f"{fault.name if fault else ''}\n".encode())
