"""Settings from the environment: `PROBER__CHANNELS__WEB__BASE_URL` is `channels.web.base_url`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsError

from prober.loading.nodes import Where

PREFIX = "PROBER__"
_NESTED = "__"


@dataclass(frozen=True)
class Overrides:
    """What the environment says. *unknown* are variables that name no setting, *broken* says what cannot be read."""

    values: Mapping[str, Any]
    variables: Mapping[str, Where]
    unknown: tuple[str, ...] = ()
    broken: str = ""

    def variable_of(self, where: Where) -> str | None:
        """Return the variable that *where* comes from; None if it stands in the file."""
        for variable, path in self.variables.items():
            shared = min(len(path), len(where))
            if path[:shared] == where[:shared]:
                return variable
        return None


def read_overrides(sections: type[BaseModel]) -> Overrides:
    """Return the settings of the environment, laid out as *sections* are."""
    variables = {
        name: tuple(name.lower()[len(PREFIX) :].split(_NESTED))
        for name in sorted(os.environ)
        if name.startswith(PREFIX)
    }
    shape = type("Shape", (sections, BaseSettings), {})
    source = EnvSettingsSource(shape, env_prefix=PREFIX, env_nested_delimiter=_NESTED)
    try:
        values = source()
    except SettingsError as exc:
        return Overrides({}, variables, broken=f"{exc}: {exc.__cause__}")
    unknown = tuple(name for name, path in variables.items() if not _has(values, path))
    return Overrides(values, variables, unknown)


def merged(below: Any, above: Any) -> Any:
    """Return *below* with everything *above* says put over it."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    return {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}


def _has(values: Any, path: Where) -> bool:
    for part in path:
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    return True
