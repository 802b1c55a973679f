"""What is taken out of a window's evidence: the run's secrets, and what was typed into password fields besides."""

from __future__ import annotations

from typing import Any

from prober.loading.masking import Masker, MaskingRules

_NOTHING_ELSE = MaskingRules(patterns=(), fields=())


class WindowMask:
    """The run's own mask, and over it the passwords that were typed: a wrong one may still be somebody's."""

    def __init__(self, run: Masker) -> None:
        self._run = run
        self._passwords: set[str] = set()
        self._typed = Masker((), _NOTHING_ELSE)

    def typed(self, password: str) -> None:
        """Hide *password* from now on."""
        if password not in self._passwords:
            self._passwords.add(password)
            self._typed = Masker(self._passwords, _NOTHING_ELSE)

    def __call__(self, text: str) -> str:
        """Return *text* masked."""
        return self._typed(self._run(text))

    def document(self, value: Any) -> Any:
        """Return a tree as JSON has them, masked."""
        return self._typed.document(self._run.document(value))

    def hides(self, text: str) -> bool:
        """Return whether anything in *text* is masked."""
        return self._run.hides(text) or self._typed.hides(text)

    def secret(self, text: str) -> bool:
        """Return whether *text* holds a secret, or a password that was typed."""
        return self._run.secret(text) or self._typed.secret(text)
