"""When the packets of a call's sound came in, by the kernel's own stamps."""

from __future__ import annotations

import fcntl
import os
import socket
import stat
import struct
import threading
import time
from pathlib import Path

from prober.channels.timing import monotonic

SIOCGSTAMPNS = 0x8907
"""Linux: when the packet came in that was read last from a socket. Source: socket(7)."""
_UDP = (socket.AF_INET, socket.SOCK_DGRAM)
_TIMESPEC = struct.Struct("qq")


class Stamps:
    """
    The stamps of one RTP socket of this process, which somebody else reads.

    Asking for one costs a microsecond, and nobody has to be awake when a packet comes.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._stamp = bytes(_TIMESPEC.size)
        self._at_s = float("-inf")
        self._asking = threading.Lock()
        """Both the clock's thread and the line's ask."""

    @classmethod
    def of(cls, port: int) -> Stamps | None:
        """Return those of the UDP socket bound to *port*; None if there is none, or this system makes no stamps."""
        descriptor = _bound_to(port)
        if descriptor is None:
            return None
        try:
            fcntl.ioctl(descriptor, SIOCGSTAMPNS, bytes(_TIMESPEC.size))
        except FileNotFoundError:
            pass  # it makes them from now on
        except OSError:
            return None
        return cls(descriptor)

    def last_s(self) -> float | None:
        """
        Return when the packet came in that was read last; None while there was none. Unit: seconds, monotonic.

        Stamps are the wall clock's, which may be set at any time: one from before the last one's instant, or from the
        future, is not believed.
        """
        with self._asking:
            return self._last_s()

    def _last_s(self) -> float | None:
        # Whoever is held up between two readings finds too little.
        now_s, set_off_s = monotonic(), max(time.monotonic() - time.time() for _ in range(2))
        try:
            stamp = fcntl.ioctl(self._descriptor, SIOCGSTAMPNS, bytes(_TIMESPEC.size))
        except OSError:
            return None
        if stamp != self._stamp:
            seconds, nanoseconds = _TIMESPEC.unpack(stamp)
            at_s = seconds + nanoseconds / 1e9 + set_off_s
            self._stamp, self._at_s = stamp, at_s if self._at_s <= at_s <= now_s else now_s
        return self._at_s


def _bound_to(port: int) -> int | None:
    """Return the descriptor of this process's UDP socket that is bound to *port*."""
    for opened in Path("/proc/self/fd").iterdir():
        descriptor = int(opened.name)
        try:
            if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
            with socket.socket(fileno=os.dup(descriptor)) as one:
                if (one.family, one.type) == _UDP and one.getsockname()[1] == port:
                    return descriptor
        except OSError:  # closed meanwhile
            continue
    return None
