"""The robot's vital signs: what each is, and when it is well."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sign:
    """
    One sign of life, as it was seen last.

    *well* is None where there is nothing to be judged, or nothing known. *value* and *limit* are words for a person;
    *what* is a sentence, and *cure* what to do where it is not well.
    """

    name: str
    well: bool | None
    value: str
    limit: str = ""
    what: str = ""
    cure: str = ""
