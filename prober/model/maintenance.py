"""Maintenance: a time in which what is probed may fail without anybody being told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Maintenance:
    """
    A window that begins by the five fields of *cron* in *timezone* and lasts *lasts_s* seconds.

    It concerns *items*, or all where none is named. *pauses*: nothing is probed in it; else probing goes on, and what
    fails is kept, opens no incident, and counts for no availability.
    """

    name: str
    cron: str
    lasts_s: float
    timezone: str = "Asia/Shanghai"
    items: tuple[str, ...] = ()
    pauses: bool = False
