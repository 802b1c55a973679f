"""What can be wrong with the lines of config.yaml between each other, and with what they are called."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from prober.loading.config_sections import LineSettings
from prober.loading.fields import did_you_mean
from prober.loading.mistakes import Mistake

_LIKENESS = 0.8
"""From here on a fact's name is taken for a mistyped key: a line with a `gatway` would send no message."""


def lines_that_clash(written: Mapping[str, Any]) -> list[Mistake]:
    """Return the mistakes that no line has by itself: names and numbers given twice, gateways that are not there."""
    lines = written.get("lines")
    found: list[Mistake] = []
    for index, line in enumerate(lines if isinstance(lines, list) else []):
        if isinstance(line, Mapping):
            found += _given_twice(lines, index)
            found += _without_gateway(line, index, _gateways(written))
            found += _mistyped(line, index)
    return found


def _given_twice(lines: Any, index: int) -> Iterator[Mistake]:
    for key in ("name", "msisdn"):
        value = lines[index].get(key)
        if value and any(isinstance(other, Mapping) and other.get(key) == value for other in lines[:index]):
            yield Mistake(("lines", index, key), f"another line has the {key} ‘{value}’ already")


def _without_gateway(line: Mapping[str, Any], index: int, gateways: Mapping[str, Any]) -> Iterator[Mistake]:
    gateway = line.get("gateway")
    if isinstance(gateway, str) and gateway not in gateways:
        message = f"there is no gateway ‘{gateway}’ in channels.sms.gateways"
        yield Mistake(("lines", index, "gateway"), message, did_you_mean(gateway, gateways))


def _gateways(written: Mapping[str, Any]) -> Mapping[str, Any]:
    inner: Any = written
    for key in ("channels", "sms", "gateways"):
        inner = inner.get(key) if isinstance(inner, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def _mistyped(line: Mapping[str, Any], index: int) -> Iterator[Mistake]:
    for key in line:
        near = difflib.get_close_matches(key, LineSettings.model_fields, n=1, cutoff=_LIKENESS)
        if near and near[0] != key:
            yield Mistake(
                ("lines", index, key), f"‘{key}’ would be a fact of this line", f"did you mean ‘{near[0]}’?", key=True
            )
