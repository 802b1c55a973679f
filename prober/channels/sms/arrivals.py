"""What a session's link delivers, kept until somebody asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from prober.channels.sms.gateways.base import Event, Lost, Part, Receipt, ReceiptState
from prober.channels.sms.inbox import Inbox
from prober.channels.timing import monotonic
from prober.errors import RobotBroken

_T = TypeVar("_T")

_STALL_S = 0.3
_CATCH_UP_S = 0.5
"""What the link is given to bring what came while the robot stood still."""


class Arrivals:
    """Listens from the moment the link opens. A receipt may come before the id it speaks of is known here."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.receipts: list[Receipt] = []
        self._lost: Lost | None = None
        self._news = asyncio.Event()

    def deliver(self, event: Event) -> None:
        """Take in what the link delivers."""
        match event:
            case Part():
                self.inbox.put(event)
            case Receipt():
                self.receipts.append(event)
            case Lost():
                self._lost = event
        self._news.set()

    async def until(self, look: Callable[[], _T | None], until_s: float) -> _T | None:
        """
        Return what *look* finds as soon as it finds something; None if it did not by *until_s*.

        A loop that comes back much later than that has stood still, and so has what reads the link: what it then brings
        is found as well, stamped with the instant it was read at.

        Raises:
            RobotBroken: The link is gone, so nothing more can be found.
        """
        stood_still = False
        while (found := look()) is None:
            if self._lost is not None:
                raise RobotBroken(self._lost.words, cure=self._lost.cure)
            self._news.clear()
            try:
                async with asyncio.timeout(until_s - monotonic()):
                    await self._news.wait()
            except TimeoutError:
                if stood_still or monotonic() - until_s < _STALL_S:
                    return look()
                stood_still, until_s = True, monotonic() + _CATCH_UP_S
        return found

    def verdict(self, message_ids: Sequence[str], *, since_s: float) -> Receipt | None:
        """Return the first receipt of a failed part, or the last of all delivered ones; None while one is missing."""
        wanted = {_canonical(message_id) for message_id in message_ids}
        last = {
            _canonical(receipt.message_id): receipt
            for receipt in self.receipts
            if receipt.at_s >= since_s and receipt.state is not ReceiptState.ON_ITS_WAY
        }
        ours = sorted((last[one] for one in wanted & last.keys()), key=lambda receipt: receipt.at_s)
        failed = next((receipt for receipt in ours if receipt.state is ReceiptState.FAILED), None)
        return failed or (ours[-1] if len(ours) == len(wanted) else None)


def _canonical(message_id: str) -> str:
    # Gateways disagree with themselves about leading zeros and the case of hexadecimal digits.
    return message_id.lstrip("0").upper()
