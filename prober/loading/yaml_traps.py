"""What YAML takes away from a person, said in a sentence that helps."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ruamel.yaml.error import MarkedYAMLError

QUOTE = "if it belongs to the text, put the text in quotes"
_COMMENT = re.compile(r"\s+#(.*)$")


@dataclass(frozen=True)
class Trap:
    """A syntax error in words for a person; *line* and *column* count from 1."""

    line: int
    column: int
    message: str
    hint: str = ""


def comment_for_value(rest: str) -> str:
    """Return the hint for a key whose value is missing: *rest* is what follows the key on its line."""
    if re.match(r":\s+#", rest):
        return 'YAML takes # for the start of a comment: write "#" in quotes'
    return ""


def swallowed(text: str, rest: str) -> str:
    """
    Return a hint if the comment in *rest*, the line behind an unquoted *text*, looks like a part of the text.

    An honest comment has a space behind its #. One that is empty, glued to the next word, or that ends the regular
    expression the text began is taken for text.
    """
    comment = _COMMENT.match(rest)
    if not comment:
        return ""
    words = comment[1]
    cut_expression = text.startswith("/") and not text.endswith("/") and words.rstrip().endswith("/")
    if words.startswith((" ", "\t")) and words.strip() and not cut_expression:
        return ""
    return "YAML takes ‘ #’ for the start of a comment: put the text in quotes, or write the comment as ‘# words’"


def explain(error: MarkedYAMLError, lines: Sequence[str]) -> Trap:
    """Return the trap behind one of ruamel's errors."""
    told = f"{error.context or ''} / {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    opened = error.context_mark or mark
    if mark is None:
        return Trap(1, 1, f"this is not YAML: {told.strip(' /')}")
    place = _Place(mark.line, mark.column, opened.line, opened.column, lines)
    for words, explanation in _EXPLANATIONS:
        if words in told and (trap := explanation(place)):
            return trap
    return place.here(f"this is not YAML: {error.problem}")


@dataclass(frozen=True)
class _Place:
    """Where ruamel stopped, and where the thing it was reading had begun; both count from 0."""

    line: int
    column: int
    opened_line: int
    opened_column: int
    lines: Sequence[str]

    def text(self, line: int) -> str:
        return self.lines[line] if line < len(self.lines) else ""

    def here(self, message: str, hint: str = "") -> Trap:
        return Trap(self.line + 1, self.column + 1, message, hint)

    def there(self, message: str, hint: str = "") -> Trap:
        return Trap(self.opened_line + 1, self.opened_column + 1, message, hint)


def _alias(place: _Place) -> Trap:
    return place.there("YAML takes * and & for an alias", 'put it in quotes: "*"')


def _token(place: _Place) -> Trap:
    character = place.text(place.line)[place.column : place.column + 1]
    if character == "\t":
        return place.here("YAML does not take a tab here", "use spaces")
    return place.here(f"an unquoted text cannot begin with ‘{character}’", "put the text in quotes")


def _flow(place: _Place) -> Trap | None:
    for number in range(place.opened_line, min(place.line + 1, len(place.lines))):
        reference = re.search(r"(?<![\"'\w])\$\{", place.text(number))
        if reference:
            return Trap(
                number + 1,
                reference.start() + 1,
                "inside { } and [ ], YAML takes the braces of ${…} for its own",
                'put it in quotes: "${name}"',
            )
        if comment := re.search(r"\s#", place.text(number)):
            return Trap(
                number + 1,
                comment.start() + 2,
                "the rest of this line is a comment, and its bracket is missing",
                "put a text that holds ‘ #’ in quotes",
            )
    return place.there("this bracket is not closed, or a comma is missing behind it")


def _colon(place: _Place) -> Trap:
    return place.here(
        "this colon is not allowed here",
        "put a text that holds ‘: ’ in quotes; if this is a key, line it up with the keys around it",
    )


def _indentation(place: _Place) -> Trap:
    return place.here("this does not line up with what stands above it", "check the spaces at the start of the line")


def _escape(place: _Place) -> Trap:
    return place.here("a backslash in double quotes has a meaning of its own in YAML", r"use single quotes: '/\d+/'")


def _quotes(place: _Place) -> Trap:
    return place.there("these quotes are never closed")


def _documents(place: _Place) -> Trap:
    return place.here("one file holds one document", "remove the ‘---’ or make it two files")


_EXPLANATIONS: tuple[tuple[str, Callable[[_Place], Trap | None]], ...] = (
    ("alias", _alias),
    ("scanning an anchor", _alias),
    ("cannot start any token", _token),
    ("while parsing a flow", _flow),
    ("mapping values are not allowed", _colon),
    ("expected <block end>", _indentation),
    ("could not find expected ':'", _indentation),
    ("escape character", _escape),
    ("quoted scalar", _quotes),
    ("another document", _documents),
)
