"""Speech recognition in a process of its own, so that it holds up neither calls nor the loop."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import deque
from contextlib import suppress
from typing import Any

from prober.channels.ivr.speech import worker
from prober.channels.ivr.speech.config import SpeechSettings
from prober.channels.ivr.speech.recognizer import Piece
from prober.errors import RobotBroken

_LONGEST_LINE = 2**20
_DOCTOR = "prober doctor loads the model of channels.ivr.speech, and says what is wrong with it."
_Answer = dict[str, Any]


class Recognition:
    """The recognition process of one driver. It is asked for one sound after the other, and answers in that order."""

    def __init__(self, settings: SpeechSettings) -> None:
        self._settings = settings
        self._serving: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._ready: asyncio.Future[_Answer]
        self._waiting: deque[asyncio.Future[_Answer]] = deque()

    def start(self) -> None:
        """Begin to load the model, unless that was done; one whose process died is loaded anew."""
        if self._serving is None or self._serving.done():
            self._ready = asyncio.get_running_loop().create_future()
            self._waiting = deque([self._ready])
            self._serving = asyncio.create_task(self._serve(self._waiting))

    async def loaded(self) -> None:
        """
        Return when the model is loaded.

        Raises:
            RobotBroken: It cannot be.
        """
        self.start()
        _unless_broken(await asyncio.shield(self._ready))

    async def recognize(self, sound: bytes) -> list[Piece]:
        """
        Return what is said in *sound* (8 kHz, 16 bit, little-endian).

        Raises:
            RobotBroken: The model cannot be loaded, or its process died.
        """
        await self.loaded()
        if not sound:
            return []
        answer: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        assert self._process is not None and self._process.stdin is not None  # noqa: S101, PT018  # it was ready
        self._process.stdin.write(worker.LENGTH.pack(len(sound)) + sound)
        return [Piece(**one) for one in _unless_broken(await answer)["pieces"]]

    async def close(self) -> None:
        """End the process. Safe to call twice."""
        if self._serving is not None:
            self._serving.cancel()
            with suppress(asyncio.CancelledError):
                await self._serving

    async def _serve(self, waiting: deque[asyncio.Future[_Answer]]) -> None:
        """Hand each answer to who waits for it; whoever still waits at the end is told why."""
        why = "was ended"
        try:
            self._process = process = await self._started()
            assert process.stdout is not None  # noqa: S101  # it is piped
            try:
                async for line in process.stdout:
                    _answer(waiting.popleft(), json.loads(line))
                why = f"died (exit code {await process.wait()})"
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        except OSError as exc:
            why = f"could not be started: {exc}"
        finally:
            for one in waiting:
                _answer(one, {"error": f"its process {why}"})

    async def _started(self) -> asyncio.subprocess.Process:
        settings, pipe = self._settings, asyncio.subprocess.PIPE
        program = (sys.executable, "-P", "-m", worker.__name__)
        return await asyncio.create_subprocess_exec(
            *program, settings.engine, str(settings.model), settings.language,
            stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, limit=_LONGEST_LINE,
        )  # fmt: skip


def _answer(waiting: asyncio.Future[_Answer], answer: _Answer) -> None:
    if not waiting.done():
        waiting.set_result(answer)


def _unless_broken(answer: _Answer) -> _Answer:
    if "error" in answer:
        raise RobotBroken(f"speech cannot be recognised: {answer['error']}", cure=_DOCTOR)
    return answer
