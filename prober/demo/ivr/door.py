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
    *fault* is asked when a call comes in, and whenever something is to be said.
    """

    def __init__(
        self, host: str, port: int, *, customers_path: Path, recordings: Path, fault: Callable[[], Fault | None]
    ) -> None:
        self._arguments: tuple[str, ...] = (host, str(port), str(customers_path), str(recordings))
        self._fault = fault
        self._process: Process | None = None
        self._serving: asyncio.Task[None] | None = None
        self._closing = False

    async def start(self) -> int:
        """
        Open the door and return its UDP port. A telephone that dies is replaced, at the same port.

        Raises:
            OSError: The telephone cannot be opened there.
        """
        port = await self._open()
        host, _, *rest = self._arguments
        self._arguments = (host, str(port), *rest)
        self._serving = asyncio.create_task(self._serve())
        return port

    async def _open(self) -> int:
        command = (sys.executable, "-m", "prober.demo.ivr.telephone", *self._arguments)
        self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        if self._process.stdout is None:
            raise OSError("the telephone process has no pipes")
        try:
            opened = json.loads(await asyncio.wait_for(self._process.stdout.readline(), START_S) or "{}")
        except TimeoutError:
            opened = {"error": f"the telephone process did not start within {START_S:.0f} s"}
        if "port" not in opened:
            await self._end(self._process)
            raise OSError(opened.get("error", "the telephone process ended at once"))
        return int(opened["port"])

    async def _serve(self) -> None:
        """Answer the telephone; pjsua2 may take its process down, and callers are to find another one then."""
        while (process := self._process) is not None and not self._closing:
            await self._answer(process)
            code = await process.wait()
            if self._closing:
                return
            print(f"the telephone died (exit {code}), and is started again", file=sys.stderr)
            try:
                await self._open()
            except OSError as exc:
                print(f"the telephone does not start again: {exc}", file=sys.stderr)
                return
        if self._process is not None:
            await self._end(self._process)

    async def close(self) -> None:
        """Hang up every call and end the process, within 1.5 s. Safe to call twice."""
        self._closing = True
        process, self._process = self._process, None
        if process is None:
            return
        await self._end(process)
        if self._serving:
            await self._serving

    async def _end(self, process: Process) -> None:
        if process.stdin:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), CLOSE_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _answer(self, process: Process) -> None:
        """Tell the telephone, each time it asks, which fault is on."""
        if process.stdout is None or process.stdin is None:
            return
        while await process.stdout.readline():
            fault = self._fault()
            told = {"name": fault.name, "arguments": dict(fault.arguments)} if fault else None
            process.stdin.write(json.dumps(told).encode() + b"\n")
