"""A channel that answers from a script and keeps the whole contract: for tests of whatever plays scenarios."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from prober.channels.base import RunContext
from prober.channels.timing import monotonic
from prober.errors import RobotBroken
from prober.loading.fields import Text
from prober.model.run import Evidence, Layer, Observation, Seen
from prober.model.scenario import Action, Ordering
from prober.model.verb import Verb


@dataclass(frozen=True)
class Say:
    """Do something that could cause an answer."""

    words: Text = ""


@dataclass(frozen=True)
class Hear:
    """Wait for an answer."""

    words: Text = ""


VERBS: tuple[Verb, ...] = (
    Verb("fake", "say", Say, 5.0, Layer.GATEWAY, "start → said", ordering=Ordering.PLACES, needs=""),
    Verb(
        channel="fake",
        name="hear",
        argument=Hear,
        within_s=5.0,
        layer=Layer.CONTENT,
        took="stimulus → heard",
        ordering=Ordering.SHOWS,
        needs="",
        waits=True,
        captures=True,
    ),
)
WAITING = frozenset({"hear", "hung_up", "transferred", "see", "not_see", "read", "receipt", "receive"})
"""The verbs that wait, of this channel and of those it may stand in for."""


@dataclass(frozen=True)
class Answer:
    """
    What an action sees, *after_s* from its start, or from the stimulus where it waits.

    A `RobotBroken` is raised instead. An expected observation without a time of its own gets the one it took.
    """

    seen: Observation | RobotBroken = field(default_factory=lambda: Observation(Seen.EXPECTED))
    after_s: float = 0.0


Script = Mapping[str, Sequence[Answer]]
"""What each verb sees: an answer an action, the last one ever again. Without any it acts at once, or hears nothing."""


class FakeDriver:
    """
    Opens scripted sessions, in the stead of any *channel*. *broken* is what every opening then raises,
    *self_check* what its self-check does.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        channel: str = "fake",
        waiting: Collection[str] = WAITING,
        broken: RobotBroken | None = None,
        self_check: RobotBroken | None = None,
    ) -> None:
        self.channel = channel
        self.sessions: list[FakeSession] = []
        self.closed = False
        self._script = script or {}
        self._waiting = waiting
        self._broken = broken
        self._self_check = self_check

    async def open(self, run: RunContext) -> FakeSession:
        """Open a session, with the script from its beginning."""
        if self._broken is not None:
            raise self._broken
        session = FakeSession(run, self.channel, self._script, self._waiting)
        self.sessions.append(session)
        return session

    async def self_check(self) -> str:
        """Pass, unless it is to fail."""
        if self._self_check is not None:
            raise self._self_check
        return "the script is there"

    async def close(self) -> None:
        """Note it."""
        self.closed = True


class FakeSession:
    """Plays its script. *performed* is what it was asked, in order."""

    def __init__(self, run: RunContext, channel: str, script: Script, waiting: Collection[str]) -> None:
        self.performed: list[Action] = []
        self.closed = False
        self._run = run
        self._channel = channel
        self._answers = {verb: list(answers) for verb, answers in script.items()}
        self._waiting = waiting
        self._log: list[str] = []
        self._evidence: tuple[Evidence, ...] | None = None

    async def perform(self, action: Action, deadline_s: float) -> Observation:
        """Wait as long as the script says, but not past the deadline, and return what it says."""
        self.performed.append(action)
        waits = action.verb in self._waiting
        from_s = self._run.stimulus.at_s if waits else monotonic()
        if not waits:
            self._run.stimulus.mark(from_s, action.full_name)
        answer = self._next(action.verb, waits=waits)
        await asyncio.sleep(max(0.0, from_s + min(answer.after_s, deadline_s) - monotonic()))
        seen = answer.seen if answer.after_s <= deadline_s else Observation(Seen.NOTHING, actual="nothing")
        if isinstance(seen, RobotBroken):
            raise seen
        if seen.seen is Seen.EXPECTED and seen.took_s is None:
            seen = replace(seen, took_s=max(0.0, monotonic() - from_s))
        self._log.append(f"{action.full_name} {action.argument}: {seen.seen}, {seen.text or seen.actual}")
        return seen

    def _next(self, verb: str, *, waits: bool) -> Answer:
        answers = self._answers.get(verb)
        if not answers:
            return Answer(after_s=float("inf") if waits else 0.0)
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def close(self) -> Sequence[Evidence]:
        """Keep what was said and heard."""
        self.closed = True
        if self._evidence is None:
            text = self._run.mask("\n".join(self._log) + "\n")
            box = self._run.evidence
            self._evidence = (await box.keep("transcript", f"{self._channel}.txt", text.encode(), whole_run=True),)
        return self._evidence
