"""An improvement: what is to become better, from the plan to the proof (plan, do, check, act)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from prober.model.figures import Figures

LONGEST_TEXT, LONGEST_NAME = 2000, 100
"""Characters of what people write down, and of a name: a table has to hold them."""


class Category(StrEnum):
    """What has to change."""

    CONTENT = "content"
    INTERFACE = "interface"
    FLOW = "flow"
    SYSTEM = "system"
    INTERACTION = "interaction"


class Stage(StrEnum):
    """Where an improvement stands. CHECK: it is said to be mended, and its scenarios have yet to show it."""

    PLAN = "plan"
    DO = "do"
    CHECK = "check"
    DONE = "done"
    DROPPED = "dropped"

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done about it."""
        return self not in {Stage.DONE, Stage.DROPPED}


@dataclass(frozen=True)
class ImprovementChange:
    """That an improvement came to another stage, or that somebody had something to say of it (*stage* None)."""

    at: datetime
    by: str
    stage: Stage | None = None
    text: str = ""


@dataclass(frozen=True)
class Improvement:
    """
    What is to become better of *item*. *id* is given when it is kept.

    It is done when each of *scenarios* passed *passes* times in a row after it was said to be mended. *source* is the
    review or incident it came from, "" if a person just wrote it down. One that *blocks* keeps its item from going live
    until it is done.
    """

    item: str
    what: str
    category: Category
    opened_at: datetime
    by: str
    owner: str = ""
    due: date | None = None
    channel: str = ""
    blocks: bool = False
    scenarios: tuple[str, ...] = ()
    passes: int = 3
    source: str = ""
    stage: Stage = Stage.PLAN
    since: datetime | None = None
    changes: tuple[ImprovementChange, ...] = ()
    id: int = 0

    @property
    def name(self) -> str:
        """What people call it: IMP-7."""
        return f"IMP-{self.id}"

    @property
    def mended_at(self) -> datetime | None:
        """When it was last said to be mended; None: it never was."""
        return next((one.at for one in reversed(self.changes) if one.stage is Stage.CHECK), None)

    def overdue(self, today: date) -> bool:
        """Return whether it should have been done before *today*."""
        return self.stage.is_open and self.due is not None and self.due < today


@dataclass(frozen=True)
class Progress:
    """
    How far the proof of an improvement is: by scenario, how many of its runs passed in a row, of *wanted*.

    *proved_at* is when the last one it took had ended; None: not yet. *failed* are the runs that failed since.
    """

    wanted: int
    passed: Mapping[str, int] = field(default_factory=dict)
    proved_at: datetime | None = None
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compared:
    """What the runs of an improvement's scenarios came to *before* it was opened, and *after* it was mended."""

    before: Figures
    after: Figures | None
