"""Where calls go, and from which of this machine's addresses."""

from __future__ import annotations

import re
import socket

from prober.channels.ivr.commands import ServerSetup

_BRACKETED = re.compile(r"<([^>]*)>")
_URI = re.compile(r"sips?:(?:[^@]*@)?(?P<host>\[[^\]]+\]|[^:;?]+)(?P<rest>[^?]*)(?P<headers>\?.*)?", re.IGNORECASE)


def own_address(host: str, port: int) -> str:
    """
    Return the address of this machine that the way to the server starts from.

    Raises:
        OSError: There is no way to it, or its name has no address.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((host, port))
        return str(probe.getsockname()[0])


def by(server: ServerSetup) -> str:
    """Return the parameter of a SIP URI that says how to get there; UDP needs none."""
    return "" if server.transport == "udp" else f";transport={server.transport}"


def bare_uri(header: str) -> str:
    """Return the URI of a header such as `"Agent" <sip:2000@10.0.0.5>;tag=1`."""
    found = _BRACKETED.search(header)
    return found[1] if found else header.strip()


def leads_to_server(uri: str, server: ServerSetup) -> bool:
    """Whether a SIP URI leads to the server that the line calls, or into its domain, and brings nothing of its own."""
    found = _URI.fullmatch(bare_uri(uri))
    if found is None or found["headers"] or ";maddr=" in found["rest"].lower():
        return False
    return found["host"].lower() in {server.host.lower(), server.from_domain.lower() or None}


def sip_uri(number: str, server: ServerSetup) -> str:
    """Return the SIP URI of *number* at the server; without one, of the server."""
    user = f"{number.replace('#', '%23')}@" if number else ""
    return f"sip:{user}{server.host}:{server.port}{by(server)}"
