"""Why a page could not be fetched, in words; and whose fault that is."""

from __future__ import annotations

import re

_CAUSES = {
    "NAME_NOT_RESOLVED": "its name has no address in the DNS",
    "NAME_RESOLUTION_FAILED": "its name could not be looked up in the DNS",
    "CONNECTION_REFUSED": "connection refused",
    "CONNECTION_RESET": "the connection was reset",
    "CONNECTION_CLOSED": "the connection was closed",
    "CONNECTION_TIMED_OUT": "no answer to the connection",
    "TIMED_OUT": "no answer",
    "SOCKET_NOT_CONNECTED": "the connection was closed",
    "SOCKS_CONNECTION_FAILED": "no connection",
    "EMPTY_RESPONSE": "the connection was closed without an answer",
    "ADDRESS_UNREACHABLE": "there is no way to its address",
    "TOO_MANY_REDIRECTS": "its redirects go round in a circle",
    "UNSAFE_PORT": "browsers refuse this port",
    "INVALID_RESPONSE": "its answer is not HTTP",
    "INVALID_HTTP_RESPONSE": "its answer is not HTTP",
    "CERT_DATE_INVALID": "its certificate has expired, or is not valid yet",
    "CERT_COMMON_NAME_INVALID": "its certificate is for another name",
    "CERT_AUTHORITY_INVALID": "its certificate is signed by an unknown authority",
    "CERT_REVOKED": "its certificate was revoked",
    "BAD_SSL_CLIENT_AUTH_CERT": "it lets in nobody without a certificate, and the robot has none for it",
    "SSL_PROTOCOL_ERROR": "the TLS handshake failed",
    "SSL_VERSION_OR_CIPHER_MISMATCH": "it offers no TLS version or cipher the browser accepts",
}
_OURS = {
    "INTERNET_DISCONNECTED": "this machine has no network",
    "NETWORK_CHANGED": "this machine's network changed while the page was fetched",
    "NETWORK_IO_SUSPENDED": "this machine was asleep",
    "NETWORK_ACCESS_DENIED": "this machine refuses the browser the network",
    "PROXY_CONNECTION_FAILED": "the proxy does not answer",
    "TUNNEL_CONNECTION_FAILED": "the proxy refuses to open a tunnel",
    "PROXY_AUTH_UNSUPPORTED": "the proxy wants a password",
    "NO_SUPPORTED_PROXIES": "the proxy's address cannot be used",
    "INSUFFICIENT_RESOURCES": "the browser has no memory or files left",
    "OUT_OF_MEMORY": "the browser has no memory left",
}
_NO_CONTACT = frozenset(
    {
        "NAME_NOT_RESOLVED",
        "NAME_RESOLUTION_FAILED",
        "CONNECTION_REFUSED",
        "CONNECTION_RESET",
        "CONNECTION_CLOSED",
        "CONNECTION_TIMED_OUT",
        "CONNECTION_FAILED",
        "TIMED_OUT",
        "SOCKET_NOT_CONNECTED",
        "SOCKS_CONNECTION_FAILED",
        "EMPTY_RESPONSE",
        "ADDRESS_UNREACHABLE",
    }
)
_CODE = re.compile(r"net::ERR_([A-Z0-9_]+)")


def net_code(message: str) -> str | None:
    """Return the browser's network error in *message*, such as CONNECTION_REFUSED; None if it holds none."""
    found = _CODE.search(message)
    return found[1] if found else None


def cause(code: str) -> str:
    """Return what a network error means, with the browser's own name for it."""
    words = _CAUSES.get(code) or _OURS.get(code)
    return f"{words} ({code})" if words else code


def is_no_contact(code: str) -> bool:
    """Whether a network error says no more than that nobody answered: it may as well be the robot's own network."""
    return code in _NO_CONTACT


def is_ours(code: str) -> bool:
    """Whether the robot's own side (network, proxy, memory) is to blame for a network error, not the site."""
    return code in _OURS
