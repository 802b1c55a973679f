"""From what was written to a verb's argument (any frozen dataclass whose fields are annotated types)."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, PlainValidator, TypeAdapter, ValidationError

from prober.loading import mistakes
from prober.loading.fields import STRICT, did_you_mean
from prober.loading.mistakes import Mistake
from prober.loading.nodes import Where


class _Unreadable:
    """See UNREADABLE."""

    def __repr__(self) -> str:
        return "UNREADABLE"


UNREADABLE = _Unreadable()
"""Stands for a value that can only be known when a Python scenario is played."""

REST = "**"
"""The key under which keywords stand that cannot be read (`**more`)."""


@dataclass(frozen=True)
class Field:
    """One field of an argument, as a person writes it."""

    attribute: str
    name: str
    adapter: TypeAdapter[Any]
    required: bool
    description: str
    takes_mapping: bool


@dataclass(frozen=True)
class Written:
    """A value, and where it was written."""

    value: Any
    where: Where


@cache
def fields_of(argument: type) -> Mapping[str, Field]:
    """Return the fields of *argument* by the names a person writes; the first is the one behind the colon."""
    hints = typing.get_type_hints(argument, include_extras=True)
    return {found.name: found for found in (_field(one, hints[one.name]) for one in dataclasses.fields(argument))}


def _field(declared: dataclasses.Field[Any], hint: Any) -> Field:
    absent = dataclasses.MISSING
    return Field(
        attribute=declared.name,
        name=declared.metadata.get("alias", declared.name),
        adapter=TypeAdapter(hint, config=None if _has_config(hint) else STRICT),
        required=declared.default is absent and declared.default_factory is absent,
        description=declared.metadata.get("description", ""),
        takes_mapping=_takes_mapping(hint),
    )


def _has_config(hint: Any) -> bool:
    if get_origin(hint) is typing.Annotated:
        return _has_config(get_args(hint)[0])
    return dataclasses.is_dataclass(hint) or (isinstance(hint, type) and issubclass(hint, BaseModel))


def _takes_mapping(hint: Any) -> bool:
    origin = get_origin(hint)
    if origin is typing.Annotated:
        plain, *validators = get_args(hint)
        return _takes_mapping(plain) and not any(isinstance(one, PlainValidator) for one in validators)
    if origin in (Union, types.UnionType):
        return any(_takes_mapping(part) for part in get_args(hint))
    if isinstance(origin or hint, type) and issubclass(origin or hint, Mapping):
        return True
    return _has_config(hint)


def build(argument: type, written: Mapping[str, Written], known: Mapping[str, Any]) -> tuple[Any | None, list[Mistake]]:
    """
    Return an instance of *argument* and the mistakes in what was *written* (field names to values).

    None with no mistakes: everything that can be read is right, and the rest is UNREADABLE. Missing fields are the
    caller's to tell, who knows where they would stand.
    """
    fields = fields_of(argument)
    found: list[Mistake] = []
    values: dict[str, Any] = {}
    for name, one in written.items():
        if one.value is not UNREADABLE:
            values[fields[name].attribute] = _read(fields[name], one, known, found.append)
    missing = any(one.required and name not in written for name, one in fields.items())
    if found or missing or len(values) < len(written):
        return None, found
    try:
        return argument(**values), []
    except ValueError as exc:
        where = next((one.where[:1] for one in written.values()), ())
        return None, [Mistake(where, str(exc))]


def _read(field: Field, written: Written, known: Mapping[str, Any], note: Callable[[Mistake], None]) -> Any:
    if written.value is None:
        note(Mistake(written.where, f"‘{field.name}’ has no value"))
        return None
    try:
        return field.adapter.validate_python(written.value, context=dict(known))
    except ValidationError as error:
        for mistake in mistakes.of_validation(error, written.value, written.where):
            note(mistake)
        return None


def spread(argument: type, full_name: str, raw: Any) -> tuple[dict[str, Written], list[Mistake]]:
    """Return the fields that stand behind the colon of *full_name*: the first one, or several in a mapping."""
    fields = fields_of(argument)
    if raw is None:
        return {}, []
    if not fields:
        return {}, [Mistake((full_name,), f"‘{full_name}’ takes no argument")]
    first = next(iter(fields.values()))
    names = isinstance(raw, Mapping) and first.name in raw and set(raw) <= set(fields)
    if not isinstance(raw, Mapping) or (first.takes_mapping and not names):
        return {first.name: Written(raw, (full_name,))}, []
    unknown = [
        Mistake((full_name, key), f"‘{full_name}’ has no ‘{key}’", did_you_mean(str(key), fields), key=True)
        for key in raw
        if key not in fields
    ]
    return {key: Written(value, (full_name, key)) for key, value in raw.items() if key in fields}, unknown
