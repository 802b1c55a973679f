"""The IVR as the demo operator sees it: a door that is opened and closed, and a telephone process behind it."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio import StreamReader, StreamWriter
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
        asks, answers = self._process.stdout, self._process.stdin
        if asks is None or answers is None:
            raise OSError("the telephone process has no pipes")
        try:
            opened = json.loads(await asyncio.wait_for(asks.readline(), START_S) or "{}")
        except TimeoutError:
            opened = {"error": f"the telephone process did not start within {START_S:.0f} s"}
        if "port" not in opened:
            await self.close()
            raise OSError(opened.get("error", "the telephone process ended at once"))
        self._answering = asyncio.create_task(self._answer(asks, answers))
        return int(opened["port"])

    async def close(self) -> None:
        """Hang up every call and end the process, within 1.5 s. Safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), CLOSE_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._answering:
            await self._answering

    async def _answer(self, asks: StreamReader, answers: StreamWriter) -> None:
        """Tell the telephone, each time it asks, which fault is on."""
        while await asks.readline():
            fault = self._fault()
            answers.write(f"{fault.name if fault else ''}\n".encode())
