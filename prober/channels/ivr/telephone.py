"""What the verbs of a session share: the line process, and the call it is in."""

from __future__ import annotations

from collections.abc import Mapping

from prober.channels.base import RunContext
from prober.channels.ivr.call import Call
from prober.channels.ivr.commands import HandOver, Register, TellFigures
from prober.channels.ivr.engine import Handset
from prober.channels.ivr.messages import Figures, FromLine, SipMessage, Sound
from prober.channels.ivr.quality import estimated_mos
from prober.channels.ivr.sip_trace import Note
from prober.channels.ivr.speech.recognition import Recognition
from prober.channels.ivr.voice.synthesis import Texts
from prober.channels.timing import monotonic
from prober.errors import RobotBroken
from prober.model.run import Fact

REPLY_S = 5.0
"""A line process replies within milliseconds; one that takes this long hangs."""
FRAMING_S = 0.02
REGISTER_S = 8.0
STILL_THERE_S = 4.0
"""How long the registrar may take when it is asked in the midst of a run: its REGISTER is sent four times."""
UNANSWERED = frozenset({408, 502, 503, 504})
"""What pjsip, or a proxy, says of a registrar that is not there."""
OUTSIDE = frozenset({"OPTIONS", "REGISTER"})
"""The methods whose messages belong to no call."""


class Telephone:
    """One session's handset of a line process, once it has one, and the call it is in."""

    line: Handset

    def __init__(
        self,
        run: RunContext,
        server: str,
        headers: Mapping[str, str] | None = None,
        recognition: Recognition | None = None,
        texts: Texts | None = None,
    ) -> None:
        self.run = run
        self.recognition = recognition
        """What recognises speech; None where nothing does."""
        self.texts = texts or Texts(None)
        """What is to be said as text."""
        self.server = server
        self.headers = tuple((headers or {}).items())
        """What every INVITE bears beside what it must."""
        self.call: Call | None = None
        self.outside: list[SipMessage] = []
        """The SIP messages that belong to no call."""
        self.answered_after_s = float("-inf")
        """What was heard up to here has answered a `hear` already."""
        self._dials = Note(monotonic(), "ivr.dial")
        self._registrar = ""

    async def registered(self, registrar: str, within_s: float = REGISTER_S) -> None:
        """
        Return when the line is registered.

        Raises:
            RobotBroken: The registrar refuses it, or does not answer.
        """
        told = await self.line.until(lambda: self.line.registered, monotonic() + within_s)
        if told is None or told.code in UNANSWERED:
            raise RobotBroken(
                f"the registrar {registrar} did not answer within {within_s:g} s"
                if told is None
                else f"the registrar {registrar} cannot be reached: {told.code} {told.reason}",
                cure="Check sip.registrar of the line in config.yaml, the network, and whether the registrar works.",
            )
        if not told.good:
            raise RobotBroken(
                f"the registrar {registrar} refused our registration: {told.code} {told.reason}",
                cure="Check sip.user and sip.password of the line in config.yaml, and whether the account is in order.",
            )
        self._registrar = registrar

    async def still_registered(self) -> None:
        """
        Ask the registrar again, if the line is registered.

        Raises:
            RobotBroken: The registrar refuses it by now, or does not answer.
        """
        if self._registrar:
            self.line.registered = None
            self.line.send(Register())
            await self.registered(self._registrar, STILL_THERE_S)

    def told(self, message: FromLine) -> None:
        """Take what the line process tells."""
        if isinstance(message, SipMessage) and message.method in OUTSIDE:
            self.outside.append(message)
        elif self.call is not None:
            self.call.take(message)

    def begin(self, number: str) -> Call:
        """Return the call that what is told from now on belongs to."""
        self.call = Call(number, steps=[self._dials])
        return self.call

    def begin_step(self, name: str, *, dials: bool) -> None:
        """Note that the step *name* begins; the one that *dials* belongs to the call it begins."""
        if dials:
            self._dials = Note(monotonic(), name)
        elif self.call is not None:
            self.call.steps.append(Note(monotonic(), name))

    def current(self, verb: str) -> Call:
        """
        Return the call that was answered, or that `ivr.dial` took as it was before that; be it over by now.

        Raises:
            RobotBroken: There is none.
        """
        if self.call is None or (self.call.trace.answered is None and not self.call.early):
            raise RobotBroken(f"ivr.{verb} was asked for, and there is no call", cure="Put ivr.dial before it.")
        return self.call

    async def figures(self, call: Call, since_s: float = float("-inf")) -> Figures:
        """
        Return the call's figures as they are now, the share of lost packets since *since_s*.

        Raises:
            RobotBroken: The line process does not reply.
        """
        call.figures = None
        self.line.send(TellFigures(since_s))
        told = await self.line.until(lambda: call.figures, monotonic() + REPLY_S)
        if told is None:
            raise unresponsive()
        return told

    @property
    def recognizing(self) -> Recognition:
        """
        What recognises speech.

        Raises:
            RobotBroken: Nothing does.
        """
        if self.recognition is None:
            cure = "Set up channels.ivr.speech in config.yaml; prober doctor names a model."
            raise RobotBroken("words are waited for, and nothing is set up that recognises speech", cure=cure)
        return self.recognition

    async def sound(self, call: Call, asked: HandOver) -> Sound:
        """
        Return what arrived between two instants.

        Raises:
            RobotBroken: The line process does not reply.
        """
        self.line.send(asked)

        def told() -> Sound | None:
            return call.sound if call.sound is not None and call.sound.asked == asked else None

        sound = await self.line.until(told, monotonic() + REPLY_S)
        if sound is None:
            raise unresponsive()
        return sound


def unresponsive() -> RobotBroken:
    """Return the error for a line process that hangs."""
    return RobotBroken(
        f"the line process did not reply within {REPLY_S:g} s", cure="The machine is overloaded: run less on it."
    )


def facts_of(told: Figures) -> dict[str, Fact]:
    """Return the figures as facts of a step; what could not be measured is None."""
    return {
        "codec": told.codec,
        "rtp_sent": told.rtp_sent,
        "rtp_received": told.rtp_received,
        "rtp_lost": told.rtp_lost,
        "rtp_discarded": told.rtp_discarded,
        "jitter_mean_s": _rounded(told.jitter_mean_s),
        "jitter_max_s": _rounded(told.jitter_max_s),
        "rtt_s": _rounded(told.rtt_s),
        "clock_gap_max_s": _rounded(told.clock_gap_max_s),
        "underrun_s": _rounded(told.underrun_s),
        "non_silent_share": _rounded(told.sounding),
        "level_dbfs": None if told.level_dbfs is None else round(told.level_dbfs, 1),
        "clipped": _rounded(told.clipped),
        "dropouts": told.dropouts,
        "dropout_max_s": _rounded(told.dropout_max_s),
        "estimated_mos": _rounded(estimate(told)),
    }


def estimate(told: Figures) -> float | None:
    """Return the estimated MOS; None where nothing was received."""
    one_way_s = FRAMING_S + told.rtt_s / 2 if told.rtt_s is not None else 0.0
    return estimated_mos(received=told.rtp_received or 0, missing=_missing(told), one_way_s=one_way_s)


def missing_share(told: Figures) -> float | None:
    """Return the share of packets that were lost, or too late to be played; None if none was due."""
    due = (told.rtp_received or 0) + max(told.rtp_lost or 0, 0)
    return _missing(told) / due if due else None


def _missing(told: Figures) -> int:
    return max((told.rtp_lost or 0) + (told.rtp_discarded or 0), 0)


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 6)
