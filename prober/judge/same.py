"""Whether several channels told the customer the same thing: typed, tolerant comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prober.judge.expect import normalise
from prober.judge.values import Value, read, words
from prober.model.run import Observation, Seen
from prober.model.value import Captured, ValueType


def same(
    names: Sequence[str],
    captures: Mapping[str, Captured],
    *,
    value_type: ValueType,
    tolerance: int = 0,
    ignore_missing: bool = False,
) -> Observation:
    """
    Compare the captures called *names* as *value_type*.

    *tolerance* is in fen for money and in units for digits. What cannot be read as the type is never equal; a missing
    capture fails too, unless *ignore_missing*, and then at least two must be there.
    """
    present = {name: captures[name] for name in names if name in captures}
    missing = [name for name in names if name not in captures]
    values = {name: _typed(captured, value_type) for name, captured in present.items()}
    told = ", ".join(
        [f"{name} = {_told(present[name], values[name], value_type)}" for name in present]
        + [f"{name} was not captured" for name in missing]
    )
    equal = all(value is not None for value in values.values()) and _within(
        list(values.values()), value_type, tolerance
    )
    complete = len(present) >= 2 if ignore_missing else not missing
    return Observation(
        Seen.EXPECTED if equal and complete else Seen.WRONG_CONTENT,
        took_s=None,
        expected=f"the same {value_type} from {', '.join(names)}",
        actual=told,
        facts={name: captured.text for name, captured in present.items()},
    )


def _typed(captured: Captured, value_type: ValueType) -> Value | None:
    return captured.value if captured.type is value_type else read(captured.text, value_type)


def _told(captured: Captured, value: Value | None, value_type: ValueType) -> str:
    if value is None:
        return f"«{captured.text}» (cannot be read as {value_type})"
    told = words(value, value_type)
    return told if told == captured.text else f"{told} («{captured.text}»)"


def _within(values: Sequence[Value | None], value_type: ValueType, tolerance: int) -> bool:
    if value_type is ValueType.TEXT:
        return len({normalise(str(value)) for value in values}) == 1
    if value_type is ValueType.DATE or not tolerance:
        return len(set(values)) == 1
    numbers = [int(value) for value in values if value is not None]
    return max(numbers) - min(numbers) <= tolerance
