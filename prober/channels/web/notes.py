"""What went on beneath the page during a step: errors on the console, requests that failed, exceptions, dialogs."""

from __future__ import annotations

from dataclasses import dataclass, field

from prober.model.run import Fact

_SHOWN = 3


@dataclass
class Notes:
    """One step's troubles, as the browser told them."""

    console_errors: list[str] = field(default_factory=list)
    failed_requests: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def clear(self) -> None:
        """Begin a new step."""
        for told in vars(self).values():
            told.clear()

    def facts(self) -> dict[str, Fact]:
        """Return how many there were of each kind, and the first few in words."""
        facts: dict[str, Fact] = {}
        for kind, told in vars(self).items():
            facts[kind] = len(told)
            if told:
                facts[f"first_{kind}"] = "; ".join(one[:200] for one in told[:_SHOWN])
        return facts
