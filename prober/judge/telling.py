"""Whether a text tells all that it is to tell, sentence by sentence."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from prober.judge.expect import normalise

_SENTENCE = re.compile(r"[。！？；!?;\n]+|\.(?=\s|$)")
_EDGES = " \t,，、:：\"'“”‘’()（）"
_NEAR = 0.5
"""How like a line must be to be what stands in a sentence's place."""


@dataclass(frozen=True)
class Untold:
    """A sentence that is not told, and what stands in its place; "" if nothing like it does."""

    sentence: str
    instead: str = ""


def sentences(text: str) -> list[str]:
    """Return the sentences of *text*, without what ends them."""
    return [bare for one in _SENTENCE.split(text) if (bare := one.strip(_EDGES))]


def untold(reference: str, text: str) -> list[Untold]:
    """Return the sentences of *reference* that *text* does not hold, in their order; width and spaces do not count."""
    there = normalise(text)
    missing = [one for one in sentences(reference) if normalise(one) not in there]
    lines = {normalise(one): one for one in sentences(text)} if missing else {}
    return [Untold(one, _nearest(normalise(one), lines)) for one in missing]


def _nearest(wanted: str, lines: dict[str, str]) -> str:
    near = difflib.get_close_matches(wanted, lines, n=1, cutoff=_NEAR)
    return lines[near[0]] if near else ""
