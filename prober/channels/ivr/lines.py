"""Line processes outlive the sessions they served: a handset rests, registered, until its customer calls again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from prober.channels.ivr.commands import Customer, ServerSetup
from prober.channels.ivr.engine import Handset, LineProcess, nobody
from prober.channels.ivr.messages import FromLine

USES = 2000
"""Sessions after which a line process is replaced by a new one, whatever it may have gathered."""
MOST = 16
"""Line processes up to which a customer's handset is kept for it while others need one; each takes 12 MB and more."""


@dataclass(eq=False)
class _Seat:
    """A handset, whose line it is, and whether a session has it."""

    handset: Handset
    customer: Customer | None = None
    taken: bool = False


@dataclass(eq=False)
class _Used:
    """A line process that was started, and what became of its handsets."""

    server: ServerSetup
    process: LineProcess
    seats: list[_Seat] = field(init=False)
    uses: int = 0
    unfit: bool = False
    """A call that did not end is up in it."""

    def __post_init__(self) -> None:
        self.seats = [_Seat(handset) for handset in self.process.handsets]

    @property
    def idle(self) -> bool:
        """No session has any of its handsets."""
        return not any(seat.taken for seat in self.seats)

    @property
    def worn(self) -> bool:
        """It serves no new session."""
        return self.unfit or self.uses >= USES or self.process.dead is not None


class Lines:
    """The line processes of one robot: each handset serves one session at a time."""

    def __init__(self) -> None:
        self._processes: list[_Used] = []
        self._choosing = asyncio.Lock()

    async def take(self, server: ServerSetup, customer: Customer, listener: Callable[[FromLine], None]) -> Handset:
        """
        Return a handset that calls *server* as *customer*: one that has rested as that, else any that is free.

        Raises:
            RobotBroken: None can be had, or the server cannot be reached.
        """
        async with self._choosing:
            await self._end_worn()
            seat = self._rested(server, customer) or await self._free(server, customer)
            seat.taken = True
        if seat.customer == customer:
            seat.handset.tell(listener)
            return seat.handset
        seat.customer = customer
        try:
            await seat.handset.be(customer, listener)
        except BaseException:
            seat.customer = None
            await self.give_back(seat.handset)
            raise
        return seat.handset

    async def start(self, server: ServerSetup, customers: Iterable[Customer]) -> None:
        """
        Have a handset rest for each of *customers*, registered if it is to be, before a session asks for it.

        Raises:
            RobotBroken: None can be had, or the server cannot be reached.
        """
        for customer in customers:
            async with self._choosing:
                await self._end_worn()
                if not any(seat.customer == customer for used in self._fit(server) for seat in used.seats):
                    await _rest_as(await self._free(server, customer), customer)

    async def give_back(self, handset: Handset) -> None:
        """Let it rest; if a call is up in it still, its process takes no other, and ends with its last session."""
        rests = False
        try:
            rests = await handset.rests()
        finally:
            handset.tell(nobody)
            for used in self._processes:
                for seat in used.seats:
                    if seat.handset is handset:
                        seat.taken, used.unfit = False, used.unfit or not rests
                        used.uses += 1
        await self._end_worn()

    async def close(self) -> None:
        """End all of them."""
        ending, self._processes = self._processes, []
        await asyncio.gather(*(used.process.close() for used in ending))

    async def _end_worn(self) -> None:
        ending = [used for used in self._processes if used.worn and used.idle]
        self._processes = [used for used in self._processes if used not in ending]
        await asyncio.gather(*(used.process.close() for used in ending))

    def _fit(self, server: ServerSetup) -> Iterator[_Used]:
        return (used for used in self._processes if used.server == server and not used.worn)

    def _rested(self, server: ServerSetup, customer: Customer) -> _Seat | None:
        """Return the seat that is this customer's; one that fell out of the register, as nobody's."""
        for used in self._fit(server):
            for seat in used.seats:
                if seat.customer == customer and not seat.taken and seat.handset.is_there():
                    if not _registered(seat.handset):
                        seat.customer = None
                    return seat
        return None

    async def _free(self, server: ServerSetup, customer: Customer) -> _Seat:
        """Return a seat that is nobody's; where there are many processes one that rests, else one of a new process."""
        fit = [used for used in self._fit(server) if not any(seat.customer == customer for seat in used.seats)]
        free = [seat for used in fit for seat in used.seats if not seat.taken and seat.handset.is_there()]
        if len(self._processes) < MOST:
            free = [seat for seat in free if seat.customer is None]
        if free:
            return min(free, key=lambda seat: seat.customer is not None)
        used = _Used(server, LineProcess())
        await used.process.start(server)
        self._processes.append(used)
        return used.seats[0]


async def _rest_as(seat: _Seat, customer: Customer) -> None:
    seat.customer, seat.taken = customer, True
    try:
        await seat.handset.be(customer, nobody)
    except BaseException:
        seat.customer = None
        raise
    finally:
        seat.taken = False


def _registered(handset: Handset) -> bool:
    return handset.registered is None or handset.registered.good
