"""Keeps the secrets of config.yaml out of what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from prober.loading.nodes import Document, ListNode, MapNode, Node, ScalarNode
from prober.loading.templates import REFERENCE

SECRET_KEYS = frozenset({"secrets", "password", "token"})
"""Everything beneath these keys is secret."""


def without_secrets(document: Document) -> Document:
    """Return *document* with the secrets in its lines made unreadable, for a problem shows the line it is in."""
    lines = list(document.lines)
    for secret in _secret_scalars(document.root, within=False):
        if secret.text and not REFERENCE.search(secret.text):
            number = secret.line - 1
            before, rest = lines[number][: secret.column - 1], lines[number][secret.column - 1 :]
            hidden = rest.replace(secret.text, "•" * len(secret.text), 1)
            lines[number] = before + (hidden if hidden != rest else "•" * len(rest))
    problems = tuple(replace(one, source=lines[one.line - 1]) for one in document.problems)
    return replace(document, lines=tuple(lines), problems=problems)


def _secret_scalars(node: Node, *, within: bool) -> Iterator[ScalarNode]:
    match node:
        case ScalarNode() if within:
            yield node
        case MapNode():
            for key, value in node.values.items():
                yield from _secret_scalars(value, within=key in SECRET_KEYS or (within and key != "file"))
        case ListNode():
            for part in node.parts:
                yield from _secret_scalars(part, within=within)
