"""One-time codes of an authenticator, out of the key the site gave its customer (RFC 6238)."""

from __future__ import annotations

import binascii

import pyotp

from prober.errors import RobotBroken


def one_time_code(key: str) -> str:
    """
    Return the code that is valid now for *key*, in base32 as sites show it, spaces and all.

    Raises:
        RobotBroken: It is no such key.
    """
    try:
        return pyotp.TOTP("".join(key.split()).replace("-", "").upper()).now()
    except (binascii.Error, ValueError) as exc:
        raise RobotBroken(
            "the secret is no key for one-time codes",
            cure="Write the key that the site shows beside its QR code (A-Z, 2-7).",
        ) from exc
