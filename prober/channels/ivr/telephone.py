"""What the verbs of a session share: the line process, and the call it is in."""

from __future__ import annotations

from prober.channels.base import RunContext
from prober.channels.ivr.call import Call
from prober.channels.ivr.engine import LineProcess
from prober.channels.ivr.messages import Figures, FromLine, TellFigures
from prober.channels.ivr.quality import estimated_mos
from prober.channels.ivr.sip_trace import Note
from prober.channels.timing import monotonic
from prober.errors import RobotBroken
from prober.model.run import Fact

REPLY_S = 5.0
"""A line process replies within milliseconds; one that takes this long hangs."""
FRAMING_S = 0.02


class Telephone:
    """One session's line process, and its call."""

    def __init__(self, run: RunContext, server: str) -> None:
        self.run = run
        self.server = server
        self.line = LineProcess(self._told)
        self.call: Call | None = None
        self.answered_after_s = float("-inf")
        """What was heard up to here has answered a `hear` already."""
        self._dials = Note(monotonic(), "ivr.dial")

    def _told(self, message: FromLine) -> None:
        if self.call is not None:
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
        Return the call that was answered, be it over by now.

        Raises:
            RobotBroken: There is none.
        """
        if self.call is None or self.call.trace.answered is None:
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
