"""A line: one test customer, who speaks on every channel of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SipAccount:
    """How a line calls. Without a user it calls without registering, as its MSISDN."""

    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Line:
    """One test customer. A run leases it whole, so that every channel of a run speaks for the same one."""

    name: str
    msisdn: str
    facts: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    sip: SipAccount = field(default_factory=SipAccount)
    gateway: str = ""

    def fact(self, name: str) -> str | None:
        """Return what `${line.name}` stands for; None if the line has no such fact."""
        return {"name": self.name, "msisdn": self.msisdn, **self.facts}.get(name)
