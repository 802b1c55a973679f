"""Opens SMS sessions, each over a link of its own line."""

from __future__ import annotations

from prober.channels.base import RunContext, Session
from prober.channels.sms.arrivals import Arrivals
from prober.channels.sms.awaited import Awaited
from prober.channels.sms.config import Settings
from prober.channels.sms.debts import Debts
from prober.channels.sms.gateways import gateway
from prober.channels.sms.gateways.base import Gateway
from prober.channels.sms.inbox import Inbox
from prober.channels.sms.quarantine import Quarantine
from prober.channels.sms.self_check import self_check
from prober.channels.sms.session import SmsSession
from prober.errors import RobotBroken
from prober.model.line import Line


class SmsDriver:
    """
    Opens SMS sessions.

    A link names the line's MSISDN as its range, so that two robots at one SMSC never take each other's messages. It
    lasts as long as its session: what arrives between two runs waits at the SMSC.
    """

    def __init__(self, settings: Settings, *, quarantine: Quarantine) -> None:
        self._settings = settings
        self._quarantine = quarantine
        self._gateways = {name: gateway(name, chosen) for name, chosen in settings.gateways.items()}

    async def open(self, run: RunContext) -> Session:
        """Open a session that has heard all that waited at the SMSC for its line."""
        arrivals = Arrivals(Inbox(self._settings.senders))
        link = await self._gateway_of(run.line).open(run.line.msisdn, arrivals.deliver)
        try:
            await link.settle()
        except BaseException:
            await link.close()
            raise
        debts = Debts(run, self._settings, self._quarantine, arrivals)
        awaited = Awaited(run, self._settings, self._quarantine, arrivals.inbox)
        return SmsSession(run, link, arrivals, debts=debts, awaited=awaited)

    async def self_check(self) -> str:
        """Send a message to a reference SMSC on loopback, through the gateway's own code, and get its answers."""
        return await self_check()

    async def close(self) -> None:
        """End everything this driver started: nothing outlives a session."""

    def _gateway_of(self, line: Line) -> Gateway:
        name = line.gateway or (next(iter(self._gateways)) if len(self._gateways) == 1 else "")
        if name not in self._gateways:
            raise RobotBroken(
                f"line {line.name} has no SMS gateway" + (f" called ‘{name}’" if name else ""),
                cure="Name one of channels.sms.gateways as the line's gateway in config.yaml"
                + (f": {', '.join(sorted(self._gateways))}." if self._gateways else "; there is none yet."),
            )
        return self._gateways[name]
