"""Which process holds a row, and whether it can be seen from here that it ended."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from prober.processes import namespace, started

_HOSTS_OWN = 4026531836
"""The number the kernel gives the process namespace of the machine itself."""


@dataclass(frozen=True)
class Process:
    """
    A process of one host. *start* tells it from a later one that was given the same pid.

    A container with process ids of its own is a host of its own, though it may have the machine's name.
    """

    host: str
    pid: int
    start: str

    def columns(self) -> dict[str, str | int]:
        """Return it as the columns of a row."""
        return {"host": self.host, "pid": self.pid, "process_start": self.start}

    @property
    def is_near(self) -> bool:
        """Whether it is seen from here while it lives. Another machine may have the same name, not the same start."""
        return self.host == _host() and self._is_of_this_boot

    @property
    def is_namesakes(self) -> bool:
        """Whether its machine has this one's name, and is another, or was this one before it was started anew."""
        return self.host.partition(" ")[0] == socket.gethostname() and not self._is_of_this_boot

    def has_ended(self, *, one_machine: bool) -> bool:
        """
        Return whether it is known to have ended.

        *one_machine*: only this machine's processes are spoken of, so that its name is no other's, and another start
        of it a former one.
        """
        if self.is_near:
            return _start(self.pid) != self.start
        return one_machine and self.host == _host()

    @property
    def _is_of_this_boot(self) -> bool:
        return self.start.partition("/")[0] == _boot()


def this_process() -> Process:
    """Return the process that asks."""
    return _this(os.getpid())


@cache
def _this(pid: int) -> Process:
    return Process(host=_host(), pid=pid, start=_start(pid) or "")


def _host() -> str:
    return socket.gethostname() + _namespace()


@cache
def _namespace() -> str:
    """Return what tells containers that share their machine's name apart; "" on the machine itself."""
    space = namespace()
    return "" if space in (0, _HOSTS_OWN) else f" pid:[{space}]"


def _start(pid: int) -> str | None:
    """Return when *pid* started, since which start of the machine; None if there is no such process."""
    start = started(pid)
    return start and f"{_boot()}/{start}"


@cache
def _boot() -> str:
    """Return what tells this start of the machine from every other, of this machine and of others."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
