"""
Latencies in little room: how many lie in each of narrow bins, so that percentiles are within 1 %.

A sketch is bytes, 6 for each bin that has something in it: its key and its count. Sketches are merged by putting them
one behind the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from ddsketch.ddsketch import BaseDDSketch
from ddsketch.mapping import LogarithmicMapping
from ddsketch.store import DenseStore

_ACCURACY = 0.01
_MAPPING = LogarithmicMapping(_ACCURACY)
_BINS = np.dtype([("key", "<i2"), ("count", "<u4")])
_ZERO = -32_768
"""The key of what took no time at all: it has no logarithm."""


def sketch(values: Iterable[float]) -> bytes:
    """Return a sketch of *values*, in seconds, none of them negative."""
    counts = Counter(_MAPPING.key(value) if value > _MAPPING.min_possible else _ZERO for value in values)
    return np.array(sorted(counts.items()), dtype=_BINS).tobytes()


def merged(sketches: Iterable[bytes]) -> bytes:
    """Return one sketch of all that is in *sketches*."""
    keys, counts = _united(b"".join(sketches))
    bins = np.empty(len(keys), dtype=_BINS)
    bins["key"], bins["count"] = keys, counts
    return bins.tobytes()


def quantiles(one: bytes, wanted: Sequence[float]) -> list[float | None]:
    """Return the values below which the *wanted* shares of what is in the sketch lie; None of an empty one."""
    keys, counts = _united(one)
    store, zeros = DenseStore(), 0.0
    for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
        if key == _ZERO:
            zeros = float(count)
        else:
            store.add(key, count)
    whole = BaseDDSketch(_MAPPING, store=store, negative_store=DenseStore(), zero_count=zeros)
    whole._count = store.count + zeros  # noqa: SLF001 - it counts only what it was given one by one
    return [whole.get_quantile_value(share) for share in wanted]


def _united(joined: bytes) -> tuple[np.ndarray, np.ndarray]:
    bins = np.frombuffer(joined, dtype=_BINS)
    if not len(bins):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    keys, places = np.unique(bins["key"], return_inverse=True)
    return keys, np.bincount(places, weights=bins["count"]).astype(np.int64)
