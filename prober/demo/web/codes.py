"""One-time codes by text, that stand for the service password."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

VALID_S = 300.0
TRIES = 3


@dataclass
class _Code:
    code: str
    until_s: float
    tries: int = TRIES


class Codes:
    """Keeps the last code of each customer: for one login, for five minutes, for three tries."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._codes: dict[str, _Code] = {}

    def draw(self, msisdn: str) -> str:
        """Return a new code of six digits; the one before it is void."""
        code = f"{secrets.randbelow(1_000_000):06}"
        self._codes[msisdn] = _Code(code, self._clock() + VALID_S)
        return code

    def take(self, msisdn: str, code: str) -> bool:
        """Return whether it is the customer's code, which is void then."""
        drawn = self._codes.get(msisdn)
        if drawn is None or drawn.until_s < self._clock():
            return False
        drawn.tries -= 1
        right = secrets.compare_digest(drawn.code.encode(), code.encode())
        if right or not drawn.tries:
            del self._codes[msisdn]
        return right
