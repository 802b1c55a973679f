"""Secrets, and what looks private, never leave the robot in a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prober.loading.masking_fields import FIELDS, Fields
from prober.loading.masking_forms import MASK, Span, forms
from prober.loading.masking_patterns import PRIVATE, PrivatePattern

__all__ = ["MASK", "Masker", "MaskingRules"]


@dataclass(frozen=True)
class MaskingRules:
    """What is masked beside the secrets: numbers of these *patterns*, and the values of fields with these names."""

    patterns: tuple[PrivatePattern, ...] = tuple(PRIVATE.values())
    fields: tuple[str, ...] = FIELDS


DEFAULT_RULES = MaskingRules()


class Masker:
    """
    Takes out of a text every secret, however it is written, the values of masked fields, and private numbers.

    Secrets vanish whole; of a telephone number the first three and last four digits remain, of a card the last four.
    The time it takes grows with the text's length alone.
    """

    def __init__(self, secrets: Iterable[str], rules: MaskingRules = DEFAULT_RULES) -> None:
        self._secrets = frozenset(secrets) - {""}
        self._forms = sorted({form for secret in self._secrets for form in forms(secret)}, key=lambda form: form.text)
        self._patterns = rules.patterns
        self._fields = Fields(rules.fields)

    def __call__(self, text: str) -> str:
        """Return *text* masked. What is masked already stays as it is."""
        parts, end = [], 0
        for span in self._spans(text):
            parts += [text[end : span.start], span.instead]
            end = span.end
        return "".join((*parts, text[end:]))

    def hides(self, text: str) -> bool:
        """Return whether *text* holds anything that is masked."""
        return any(text[span.start : span.end] != span.instead for span in self._spans(text))

    def secret(self, text: str) -> bool:
        """Return whether *text* holds the value of a secret, not merely something that looks private."""
        return next(self._secret_spans(text, _lowered(text)), None) is not None

    def document(self, value: Any) -> Any:
        """
        Return *value*, a tree as JSON has them, with the values of masked fields replaced and every text masked.

        `{"name": N, "value": V}`, as HAR writes headers, cookies and parameters, is the field N. A number stays one
        unless it is a secret or a private number.
        """
        match value:
            case str():
                return self(value)
            case bool():
                return value
            case int():
                return self._number(value)
            case Mapping():
                return {self(str(key)): self._field(value, str(key), part) for key, part in value.items()}
            case list() | tuple():
                return [self.document(part) for part in value]
            case _:
                return value

    def _number(self, number: int) -> int | str:
        text = str(number)
        private = text in self._secrets or any(True for pattern in self._patterns for _ in pattern.spans(text))
        return self(text) if private else number

    def _field(self, owner: Mapping[Any, Any], key: str, value: Any) -> Any:
        name = owner.get("name") if key == "value" else None
        return _hidden(value) if key in self._fields or str(name or "") in self._fields else self.document(value)

    def _spans(self, text: str) -> list[Span]:
        """Return what is replaced, in order. What overlaps becomes one."""
        lowered = _lowered(text)
        whole = [*self._secret_spans(text, lowered), *self._fields.spans(text, lowered)]
        return _united([*whole, *self._private_spans(text)])

    def _private_spans(self, text: str) -> Iterator[Span]:
        """Yield the private numbers; what two patterns match is the earlier one's."""
        found = [(span.start, rank, span) for rank, one in enumerate(self._patterns) for span in one.spans(text)]
        end = 0
        for start, _, span in sorted(found):
            if start >= end:
                yield span
                end = span.end

    def _secret_spans(self, text: str, lowered: str) -> Iterator[Span]:
        for form in self._forms:
            yield from (span for span in form.spans(text, lowered) if not _in_reference(text, span))


def _lowered(text: str) -> str:
    """Return *text* in lower case and in its length: İ alone becomes longer."""
    return text.replace("İ", "I").lower()


def _in_reference(text: str, span: Span) -> bool:
    """Return whether *span* is the word of `${secret.x}`: where a password is ‘secret’, that stays readable."""
    return text[max(0, span.start - 2) : span.end] == "${secret"


def _hidden(value: Any) -> Any:
    match value:
        case Mapping():
            return {key: _hidden(part) for key, part in value.items()}
        case list() | tuple():
            return [_hidden(part) for part in value]
        case None | bool() | "":
            return value
        case _:
            return MASK


def _united(spans: Iterable[Span]) -> list[Span]:
    """Return *spans* in order, those that overlap as one that vanishes whole."""
    united: list[Span] = []
    for span in sorted(spans):
        if united and span.start < united[-1].end:
            united[-1] = Span(united[-1].start, max(united[-1].end, span.end), MASK)
        else:
            united.append(span)
    return united
