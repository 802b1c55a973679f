"""Keeps the secrets of config.yaml out of what is said of it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from prober.loading.fields import SECRECY
from prober.loading.nodes import Document, ListNode, MapNode, Node, ScalarNode
from prober.loading.shapes import annotated_with, inside, keys_at
from prober.loading.templates import REFERENCE


def without_secrets(document: Document, model: type[BaseModel], whole: Node) -> Document:
    """
    Return *document* with the secrets in its lines made unreadable, for a problem shows the line it is in.

    *whole* is all that the file holds: a line may be of several sections, and *document* of few. Secret is what *model*
    says is a `Secret`, and what stands at a mistyped key that was meant for one.
    """
    lines = list(document.lines)
    for secret in _secret_scalars(whole, [model], within=False):
        if secret.text and not REFERENCE.search(secret.text):
            number = secret.line - 1
            before, rest = lines[number][: secret.column - 1], lines[number][secret.column - 1 :]
            hidden = rest.replace(secret.text, "•" * len(secret.text), 1)
            lines[number] = before + (hidden if hidden != rest else "•" * len(rest))
    problems = tuple(replace(one, source=lines[one.line - 1]) for one in document.problems)
    return replace(document, lines=tuple(lines), problems=problems)


def secret_values(settings: object) -> Iterator[str]:
    """Yield every secret in *settings*: a model, or mappings and sequences of models."""
    match settings:
        case BaseModel():
            for name, field in type(settings).model_fields.items():
                value = getattr(settings, name)
                if SECRECY in field.metadata:
                    yield str(value)
                else:
                    yield from secret_values(value)
        case Mapping():
            for part in settings.values():
                yield from secret_values(part)
        case tuple() | list():
            for part in settings:
                yield from secret_values(part)


def _secret_scalars(node: Node, shapes: Sequence[Any], *, within: bool) -> Iterator[ScalarNode]:
    within = within or annotated_with(shapes, SECRECY)
    match node:
        case ScalarNode() if within:
            yield node
        case MapNode():
            for key, value in node.values.items():
                yield from _secret_scalars(value, _meant(shapes, key), within=within and key != "file")
        case ListNode():
            for index, part in enumerate(node.parts):
                yield from _secret_scalars(part, inside(shapes, index), within=within)


def _meant(shapes: Sequence[Any], key: str) -> list[Any]:
    """Return the shapes of what stands at *key*, or at the key it was probably meant to be."""
    known = [name for shape in shapes for name in keys_at(shape, ())]
    near = difflib.get_close_matches(key, known, n=1)
    return inside(shapes, key) or (inside(shapes, near[0]) if near else [])
