"""Where calls go, and from which of this machine's addresses."""

from __future__ import annotations

import socket

from prober.channels.ivr.messages import LineSetup


def own_address(host: str, port: int) -> str:
    """
    Return the address of this machine that the way to the server starts from.

    Raises:
        OSError: There is no way to it, or its name has no address.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((host, port))
        return str(probe.getsockname()[0])


def sip_uri(number: str, setup: LineSetup) -> str:
    """Return the SIP URI of *number* at the server."""
    by_tcp = ";transport=tcp" if setup.transport == "tcp" else ""
    return f"sip:{number.replace('#', '%23')}@{setup.host}:{setup.port}{by_tcp}"
