"""The person at the terminal, who attends the runs."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from rich.console import Console
from rich.text import Text

from prober.loading.review_form import held


class Attending:
    """Asks the person at the terminal, one question at a time; *quiet* keeps what is shown beneath out of the way."""

    def __init__(self, console: Console, quiet: Callable[[], AbstractContextManager[object]]) -> None:
        self._console = console
        self._quiet = quiet
        self._one_at_a_time = asyncio.Lock()
        self._read = b""

    async def asked(self, question: str) -> tuple[bool | None, str]:
        """Return whether the answer is yes (None: there is none), and what else was said."""
        async with self._one_at_a_time:
            with self._quiet():
                self._forget()
                while True:
                    self._console.print(Text.assemble(("? ", "bold cyan"), question, ("  yes / no / na", "dim")))
                    line = await self._line()
                    if line is None:
                        return None, ""
                    try:
                        return held(line)
                    except ValueError:
                        self._console.print("[yellow]yes, no or na, please, and a remark behind it[/]")

    def _forget(self) -> None:
        """Let what was typed before the question be no answer to it."""
        if sys.stdin.isatty():
            self._read = b""
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)

    async def _line(self) -> str | None:
        """Return the next line; None where there is none any more."""
        loop, place = asyncio.get_running_loop(), sys.stdin.fileno()
        while b"\n" not in self._read:
            ready = asyncio.Event()
            with suppress(PermissionError):  # a file is always ready
                loop.add_reader(place, ready.set)
                try:
                    await ready.wait()
                finally:
                    loop.remove_reader(place)
            if not (read := os.read(place, 4096)):
                return None
            self._read += read
        line, _, self._read = self._read.partition(b"\n")
        return line.decode(errors="replace")
