"""What keys a model knows at a place in it."""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from prober.loading.nodes import Where


def keys_at(model: Any, where: Where) -> tuple[str, ...]:
    """Return the keys that can stand at *where* in what *model* describes; none where any key, or no key, can."""
    shapes = [model]
    for step in where:
        shapes = [inner for shape in shapes for inner in _inside(shape, step)]
    return tuple(name for shape in _unwrapped(shapes) if _is_model(shape) for name in shape.model_fields)


def _inside(shape: Any, step: str | int) -> list[Any]:
    found = []
    for plain in _unwrapped([shape]):
        if _is_model(plain):
            field = plain.model_fields.get(str(step))
            found += [field.annotation] if field else []
        elif isinstance(get_origin(plain), type):
            mapping = issubclass(get_origin(plain), Mapping)
            found += [get_args(plain)[1 if mapping else 0]]
    return found


def _unwrapped(shapes: list[Any]) -> list[Any]:
    """Return the shapes without Annotated, and the members of unions."""
    found = []
    for shape in shapes:
        origin = get_origin(shape)
        if origin is Annotated:
            found += _unwrapped([get_args(shape)[0]])
        elif origin in (Union, UnionType):
            found += _unwrapped(list(get_args(shape)))
        else:
            found.append(shape)
    return found


def _is_model(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, BaseModel)
