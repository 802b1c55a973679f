"""
Faults of the network, made where one call's packets pass; the calls beside it have none.

pjsua2 itself can lose packets of all calls of a process only, as set up at its start.
"""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Set
from contextlib import suppress
from pathlib import Path

import pjsua2 as pj

_SO_ATTACH_FILTER = 26
_OPERATIONS_AT = 40
"""Where a pjmedia_transport points to its operations: behind its name of 32 characters and its type."""
_SIMULATE_LOST = 10
_SimulateLost = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_uint)


class _Instruction(ctypes.Structure):
    """The kernel's sock_filter. Its *code* 6 returns how many bytes of a packet are let through: *k*."""

    _fields_ = (("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint))


class _Program(ctypes.Structure):
    """The kernel's sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def lose(transport: int, percent: float) -> None:
    """Lose *percent* of the RTP packets that leave by the pjmedia_transport at the address *transport*, at random."""
    if percent < 1:
        return
    operations = ctypes.c_void_p.from_address(transport + _OPERATIONS_AT).value or 0
    simulate_lost = _SimulateLost(ctypes.c_void_p.from_address(operations + _SIMULATE_LOST * 8).value or 0)
    # pjmedia draws from 0 to 99, and loses what is not above the figure it was given; 0 switches it off.
    simulate_lost(transport, pj.PJMEDIA_DIR_ENCODING, min(max(round(percent) - 1, 1), 99))


def deafen(*addresses: str) -> None:
    """Let nothing in any more by the UDP sockets of this process at *addresses* (host:port)."""
    ports = {int(address.rpartition(":")[2]) for address in addresses}
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # no socket
            _let_nothing_in(int(entry.name), ports)


def _let_nothing_in(descriptor: int, ports: Set[int]) -> None:
    one = socket.socket(fileno=descriptor)
    try:
        if one.type == socket.SOCK_DGRAM and one.getsockname()[1] in ports:
            drop = _Instruction(code=6, k=0)
            one.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, bytes(_Program(1, ctypes.pointer(drop))))
    finally:
        one.detach()  # it is pjsua2's
