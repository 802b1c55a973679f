"""What every channel keeps to. A driver opens sessions: one run's call, browser context or SMS exchange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from prober.channels.evidence import EvidenceBox
from prober.channels.timing import Stimulus
from prober.loading.masking import Masker
from prober.model.briefing import Briefing
from prober.model.line import Line
from prober.model.run import Evidence, Observation
from prober.model.scenario import Action


class Attendant(Protocol):
    """The person who attends a run."""

    async def asked(self, question: str) -> tuple[bool | None, str]:
        """Return whether the answer to *question* is yes (None: there is none), and what else the person said."""
        ...


@dataclass(frozen=True)
class RunContext:
    """
    What a session knows of the run it belongs to. *mask* takes the secrets out of any text that is kept.

    *attendant* is None where nobody attends it. *ahead* is what the run will ask, as far as that is known beforehand,
    *briefing* what the robot knows of what it will see. Once interrupted, the run has *farewell_s* for its `always`
    steps, and as long again to close its sessions.
    """

    run_id: str
    line: Line
    stimulus: Stimulus
    evidence: EvidenceBox
    mask: Masker
    farewell_s: float = 10.0
    attendant: Attendant | None = None
    ahead: Sequence[Action] = ()
    briefing: Briefing = field(default_factory=Briefing)


class Session(Protocol):
    """One customer's dealings with one channel during one run."""

    async def perform(self, action: Action, deadline_s: float) -> Observation:
        """
        Do *action* and return what was seen, be it nothing.

        The action's own clock ends at *deadline_s* seconds; recognising what was heard in that time may take up to 3 s
        more. Verbs that wait measure from the run's stimulus; verbs that act mark it.

        Raises:
            RobotBroken: The action could not be tried at all.
        """
        ...

    async def close(self) -> Sequence[Evidence]:
        """
        Leave as a polite customer would (hang up, close the context) and return the evidence of the whole session.

        Safe to call twice and after a failure; never raises for what the channel did.

        Raises:
            RobotBroken: Some of it is lost. The rest was kept before, and is in the box's `of_run`.
        """
        ...


class Driver(Protocol):
    """Opens the sessions of one channel. What is dear to start (browser, gateway) is started once and shared."""

    async def open(self, run: RunContext) -> Session:
        """
        Open a session whose listener is armed when this returns.

        Raises:
            RobotBroken: What the channel needs on our side (browser, line process, gateway) is not to be had.
        """
        ...

    async def self_check(self) -> str:
        """
        Do what a run does on this channel, against a reference target on loopback, and say in words what worked.

        Asked where a session saw what may as well be the robot's own fault (`Observation.doubtful`). It takes a few
        seconds at most.

        Raises:
            RobotBroken: It does not work there either: the fault is the robot's.
        """
        ...

    async def close(self) -> None:
        """End everything this driver started. Safe to call twice."""
        ...


@runtime_checkable
class StartsAhead(Protocol):
    """A driver that can start what a line wants before the first run on it comes."""

    async def start_ahead(self, lines: Sequence[Line]) -> None:
        """Start it. Never raises for what cannot be started: the run that wants it tells why."""
        ...
