"""What went on beneath the page during a step: errors on the console, requests that failed, exceptions, dialogs."""

from __future__ import annotations

from dataclasses import dataclass, field

from prober.model.run import Fact

_SHOWN = 3
_REMEMBERED = 1000


@dataclass
class Notes:
    """One step's troubles, as the browser told them."""

    console_errors: list[str] = field(default_factory=list)
    failed_requests: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    _before: list[str] = field(default_factory=list)
    """The troubles of earlier steps that nobody has asked for yet."""

    def _kinds(self) -> dict[str, list[str]]:
        return {kind: told for kind, told in vars(self).items() if not kind.startswith("_")}

    def _now(self) -> list[str]:
        troubles = {"exception": self.exceptions, "console": self.console_errors, "request": self.failed_requests}
        return [f"{kind}: {one}" for kind, told in troubles.items() for one in told]

    def clear(self) -> None:
        """Begin a new step."""
        self._before += self._now()
        del self._before[:-_REMEMBERED]
        for told in self._kinds().values():
            told.clear()

    def troubles(self) -> list[str]:
        """Return what went wrong since this was asked last, each with its kind: exception, console or request."""
        told, self._before = [*self._before, *self._now()], []
        return told

    def facts(self) -> dict[str, Fact]:
        """Return how many there were of each kind, and the first few in words."""
        facts: dict[str, Fact] = {}
        for kind, told in self._kinds().items():
            facts[kind] = len(told)
            if told:
                facts[f"first_{kind}"] = "; ".join(one[:200] for one in told[:_SHOWN])
        return facts
