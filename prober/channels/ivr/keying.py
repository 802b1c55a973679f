"""Presses keys at the ticks of the call's clock, and knows when each one left."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from prober.channels.ivr.messages import KeySent

TICK_S = 0.02


class Keying:
    """
    Sends the keys of one `press` as RTP events.

    A key that was queued leaves at the first tick after queueing (measured: within 0.1 ms of it), and its last packet
    one tick before its length is over.
    """

    def __init__(
        self,
        keys: str,
        *,
        hold_s: float,
        gap_s: float,
        queue: Callable[[str], None],
        not_before_s: float = 0.0,
        secret: bool = False,
    ) -> None:
        self._waiting = deque(keys)
        self._hold_s = hold_s
        self._gap_s = gap_s
        self._queue = queue
        self._queued: tuple[str, float] | None = None
        self._next_at_s = not_before_s
        self._secret = secret

    @property
    def done(self) -> bool:
        """Every key has left."""
        return not self._waiting and self._queued is None

    def go_on(self, now_s: Callable[[], float]) -> None:
        """Queue the next key if its time has come."""
        if self._queued is None and self._waiting and now_s() >= self._next_at_s:
            key = self._waiting.popleft()
            self._queue(key)
            self._queued = (key, now_s())

    def ticked(self, at_s: float) -> KeySent | None:
        """Note a tick; return the key that left at it."""
        if self._queued is None or at_s <= self._queued[1]:
            return None
        key, self._queued = self._queued[0], None
        self._next_at_s = at_s + self._hold_s + self._gap_s
        return KeySent(at_s=at_s, key=key, ended_s=at_s + self._hold_s - TICK_S, secret=self._secret)
