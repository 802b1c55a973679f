"""Secrets, and what looks private, never leave the robot in a text."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from prober.loading.masking_fields import FIELDS, Fields
from prober.loading.masking_forms import MASK, Form, Span, forms
from prober.loading.masking_patterns import PRIVATE, PrivatePattern

__all__ = ["MASK", "Masker", "MaskingRules"]


@dataclass(frozen=True)
class MaskingRules:
    """What is masked beside the secrets: numbers of these *patterns*, and the values of fields with these names."""

    patterns: tuple[PrivatePattern, ...] = tuple(PRIVATE.values())
    fields: tuple[str, ...] = FIELDS


_BETWEEN = "\0"
"""Stands between texts that are searched together: no letter, no digit, no part of what is looked for."""
DEFAULT_RULES = MaskingRules()


class Masker:
    """
    Takes out of a text every secret, however it is written, the values of masked fields, and private numbers.

    Secrets vanish whole; of a telephone number the first three and last four digits remain, of a card the last four.
    The time it takes grows with the text's length alone.
    """

    def __init__(self, secrets: Iterable[str], rules: MaskingRules = DEFAULT_RULES) -> None:
        self._secrets = frozenset(secrets) - {""}
        self._forms = _forms_of(self._secrets)
        self._rules = rules
        self._patterns = rules.patterns
        self._fields = Fields(rules.fields)

    def __reduce__(self) -> tuple[type[Masker], tuple[frozenset[str], MaskingRules]]:
        """Let another process mask as this one does."""
        return Masker, (self._secrets, self._rules)

    def learn(self, name: str, value: str, told: str = "") -> None:
        """
        Take *value* for a secret from now on if *name* is a masked field's, or if it is such a field's value in *told*.

        One-time codes are told, captured by whatever name, then typed.
        """
        if value and (name in self._fields or self._is_field_in(told, value)):
            self._secrets |= {value}
            self._forms = _forms_of(self._secrets)

    def _is_field_in(self, text: str, value: str) -> bool:
        """Whether *text* gives *value* to a masked field, whatever stands behind it: `验证码882301(5分钟内有效)`."""
        text, value = (unicodedata.normalize("NFKC", one) for one in (text, value))
        whole = re.compile(rf"{re.escape(value)}(?![0-9A-Za-z])")
        lowered = _lowered(text)
        after = any(whole.match(text, span.start) for span in self._fields.spans(text, lowered))
        return after or self._fields.follows(lowered, value.lower())

    def __call__(self, text: str) -> str:
        """Return *text* masked. What is masked already stays as it is."""
        return _replaced(text, self._spans(text))

    def name(self, text: str) -> str:
        """Return the name of a step masked: it names fields, and holds no value of theirs behind a colon."""
        found = [*self._secret_spans(text, _lowered(text)), *self._private_spans(text)]
        return _replaced(text, _united(found))

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
        # One search of all texts together: a trace has hundred thousands of short ones, and a search has its price.
        texts = list(dict.fromkeys(_texts(value)))
        return self._masked(value, {text: self(text) for text in self._touched(texts)})

    def _touched(self, texts: Sequence[str]) -> set[str]:
        """Return those of *texts* that may hold something to be masked, and perhaps a neighbour of theirs."""
        starts = [0, *accumulate(len(text) + len(_BETWEEN) for text in texts)]
        touched = {text for text in texts for own in self._patterns if own.within is None and any(own.spans(text))}
        for span in self._spans(_BETWEEN.join(texts)):
            touched.update(texts[bisect_right(starts, span.start) - 1 : bisect_left(starts, span.end)])
        return touched

    def _masked(self, value: Any, masked: Mapping[str, str]) -> Any:
        match value:
            case str():
                return masked.get(value, value)
            case bool():
                return value
            case int():
                return self._number(value)
            case Mapping():
                return {
                    masked.get(str(key), str(key)): _hidden(part)
                    if self._is_field(value, str(key))
                    else self._masked(part, masked)
                    for key, part in value.items()
                }
            case list() | tuple():
                return [self._masked(part, masked) for part in value]
            case _:
                return value

    def _is_field(self, owner: Mapping[Any, Any], key: str) -> bool:
        name = owner.get("name") if key == "value" else None
        return key in self._fields or (isinstance(name, str) and name in self._fields)

    def _number(self, number: int) -> int | str:
        text = str(number)
        private = text in self._secrets or any(True for pattern in self._patterns for _ in pattern.spans(text))
        return self(text) if private else number

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


def _forms_of(secrets: Iterable[str]) -> list[Form]:
    return sorted({form for secret in secrets for form in forms(secret)}, key=lambda form: form.text)


def _replaced(text: str, spans: Iterable[Span]) -> str:
    parts, end = [], 0
    for span in spans:
        parts += [text[end : span.start], span.instead]
        end = span.end
    return "".join((*parts, text[end:]))


def _lowered(text: str) -> str:
    """Return *text* in lower case and in its length: İ alone becomes longer."""
    return text.replace("İ", "I").lower()


def _in_reference(text: str, span: Span) -> bool:
    """Return whether *span* is the word of `${secret.x}`: where a password is ‘secret’, that stays readable."""
    return text[max(0, span.start - 2) : span.end] == "${secret"


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for key, part in value.items():
                yield str(key)
                yield from _texts(part)
        case list() | tuple():
            for part in value:
                yield from _texts(part)


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
