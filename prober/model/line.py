"""A line: one test customer, who speaks on every channel of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SipAccount:
    """
    How a line calls: without a user as its MSISDN, without a *registrar* unregistered.

    *caller* is the number it shows, where that is another one; *registrar* and *proxy* are host:port.
    """

    user: str = ""
    password: str = field(default="", repr=False)
    caller: str = ""
    registrar: str = ""
    expires_s: float = 300.0
    proxy: str = ""


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
