"""Which robot keeps the schedule: how it leads, takes over whole, and catches up with what the store refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime

from prober.app.news import About, News
from prober.app.starting import Starting
from prober.app.work import Work
from prober.channels.timing import monotonic
from prober.errors import StoreBroken
from prober.pipeline import Pipeline
from prober.scheduler import Scheduler
from prober.store.leadership import RENEW_S, SCHEDULE
from prober.store.store import Store

_SWEEP_S = 10.0
"""How often the leader looks for what processes that died left behind."""

_LOOK_S = 600.0
"""How often it looks for all that nothing was made of: another program may have marked it, an error have lost it."""


class Leading:
    """
    Has the schedule of *work* kept as long as this robot leads; at most one of several robots does.

    Whoever takes over marks what the others left behind, accounts for what was due meanwhile, and has judged what
    ended before anything was made of it. *guarded* awaits what must not end the robot.
    """

    def __init__(
        self,
        store: Store,
        scheduler: Scheduler,
        starting: Starting,
        pipeline: Pipeline,
        *,
        work: Callable[[], Work],
        guarded: Callable[[Awaitable[None]], Awaitable[None]],
    ) -> None:
        self._store, self._scheduler, self._starting, self._pipeline = store, scheduler, starting, pipeline
        self._work, self._guarded, self._tell = work, guarded, starting.tell
        self.planned: Callable[[], None] = lambda: None
        """Hears of every new plan."""
        self._term: int | None = None
        self._told_following = False
        self._swept_s = self._looked_s = 0.0
        self._all_left, self._gone = False, False
        self._resuming: asyncio.Task[None] | None = None

    @property
    def leads(self) -> bool:
        """Whether this robot keeps the schedule at this moment."""
        return self._term is not None and self._store.leadership.term(SCHEDULE) == self._term

    @property
    def under_way(self) -> Sequence[asyncio.Task[None]]:
        """What is taken up at this moment of what was left."""
        return [self._resuming] if self._resuming else []

    def take(self) -> None:
        """
        Go on by the work as it is now; probes that are no part of it any more leave their incidents.

        Those that are new are planned at the next turn: they may have been part of it before.
        """
        self._gone = True
        if self._term is not None:
            self._plan({})

    def played(self, probe: str) -> None:
        """Note that *probe* was played: one that is gone may have opened what no other run of it will close."""
        if probe not in self._work().by_name:
            self._gone = True

    async def run(self) -> None:
        """Lead as soon and as long as it can, and catch up with what the store refused before, until cancelled."""
        while True:
            await self._guarded(self._turn())
            await self._store.leadership.wait(SCHEDULE)

    async def _turn(self) -> None:
        """Do what is to be done at one turn; who can not lead starts nothing, and leaves the lead to others."""
        try:
            await self.turn()
        except StoreBroken:
            if not self.leads:
                self._follow("the store does not answer")
            raise
        except Exception:
            if not self.leads:
                self._follow("it stumbles over what it takes over")
                await self._store.leadership.resign(SCHEDULE)
            raise

    async def turn(self) -> None:
        """
        Do what is to be done at one turn.

        Raises:
            StoreBroken: Something of it could not be kept; the next turn goes on with it.
            Exception: What else it stumbled over. The next turn goes on with the rest.
        """
        term = await self._store.leadership.lead(SCHEDULE)
        await self._starting.lead_on(term)
        if term is None:
            leader = self._store.leadership.leader(SCHEDULE)
            self._follow(f"the robot with pid {leader.pid} on {leader.host} leads" if leader else "another robot leads")
        elif term != self._term:
            await self._take_over(term)
        elif monotonic() - self._swept_s >= _SWEEP_S:
            await self._sweep()
        if self.leads:
            await self._add()
        await self._catch_up()

    def _follow(self, why: str) -> None:
        """Start nothing, and say so once."""
        self._scheduler.plan(())
        self._term, self._all_left = None, False
        if not self._told_following:
            self._tell(News(About.FOLLOWS, f"waits: {why}"))
            self._told_following = True

    async def _take_over(self, term: int) -> None:
        """Mark what other robots left behind, and go on with the schedule where they ended."""
        await self._starting.say()
        await self._sweep()
        longest_s = max((probe.grace_s for probe in self._work().probes), default=0.0)
        await self._store.starts.take_over(term, longest_s)
        since = await self._until(self._work().by_name)
        if self._store.leadership.term(SCHEDULE) != term:
            return  # it took too long, and the next turn tells who leads
        self._term = term
        self._plan(since)
        self._tell(News(About.LEADS, f"keeps the schedule (term {term})", facts={"term": term}))
        self._told_following, self._all_left, self._gone = False, True, True

    async def _add(self) -> None:
        """Plan the probes that are new, and account for what was due since they were part of the work before."""
        if new := self._work().by_name.keys() - self._scheduler.planned().keys():
            since = await self._until(new)
            if self.leads:
                self._plan(since)

    def _plan(self, since: Mapping[str, datetime | None]) -> None:
        """Let the schedule be the work of this moment, as far as it is planned already or in *since*."""
        wanted = self._scheduler.planned().keys() | since.keys()
        known = {name: at for name, at in since.items() if at}
        self._scheduler.plan((probe for probe in self._work().probes if probe.name in wanted), since=known)
        self.planned()

    async def _until(self, probes: Collection[str]) -> Mapping[str, datetime | None]:
        """Return up to when the starts of each of *probes* are accounted for, and go on leading meanwhile."""
        doing = asyncio.ensure_future(asyncio.to_thread(self._store.starts.last, probes))
        try:
            while not (await asyncio.wait([doing], timeout=RENEW_S))[0]:
                await self._store.leadership.lead(SCHEDULE)
            last = doing.result()
        finally:
            doing.cancel()
        return {name: last[name].accounted_until_at if name in last else None for name in probes}

    async def _sweep(self) -> None:
        """Mark what processes that live no more left behind; the runs that ended with it are judged."""
        self._swept_s = monotonic()
        self._starting.unjudged.update(await self._store.mark_left_behind())

    async def _catch_up(self) -> None:
        """Keep what the store refused before, judge what was not for its sake, and close what nobody plays any more."""
        await self._starting.say()
        await self._pipeline.catch_up()
        self._starting.unjudged.update(await self._store.catch_up())
        if self._gone and self.leads:
            self._gone = False
            try:
                await self._pipeline.release(self._work().watched)
            except StoreBroken:
                self._gone = True
                raise
        if self.leads and monotonic() - self._looked_s >= _LOOK_S:
            self._all_left = True
        if not self._resuming and (self._all_left or self._starting.unjudged):
            self._resuming = asyncio.create_task(self._resume())

    async def _resume(self) -> None:
        await self._guarded(self._take_up())
        self._resuming = None

    async def _take_up(self) -> None:
        """Take up the runs that ended before anything was made of them; what the store refuses is taken up again."""
        everything, self._all_left = self._all_left, False
        if everything:
            self._looked_s = monotonic()
        of, self._starting.unjudged = self._starting.unjudged, set()
        try:
            await self._pipeline.resume(self._work().by_name, None if everything else of)
        except StoreBroken:
            self._all_left = self._all_left or (everything and self.leads)
            self._starting.unjudged |= of
            raise
