"""What the robot works by round the clock, as people wrote it, and what is different in another version of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from prober.app.probes import probes
from prober.app.telling import masker_of
from prober.errors import BadInput, Problem
from prober.loading.config import Settings
from prober.loading.maintenance import standing, windows
from prober.loading.masking import Masker
from prober.model.item import watched_as
from prober.model.maintenance import Maintenance
from prober.model.probe import Probe
from prober.model.prompt import PromptTable
from prober.model.scenario import Scenario

_PLAYED_BY = ("lines", "channels", "evidence", "masking", "orders")
"""The settings that a run is played by, secrets among them; the others change no run."""


@dataclass(frozen=True)
class Work:
    """Settings, recordings and probes, checked together; *read* are the files and folders they were read from."""

    settings: Settings
    prompts: PromptTable
    probes: tuple[Probe, ...]
    read: tuple[Path, ...] = ()

    @classmethod
    def of(
        cls, settings: Settings, prompts: PromptTable, scenarios: Iterable[Scenario], *, read: Iterable[Path] = ()
    ) -> Work:
        """
        Return the work that config.yaml asks for; beside that, *read* names what else it was read from.

        Raises:
            BadInput: There is none, or something is wrong with it.
        """
        if not settings.probes:
            hint = "name a scenario and how often: probes: [{name: balance, scenario: balance-query, every: 5m}]"
            raise BadInput([Problem(settings.path, 0, 0, "there is nothing to serve: config.yaml has no probes", hint)])
        ivr = settings.channels.get("ivr")
        sources = (settings.path, *read, *([ivr.prompts] if ivr else []))
        return cls(settings, prompts, probes(settings, scenarios), tuple(dict.fromkeys(sources)))

    @cached_property
    def by_name(self) -> Mapping[str, Probe]:
        """The probes by their names."""
        return {probe.name: probe for probe in self.probes}

    @cached_property
    def watched(self) -> frozenset[str]:
        """The names that incidents may be of: the probes, and the watches over launches."""
        return frozenset(self.by_name) | {watched_as(item.name) for item in self.settings.items}

    @cached_property
    def windows(self) -> tuple[Maintenance, ...]:
        """The maintenance windows."""
        return windows(self.settings.maintenance)

    @cached_property
    def mask(self) -> Masker:
        """What takes out of a text all that is secret in the workspace, and what looks private."""
        return masker_of(self.settings)

    def maintenance(self, item: str | None, at: datetime) -> Maintenance | None:
        """Return the window that *item* is in at the aware instant *at*; None if it is in none."""
        return standing(self.windows, item, at)

    def plays_as(self, other: Work) -> bool:
        """Return whether its runs are played by the same lines, channels and recordings as those of *other*."""
        same = all(getattr(self.settings, name) == getattr(other.settings, name) for name in _PLAYED_BY)
        return same and self.prompts.sha256 == other.prompts.sha256

    def new_since(self, before: Work) -> str:
        """Return what is different from *before*, in words; "" if nothing is."""
        mine, theirs = self.by_name, before.by_name
        told = [
            _listed("added", [name for name in mine if name not in theirs]),
            _listed("removed", [name for name in theirs if name not in mine]),
            _listed("changed", [name for name, probe in mine.items() if probe != theirs.get(name, probe)]),
        ]
        if not self.plays_as(before):
            told.append("lines, channels or recordings changed")
        elif self.settings != before.settings and not any(told):
            told.append("settings of the service changed")
        return "; ".join(one for one in told if one)


def _listed(word: str, names: list[str]) -> str:
    if not names:
        return ""
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"{word} {len(names)} probe{'' if len(names) == 1 else 's'}: {shown}"
