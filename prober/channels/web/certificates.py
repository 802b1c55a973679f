"""What the robot shows to sites that ask who their customer is, and what they say to it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from prober.channels.web.config import ClientCertificate
from prober.channels.web.sites import origin
from prober.errors import RobotBroken

NO_PAGE = "Playwright client-certificate error: "
"""What begins the page that stands in for one which did not come from a site that is shown a certificate."""
_WHERE = "channels.web.client_certificates in config.yaml"
_REFUSALS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "DECRYPT_ERROR")
_TRY_S = 3.0


def shown(mine: ClientCertificate) -> Any:
    """
    Return the certificate as Playwright takes it.

    Raises:
        RobotBroken: It cannot be read, or is not its key's.
    """
    try:
        cert, key = mine.cert.read_bytes(), mine.key.read_bytes()
        _context(mine)
    except ssl.SSLError as exc:
        reason = (exc.reason or "").lower().replace("_", " ") or "the key is not opened by its passphrase"
        raise _unusable(mine, f"{mine.cert.name} and {mine.key.name} do not go together: {reason}") from exc
    except OSError as exc:
        raise _unusable(mine, f"{exc.filename}: {exc.strerror}") from exc
    told: dict[str, Any] = {"origin": mine.origin, "cert": cert, "key": key}
    return told | ({"passphrase": mine.passphrase} if mine.passphrase else {})


def _context(mine: ClientCertificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # who the site is, the browser looks at
    context.load_cert_chain(mine.cert, mine.key, lambda: mine.passphrase)
    return context


def _unusable(mine: ClientCertificate, why: str) -> RobotBroken:
    return RobotBroken(
        f"the certificate for {mine.origin} cannot be shown: {why}",
        cure=f"Name a certificate, its key (both PEM) and the key's passphrase in {_WHERE}.",
    )


def for_url(certificates: Iterable[ClientCertificate], url: str) -> ClientCertificate | None:
    """Return what is shown to the site of *url*, None where nothing is."""
    with suppress(ValueError):
        site = origin(url)
        return next((one for one in certificates if origin(one.origin) == site), None)
    return None


async def check(mine: ClientCertificate, url: str) -> None:
    """
    Show *mine* to the site of *url* without the browser, which does not tell what the site says to it.

    Raises:
        RobotBroken: The site refuses it.
    """
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 443
    try:
        async with asyncio.timeout(_TRY_S):
            reader, writer = await asyncio.open_connection(host, port, ssl=_context(mine))
            try:
                writer.write(f"HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                await reader.read(1)  # with TLS 1.3 it is refused only now
            finally:
                writer.close()
    except ssl.SSLError as exc:
        reason = exc.reason or ""
        if any(word in reason for word in _REFUSALS):
            raise _refused(mine, reason) from exc
    except (OSError, TimeoutError):
        return  # out of reach: what the browser said stands


def _refused(mine: ClientCertificate, reason: str) -> RobotBroken:
    return RobotBroken(
        f"{mine.origin} refuses the certificate that the robot shows it: {reason.lower().replace('_', ' ')}",
        cure=f"Name one that has not expired, and that an authority signed which the site trusts, in {_WHERE}.",
    )
