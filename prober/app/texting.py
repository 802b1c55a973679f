"""Alarms by text, through the SMS gateways the robot probes by, and beside its probing."""

from __future__ import annotations

from collections.abc import Sequence

from prober.alerts.base import RefusedForGood
from prober.channels.sms.config import GatewaySettings, Settings
from prober.channels.sms.gateways import gateway
from prober.channels.sms.gateways.base import Gateway, Refused, Unanswered
from prober.errors import RobotBroken
from prober.model.alarm import MAYBE
from prober.model.line import Line

_SUBMIT_S = 10.0
_KEPT_S = 12 * 3600.0
"""So long the SMSC tries to deliver an alarm: a telephone may be in a tunnel, or out of battery."""


class Texting:
    """
    Sends texts over links of their own that only send: a run under way loses no message to them, and owes none.

    No line is leased for a text: the service numbers it speaks with know nothing of it.
    """

    def __init__(self, settings: Settings | None, lines: Sequence[Line]) -> None:
        given = settings.gateways if settings else {}
        self._gateways = {name: gateway(name, _patient(own)) for name, own in given.items()}
        self._lines = {line.name: line for line in lines}

    async def text(self, line: str, number: str, text: str) -> None:
        """
        Send *text* to *number* as the line called *line*, and return when the gateway has taken it.

        Raises:
            RobotBroken: It was not taken, or nobody can say.
            RefusedForGood: Nor will it be.
        """
        sender = self._lines[line]
        link = await self._gateway_of(sender).open(sender.msisdn, None)
        try:
            link.check(text)
            answer = await link.send(number, text, _SUBMIT_S)
        finally:
            await link.close()
        match answer:
            case Refused(words=words, retryable=retryable):
                cure = "Ask the SMSC's operator to let the line's MSISDN send to such numbers."
                broken = RobotBroken if retryable else RefusedForGood
                raise broken(f"the SMS gateway refused the text: {words}", cure=cure)
            case Unanswered():
                what = f"the SMS gateway did not say in {_SUBMIT_S:g} s whether it takes the text; {MAYBE}"
                raise RobotBroken(what, cure="Ask the SMSC's operator whether it is overloaded.")

    def _gateway_of(self, line: Line) -> Gateway:
        name = line.gateway or (next(iter(self._gateways)) if len(self._gateways) == 1 else "")
        if name not in self._gateways:
            raise RobotBroken(
                f"line {line.name} has no SMS gateway to send alarms by",
                cure="Name one of channels.sms.gateways as the line's gateway in config.yaml.",
            )
        return self._gateways[name]


def _patient(settings: GatewaySettings) -> GatewaySettings:
    """Return *settings* by which a message is kept for its reader; an SMSC that takes no such time is left alone."""
    kept = {
        kind: own.model_copy(update={"validity": _KEPT_S})
        for kind, own in settings.given.items()
        if getattr(own, "validity", 0)
    }
    return settings.model_copy(update=kept)
