"""What went wrong at the SMSC, in words for a person, and whose fault it is."""

from __future__ import annotations

from dataclasses import dataclass

from prober.channels.sms.gateways.base import Lost, RefusalKind, Refused
from prober.errors import RobotBroken

_THROTTLED = frozenset({0x14, 0x58})  # message queue full, throttled
_BAD_DESTINATION = frozenset({0x0B, 0x50, 0x51})  # destination address, its type or plan
_TEMPORARY = frozenset({0x08, 0x64})  # system error, temporary application error
_VALIDITY = 0x62  # validity period
_OURS = frozenset({0x04, 0x0A, 0x48, 0x49, 0x53})  # bind state, source address, its type or plan, system type


@dataclass(frozen=True)
class Peer:
    """The SMSC, as config.yaml calls it."""

    name: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"the SMS gateway ‘{self.name}’ ({self.host}:{self.port})"

    @property
    def _keys(self) -> str:
        return f"channels.sms.gateways.{self.name}.smpp in config.yaml"

    def unreachable(self, words: str) -> RobotBroken:
        """It cannot be connected to, or says nothing."""
        return RobotBroken(
            f"{self} is not to be reached: {words}",
            cure=f"Check host and port ({self._keys}), and that the SMSC runs and lets this machine in.",
        )

    def bind_refused(self, words: str, msisdn: str) -> RobotBroken:
        """It does not want us."""
        return RobotBroken(
            f"{self} refused the bind for {msisdn}: {words}",
            cure=f"Check system_id, password and system_type ({self._keys}), and that nobody else is bound as it.",
        )

    def refusal(self, status: int, words: str, submitted_at_s: float, at_s: float) -> Refused:
        """Return what a submit_sm_resp with the error *status* means."""
        kind, cure = RefusalKind.REJECTED, ""
        if status in _THROTTLED:
            kind = RefusalKind.THROTTLED
        elif status in _BAD_DESTINATION:
            kind = RefusalKind.BAD_DESTINATION
        elif status == _VALIDITY:
            kind, cure = RefusalKind.OUR_ACCOUNT, f"Set validity: 0s ({self._keys})."
        elif status in _OURS:
            kind, words = RefusalKind.OUR_ACCOUNT, f"{self} does not let us send as this line: {words}"
            cure = (
                "Ask the SMSC's operator to route the line's MSISDN to this account; "
                f"check source_ton and source_npi ({self._keys})."
            )
        return Refused(kind, status in _THROTTLED | _TEMPORARY, words, submitted_at_s, at_s, cure)

    def too_long(self, parts: int, limit: int) -> RobotBroken:
        """It would cut the text."""
        return RobotBroken(
            f"the text takes {parts} parts, and {self} would cut it after {limit}",
            cure=f"Shorten the text, or raise max_parts ({self._keys}) if the SMSC takes more.",
        )

    def silent(self, waited_s: float) -> RobotBroken:
        """It does not answer on a link that stands."""
        return RobotBroken(
            f"{self} did not answer an enquire_link in {waited_s:g} s",
            cure="Ask the SMSC's operator whether it is overloaded.",
        )

    def lost(self, words: str) -> Lost:
        """The link ended."""
        return Lost(f"{self} is gone: {words}", "Check the SMSC and the network between; the next run binds again.")

    def gone(self, lost: Lost) -> RobotBroken:
        """Something was asked of a link that ended."""
        return RobotBroken(lost.words, cure=lost.cure)
