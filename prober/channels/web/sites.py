"""What headers go to which sites, as config.yaml has it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_OWN_PORT = {"http": ":80", "https": ":443"}
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def origin(url: str) -> str:
    """
    Return the site of *url* as browsers write it: https://www.example.com.

    Raises:
        ValueError: It is no address, or holds what stands for anything in the browser's patterns.
    """
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), parts.netloc.rpartition("@")[2].lower()
    host = host.removesuffix(_OWN_PORT.get(scheme, "")).encode("idna").decode("ascii")
    if not host or scheme not in _OWN_PORT or {"*", "?", "\\"} & set(host):
        raise ValueError(url)
    return f"{scheme}://{host}"


def is_header(name: str, value: str) -> bool:
    """Whether HTTP can carry it."""
    return _NAME.fullmatch(name) is not None and value.isascii() and value.isprintable()
