"""Whether a customer understands what a channel tells: words of ours in it, and too much of it at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from prober.judge.expect import fold
from prober.model.wording import Fault, Reading, Remark, Told, Wording

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_CHINESE = re.compile(f"[{_HAN}]")
_UNIT = {"zh": re.compile(rf"[{_HAN}]|[A-Za-z0-9.]+"), "en": re.compile(r"[\w'’-]+")}
"""What a length counts: a character, a word; a number or foreign word in Chinese is one."""
_SENTENCE = re.compile(r"[。！？；!?;\n]|\.(?=\s|$)")
_CLAUSE = re.compile(r"[，,、]|" + _SENTENCE.pattern)
_CHOICE = re.compile(r"按\s*[0-9零一二三四五六七八九星井*#]|\bpress\s+(?:the\s+)?[\w*#]+", re.IGNORECASE)
_OUR_LETTERS = re.compile(r"[A-Za-z0-9]")


def remarks(told: Told, wording: Mapping[str, Wording]) -> Iterator[Remark]:
    """Yield what is wrong with what was *told*, by the rules of its language."""
    language = language_of(told.text)
    rules = wording.get(language, Wording())
    text = fold(told.text)
    for word, instead in rules.jargon.items():
        if _word(fold(word)).search(text):
            yield Remark(told, Fault.JARGON, word, instead)
    yield from _too_long(told, rules.reading.get(told.channel, Reading()), _UNIT[language])


def language_of(text: str) -> str:
    """Return `zh` for a text with a Chinese character in it, else `en`."""
    return "zh" if _CHINESE.search(text) else "en"


def _word(word: str) -> re.Pattern[str]:
    """Return what finds *word*; one of letters stands alone: no APN in SHAPNESS."""
    before = r"(?<![A-Za-z0-9])" if _OUR_LETTERS.match(word) else ""
    after = r"(?![A-Za-z0-9])" if _OUR_LETTERS.match(word[-1]) else ""
    return re.compile(f"{before}{re.escape(word)}{after}", re.IGNORECASE)


def _too_long(told: Told, most: Reading, unit: re.Pattern[str]) -> Iterator[Remark]:
    choices = len(_CHOICE.findall(told.text))
    if most.choices is not None and choices > most.choices:
        yield Remark(told, Fault.CHOICES, have=choices, most=most.choices)
    if most.whole is not None and (have := len(unit.findall(told.text))) > most.whole:
        yield Remark(told, Fault.WHOLE, have=have, most=most.whole)
    if most.sentence is not None:
        # What one is to choose from is heard choice by choice.
        sentences = (_CLAUSE if choices > 1 else _SENTENCE).split(told.text)
        for sentence in filter(None, map(str.strip, sentences)):
            if (have := len(unit.findall(sentence))) > most.sentence:
                yield Remark(told, Fault.SENTENCE, sentence, have=have, most=most.sentence)
