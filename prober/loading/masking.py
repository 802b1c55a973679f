"""Secrets never leave the robot in a text."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "•••"
_SHORT = 3
"""A secret of fewer characters is masked only where it stands alone: else a secret “1” would take every 1 away."""


class Masker:
    """
    Takes every secret out of a text, as it is and as URLs, JSON, HTML and base64 write it.

    The longest first, so that none shows through as a part of another.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form: len(secret) < _SHORT for secret in set(secrets) - {""} for form in _forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._patterns = [_pattern(form, alone=forms[form]) for form in longest_first]

    def __call__(self, text: str) -> str:
        """Return *text* with every secret replaced."""
        for pattern in self._patterns:
            text = pattern.sub(MASK, text)
        return text

    def hides(self, text: str) -> bool:
        """Return whether *text* holds anything that is masked."""
        return self(text) != text

    def secret(self, text: str) -> bool:
        """Return whether *text* holds the value of a secret, not merely something that looks private."""
        return any(pattern.search(text) for pattern in self._patterns)

    def document(self, value: Any) -> Any:
        """Return *value*, a tree as JSON has them, with the values of masked fields replaced and every text masked."""
        match value:
            case str():
                return self(value)
            case Mapping():
                return {self(str(key)): self.document(part) for key, part in value.items()}
            case list() | tuple():
                return [self.document(part) for part in value]
            case _:
                return value


def _pattern(form: str, *, alone: bool) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(form)}(?!\w)" if alone else re.escape(form))


def _forms(secret: str) -> set[str]:
    """Return the ways *secret* is written in a text. The padding of base64 is left out: it tells nothing."""
    # surrogatepass: a lone surrogate cannot be in a file, but a secret must never break the run that masks it.
    encoded = secret.encode("utf-8", "surrogatepass")
    escaped = {quote(encoded, safe=""), quote(encoded), quote_plus(encoded)}
    return {
        secret,
        *escaped,
        *(re.sub("%..", lambda found: found[0].lower(), form) for form in escaped),
        *(json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)),
        *(html.escape(secret, quote=quotes) for quotes in (True, False)),
        *(encode(encoded).decode().rstrip("=") for encode in (b64encode, urlsafe_b64encode)),
    }
