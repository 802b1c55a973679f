"""The robot's end of a call's sound: what comes in is kept with its tick, what is to be said goes out."""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pjsua2 as pj

from prober.channels.ivr.call_sound import SILENCE
from prober.channels.ivr.recording import FRAME_BYTES
from prober.channels.ivr.stamps import Stamps
from prober.channels.timing import monotonic


class _Frame(ctypes.Structure):
    """pjsua2's MediaFrame: reading it through SWIG costs 127 µs a frame, this 0.6."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("begin", ctypes.c_void_p),
        ("end", ctypes.c_void_p),
        ("capacity", ctypes.c_void_p),
        ("size", ctypes.c_uint),
    )


class Tap(pj.AudioMediaPort):  # type: ignore[misc]  # pjsua2 has no types
    """
    Hears the far end, and sends what is to be said.

    Else *silence* is sent, so that RTP flows both ways: a port of the library's own, for one in Python costs a call
    every 20 ms.
    """

    def __init__(self, silence: Any) -> None:
        super().__init__()
        self._silence = silence
        self._far_end: Any = None
        self.frames: deque[tuple[float, bytes]] = deque()
        self.stamps: Stamps | None = None
        """Those of the packets that come in, once there is a socket for them."""
        self.seen: deque[tuple[float, float | None]] = deque()
        """At each tick and look: when it was, and when the newest packet had come in."""
        self._to_say: deque[bytes] = deque()
        self.said: deque[tuple[float, bytes]] = deque()
        """The frames of it that have left, with their ticks."""
        form = pj.MediaFormatAudio()
        form.init(pj.PJMEDIA_FORMAT_PCM, 8000, 1, 20_000, 16)
        self.createPort("tap", form)

    def rewind(self) -> None:
        """Forget the last call; its place in the library may be another's from now on."""
        self.hush()
        self.stamps = self._far_end = None
        self.frames.clear()
        self.seen.clear()

    def connect(self, far_end: Any) -> None:
        """Hear *far_end*, a call's sound, and speak to it from now on."""
        far_end.startTransmit(self)
        self._silence.startTransmit(far_end)
        self._far_end = far_end
        if self._to_say:
            self.startTransmit(far_end)

    def say(self, frames: Iterable[bytes]) -> None:
        """Send *frames*, one at each tick from the next one on, and nothing else that was to be said."""
        self.hush()
        self._to_say.extend(frames)
        if self._far_end is not None:
            self.startTransmit(self._far_end)

    def hush(self) -> None:
        """Say no more."""
        if self._far_end is not None:
            with suppress(pj.Error):  # its call is over
                self.stopTransmit(self._far_end)
        self._to_say.clear()
        self.said.clear()

    def look(self) -> None:
        """Note when the newest packet has come in."""
        if (stamps := self.stamps) is not None:
            self.seen.append((monotonic(), stamps.last_s()))

    def onFrameReceived(self, frame: Any) -> None:  # noqa: N802  # pjsua2's name
        at_s = monotonic()
        self.look()
        raw = _Frame.from_address(int(frame.this))
        heard = ctypes.string_at(raw.begin, raw.end - raw.begin) if raw.begin else b""
        self.frames.append((at_s, heard if len(heard) == FRAME_BYTES else SILENCE))

    def onFrameRequested(self, frame: Any) -> None:  # noqa: N802  # pjsua2's name
        at_s = monotonic()
        frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO
        frame.buf.resize(FRAME_BYTES)
        begin = _Frame.from_address(int(frame.this)).begin
        if self._to_say:
            said = self._to_say.popleft()
            ctypes.memmove(begin, said, FRAME_BYTES)
            self.said.append((at_s, said))
        else:
            ctypes.memset(begin, 0, FRAME_BYTES)
