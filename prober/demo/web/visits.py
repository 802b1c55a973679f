"""Who is logged in, by cookie."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

ENDS_AFTER_S = 1800.0


@dataclass
class Visit:
    """One customer's stay. *notice* is shown once, on the next page."""

    msisdn: str
    seen_s: float
    notice: str = ""

    def take_notice(self) -> str:
        """Return the notice and forget it."""
        notice, self.notice = self.notice, ""
        return notice


class Visits:
    """Keeps visits until the customer leaves, or for half an hour without a page."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._visits: dict[str, Visit] = {}

    def begin(self, msisdn: str) -> str:
        """Return the token of a new visit."""
        now_s = self._clock()
        self._visits = {k: visit for k, visit in self._visits.items() if now_s - visit.seen_s < ENDS_AFTER_S}
        token = secrets.token_urlsafe(24)
        self._visits[token] = Visit(msisdn, now_s)
        return token

    def of(self, token: str) -> Visit | None:
        """Return the visit of a token, None if it has ended."""
        now_s = self._clock()
        visit = self._visits.get(token)
        if visit is None or now_s - visit.seen_s >= ENDS_AFTER_S:
            return None
        visit.seen_s = now_s
        return visit

    def end(self, token: str) -> None:
        """End a visit."""
        self._visits.pop(token, None)
