"""Secrets never leave the robot in a text."""

from __future__ import annotations

from collections.abc import Iterable

MASK = "•••"


class Masker:
    """Takes every secret out of a text, the longest first, so that none shows through as a part of another."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return *text* with every secret replaced."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text
