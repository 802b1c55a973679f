"""Settings from the environment: `PROBER__CHANNELS__WEB__BASE_URL` is `channels.web.base_url`."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from pydantic import BaseModel

from prober.errors import BadInput
from prober.loading.nodes import Where, read_value
from prober.loading.shapes import inside, is_list, takes_parts

PREFIX = "PROBER__"
_NESTED = "__"


@dataclass(frozen=True)
class Overrides:
    """
    What the environment says, typed as in YAML.

    *unknown* are variables that name no setting; *broken* are those that cannot be read, each with the reason.
    """

    values: Mapping[str, Any]
    variables: Mapping[str, Where]
    unknown: tuple[str, ...] = ()
    broken: Mapping[str, str] = field(default_factory=dict)

    def variable_of(self, where: Where) -> str | None:
        """Return the variable that *where* comes from; None if it stands in the file."""
        for variable, path in self.variables.items():
            shared = min(len(path), len(where))
            if path[:shared] == where[:shared]:
                return variable
        return None


def read_overrides(sections: type[BaseModel], only: Collection[str] = ()) -> Overrides:
    """Return the settings of the environment, laid out as *sections* are; of *only* these, if any are named."""
    values: Any = {}
    variables: dict[str, Where] = {}
    unknown: list[str] = []
    broken: dict[str, str] = {}
    for variable in sorted(name for name in os.environ if name.startswith(PREFIX)):
        where = tuple(variable.lower()[len(PREFIX) :].split(_NESTED))
        if only and where[0] not in only:
            continue
        variables[variable] = where
        shapes = reduce(inside, where, [sections])
        if not shapes:
            unknown.append(variable)
            continue
        try:
            values = merged(values, _nested(where, _value(os.environ[variable], shapes)))
        except BadInput as bad:
            broken[variable] = str(bad)
    return Overrides(values, variables, tuple(unknown), broken)


def merged(below: Any, above: Any) -> Any:
    """Return *below* with everything *above* says put over it."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    return {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}


def _value(typed: str, shapes: Sequence[Any]) -> Any:
    """Return what was typed: the text itself, or what it is in YAML where lists or mappings can stand."""
    if typed.lstrip().startswith(("[", "{")) and takes_parts(shapes):
        return read_value(typed)
    return [typed] if typed and is_list(shapes) else typed


def _nested(where: Where, value: Any) -> Any:
    return reduce(lambda inner, key: {key: inner}, reversed(where), value)
