"""What keys a model knows at a place in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from prober.loading.nodes import Where

_WITH_PARTS = (list, tuple, dict)


def keys_at(model: Any, where: Where) -> tuple[str, ...]:
    """Return the keys that can stand at *where* in what *model* describes; none where any key, or no key, can."""
    shapes = [model]
    for step in where:
        shapes = inside(shapes, step)
    return tuple(name for shape in _unwrapped(shapes) if _is_model(shape) for name in shape.model_fields)


def inside(shapes: Sequence[Any], step: str | int) -> list[Any]:
    """Return the shapes of what can stand at *step* in something of one of *shapes*."""
    return [inner for shape in shapes for inner in _inside(shape, step)]


def takes_parts(shapes: Sequence[Any]) -> bool:
    """Return whether something of one of *shapes* may be a list or a mapping."""
    return any(_is_model(shape) or _origin(shape) in _WITH_PARTS for shape in _unwrapped(shapes))


def is_list(shapes: Sequence[Any]) -> bool:
    """Return whether something of one of *shapes* is a list of any length, and nothing else."""
    plain = _unwrapped(shapes)
    lists = [one for one in plain if _origin(one) is list or (_origin(one) is tuple and get_args(one)[1:] == (...,))]
    return bool(lists) and all(one in lists or one is type(None) for one in plain)


def annotated_with(shapes: Sequence[Any], mark: object) -> bool:
    """Return whether something of one of *shapes* may be annotated with *mark*."""
    for shape in shapes:
        origin = get_origin(shape)
        if origin is Annotated and mark in shape.__metadata__:
            return True
        if origin in (Annotated, Union, UnionType) and annotated_with(_members(shape), mark):
            return True
    return False


def _members(shape: Any) -> list[Any]:
    return list(get_args(shape)[:1] if get_origin(shape) is Annotated else get_args(shape))


def _inside(shape: Any, step: str | int) -> list[Any]:
    found = []
    for plain in _unwrapped([shape]):
        if _is_model(plain):
            field = plain.model_fields.get(str(step))
            found += [_whole(field)] if field else []
        elif isinstance(get_origin(plain), type):
            mapping = issubclass(get_origin(plain), Mapping)
            found += [get_args(plain)[1 if mapping else 0]]
    return found


def _origin(shape: Any) -> Any:
    return get_origin(shape) or shape


def _unwrapped(shapes: Sequence[Any]) -> list[Any]:
    """Return the shapes without Annotated, and the members of unions."""
    found = []
    for shape in shapes:
        wrapped = get_origin(shape) in (Annotated, Union, UnionType)
        found += _unwrapped(_members(shape)) if wrapped else [shape]
    return found


def _whole(field: FieldInfo) -> Any:
    """Return the field's annotation as it was written: pydantic keeps the outermost apart."""
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def _is_model(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, BaseModel)
