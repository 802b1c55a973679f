"""Plays a random script on the switches."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from prober.demo.faults import DOORS, Faults
from prober.demo.script import Episode, Script


class Player:
    """Switches the faults as a script has them, one at a time, on the loop it is told to play on."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._playing: _Playing | None = None

    @property
    def script(self) -> Script | None:
        """Return the script that is on."""
        return self._playing.script if self._playing else None

    def play(self, script: Script) -> None:
        """Begin a script, in place of the one and of the faults that are on."""
        self.stop()
        self._playing = _Playing(script, self._faults)

    def stop(self) -> None:
        """End the script, if one is on, and the fault of its episode. Safe to call at any time."""
        if self._playing is not None:
            self._playing.end()
            self._playing = None
            self._faults.clear()

    def told(self) -> dict[str, object] | None:
        """Return the script, and the episode that is on, as JSON has them; None if none is on."""
        return self._playing.told() if self._playing else None


class _Playing:
    def __init__(self, script: Script, faults: Faults) -> None:
        self.script = script
        self._faults = faults
        self._episodes: Iterator[Episode] = script.episodes()
        self._loop = asyncio.get_running_loop()
        self._began_s, self._began_at = self._loop.time(), datetime.now(UTC)
        self._next()

    def end(self) -> None:
        self._timer.cancel()

    def told(self) -> dict[str, object]:
        return {
            **asdict(self.script),
            "began_at": self._began_at.isoformat(),
            "began_s": self._began_s,
            "episode": asdict(self._episode),
        }

    def _next(self) -> None:
        self._episode = episode = next(self._episodes)
        # By the clock of the whole script, so that no delay adds up.
        self._timer = self._loop.call_at(self._began_s + episode.after_s + episode.for_s, self._next)
        self._faults.change({**dict.fromkeys(DOORS), episode.door: episode.fault})
