"""Whether this machine has any way to a host: what only the kernel knows."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from pathlib import Path

from prober.errors import RobotBroken

_RESOLVERS = Path("/etc/resolv.conf")
_UPSTREAMS = Path("/run/systemd/resolve/resolv.conf")
"""Whom systemd's resolver asks, where the other file names but that one."""
_LOOK_UP_S = 2.0
_CURE = "Plug the cable in, or look at `ip route`; the channel cannot be asked from here."
_CURE_DNS = "Look the name up by hand (`getent hosts`); name the DNS servers themselves in /etc/resolv.conf."


async def way_to(host: str) -> str:
    """
    Return in words that this machine has a way to *host* or, where its name has no address, to its DNS servers.

    No packet is sent but those of the look-up.

    Raises:
        RobotBroken: There is no such way, or it is not known who the DNS servers are.
    """
    addresses = await _addresses(host)
    towards = host if addresses else "the DNS servers"
    for address in addresses or _servers(host):
        if own := _own_address(address):
            return f"this machine has a way to {towards}, from {own}"
    raise RobotBroken(f"this machine has no route to {towards}", cure=_CURE)


async def _addresses(host: str) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_LOOK_UP_S):
            found = await loop.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError, TimeoutError):
        return []
    return [str(one[4][0]) for one in found]


def _servers(host: str) -> list[str]:
    """Return the DNS servers of the network: a resolver on this machine answers whether there is a network or not."""
    named = _nameservers(_RESOLVERS)
    known = [one for one in (*named, *_nameservers(_UPSTREAMS)) if not _is_loopback(one)]
    if named and not known:
        raise RobotBroken(
            f"it cannot be told why {host} has no address: this machine asks its own resolver ({named[0]}), "
            "and whom that asks is not known",
            cure=_CURE_DNS,
        )
    return known


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _nameservers(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [words[1] for words in map(str.split, lines) if len(words) > 1 and words[0] == "nameserver"]


def _own_address(address: str) -> str | None:
    """Return the address this machine would send from; connecting a UDP socket asks the kernel's routes alone."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return None
