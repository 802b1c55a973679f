"""
A leg of a call, and the account it belongs to, as pjsua2 has them.

What a callback raised would be lost, so callbacks only take notes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from prober.channels.ivr import messages
from prober.channels.ivr.line_tap import Tap
from prober.channels.ivr.messages import FromLine
from prober.channels.ivr.sip_trace import readable
from prober.channels.ivr.stamps import Stamps
from prober.channels.timing import monotonic

SOUNDING = frozenset({pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD})
"""On hold there is music, or at least the clock that everything is dated by."""


class Leg(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    """One leg of a call. Where the far end sends it on, the next leg goes on with it once sound comes from there."""

    def __init__(self, account: Any, notes: deque[FromLine], tap: Tap, follow: Callable[[str], Leg | None]) -> None:
        super().__init__(account)
        self._notes = notes
        self._tap = tap
        self._follow = follow
        self.before: Leg | None = None
        self.next: Leg | None = None
        self.sounds = False
        self.over = False
        """It has ended; from then on its number may be another call's."""

    def talks(self) -> bool:
        """Return whether this leg is up, or on its way."""
        return not self.over and bool(self.isActive())

    def is_up(self) -> bool:
        """Return whether any leg is."""
        return any(one.talks() for one in self.legs())

    def stat(self) -> Any:
        """Return what the library counts of its sound; None where there is none."""
        if self.over:
            return None
        try:
            return self.getStreamStat(0)
        except pj.Error:
            return None

    def stamps(self) -> Stamps | None:
        """Return those of the packets that come in; None where there are none."""
        try:
            name = self.getMedTransportInfo(0).localRtpName
        except pj.Error:
            return None
        return Stamps.of(int(name.rpartition(":")[2]))

    def legs(self) -> list[Leg]:
        """Return every leg of the call, the last one first."""
        last = self
        while last.next is not None:
            last = last.next
        found = [last]
        while found[-1].before is not None:
            found.append(found[-1].before)
        return found

    def part(self) -> None:
        """Leave the other legs to each other."""
        if self.before is not None:
            self.before.next = self.next
        if self.next is not None:
            self.next.before = self.before
        self.before = self.next = None

    def onCallTransferRequest(self, asked: Any) -> None:  # noqa: N802  # pjsua2's name
        under_way = self.next is not None and self.next.talks()
        leg = None if under_way else self._follow(asked.dstUri)
        if leg is None:
            asked.statusCode = pj.PJSIP_SC_DECLINE
        else:
            leg.before, self.next = self, leg
            asked.newCall = leg

    def onCallState(self, _: Any) -> None:  # noqa: N802  # pjsua2's name
        info = self.getInfo()
        if info.state != pj.PJSIP_INV_STATE_DISCONNECTED:
            return
        self.sounds, self.over = False, True
        if self.before is not None and self.before.talks():
            self.before.onCallMediaState(None)  # sent on in vain: it goes on where it was
        elif not self.is_up():
            self._notes.append(messages.CallEnded(monotonic(), info.lastStatusCode, readable(info.lastReason)))

    def onDtmfDigit(self, told: Any) -> None:  # noqa: N802  # pjsua2's name
        self._notes.append(messages.FarKey(monotonic(), told.digit))

    def onCallMediaState(self, _: Any) -> None:  # noqa: N802  # pjsua2's name
        info = self.getInfo()  # owns what is read below
        for index, media in enumerate(info.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status in SOUNDING:
                self.sounds = True
                self._take_over()
                self._tap.connect(self.getAudioMedia(index))
                self._notes.append(messages.MediaStarted(monotonic(), self.getStreamInfo(index).codecName))

    def _take_over(self) -> None:
        """Have the leg before heard no more: its far end may send on."""
        if self.before is not None and self.before.talks() and self.before.hasMedia():
            self.before.getAudioMedia(-1).stopTransmit(self._tap)


class Account(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    def __init__(self, notes: deque[FromLine]) -> None:
        super().__init__()
        self._notes = notes

    def onRegState(self, told: Any) -> None:  # noqa: N802  # pjsua2's name
        self._notes.append(messages.Registered(monotonic(), told.code, readable(told.reason), told.expiration))
