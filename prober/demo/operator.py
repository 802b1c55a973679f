"""The whole operator: one database, and all doors on one loop."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from prober.demo.control import Control
from prober.demo.customers import Customers
from prober.demo.faults import Fault, Faults
from prober.demo.http import HttpDoor
from prober.demo.ivr.door import IvrDoor
from prober.demo.journal import Journal
from prober.demo.player import Player
from prober.demo.recordings import find_folder
from prober.demo.script import Script
from prober.demo.sms.door import SmsDoor
from prober.demo.web.hall import Hall

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """Where the doors are to be; 0 takes a free port."""

    sip: int = 5062
    web: int = 8610
    smpp: int = 2775
    control: int = 8611


@dataclass(frozen=True)
class Doors:
    """Where the doors are."""

    sip: str
    web: str
    smpp: str
    control: str
    pid: int


class CannotOpen(Exception):
    """A door cannot be opened; the message says which, and what to do."""

    def __init__(self, door: str, port: int, error: OSError | OverflowError) -> None:
        why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        super().__init__(
            f"The demo operator cannot open port {port} of its {door} door: {why}. "
            f"If something else has the port, end it or choose another with --{door}-port (0 takes a free one)."
        )


class Door(Protocol):
    """One way in."""

    async def start(self) -> int:
        """Open the port and return its number. Raises OSError if it is taken."""
        ...

    async def close(self) -> None:
        """Close the port, also one that never opened. Safe to call twice."""
        ...


class Operator:
    """
    Runs the demo operator on the loop it is started on.

    Without a *database* it keeps its customers in a temporary file. A *script* has the fault switches from the moment
    all doors are open.
    """

    def __init__(
        self,
        ports: Ports | None = None,
        *,
        database: Path | None = None,
        faults: Faults | None = None,
        script: Script | None = None,
    ) -> None:
        self._ports = ports or Ports()
        self._database = database
        self.faults = faults or Faults()
        self._script = script
        self._player = Player(self.faults)
        self._journal = Journal()
        self.faults.watch(self._journal.note)
        self._counters: dict[str, Counter[str]] = {"web": Counter(), "sms": Counter()}
        self._doors: Doors | None = None
        self._stack = AsyncExitStack()

    async def start(self) -> Doors:
        """
        Open all doors and say where they are.

        Raises:
            CannotOpen: One cannot be opened; the others are closed again.
        """
        try:
            return await self._open()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close all doors and end every process that was started. Safe to call twice."""
        await self._stack.aclose()

    async def _open(self) -> Doors:
        path = self._database or self._temporary()
        customers = Customers(path)
        self._stack.callback(customers.close)
        sms = SmsDoor(
            HOST, self._ports.smpp, customers=customers, fault=self._fault("sms"), counters=self._counters["sms"]
        )
        hall = Hall(customers, fault=self._fault("web"), counters=self._counters["web"], text=sms.tell)
        self.faults.watch(hall.watch)
        web = HttpDoor(HOST, self._ports.web, hall.app())
        ivr = IvrDoor(HOST, self._ports.sip, customers_path=path, recordings=find_folder(), fault=self._fault("ivr"))
        control = HttpDoor(HOST, self._ports.control, self._control(customers, sms).app())
        self._doors = Doors(
            smpp=f"{HOST}:{await self._opened('smpp', sms)}",
            web=f"http://{HOST}:{await self._opened('web', web)}",
            control=f"http://{HOST}:{await self._opened('control', control)}",
            sip=f"{HOST}:{await self._opened('sip', ivr)}",
            pid=os.getpid(),
        )
        self._stack.callback(hall.let_go)
        self._stack.callback(self._player.stop)
        if self._script:
            self._player.play(self._script)
        return self._doors

    async def _opened(self, name: str, door: Door) -> int:
        self._stack.push_async_callback(door.close)
        try:
            return await door.start()
        except (OSError, OverflowError) as error:
            raise CannotOpen(name, getattr(self._ports, name), error) from error

    def _control(self, customers: Customers, sms: SmsDoor) -> Control:
        def state() -> dict[str, object]:
            counters = {**self._counters, "sms": {**self._counters["sms"], "stored": sms.stored, "late": sms.late}}
            return {"doors": self._doors and asdict(self._doors), "counters": counters}

        def reset() -> None:
            customers.reset()
            sms.reset()

        return Control(customers, self.faults, self._player, self._journal, state, reset)

    def _fault(self, door: str) -> Callable[[], Fault | None]:
        return partial(self.faults.active, door)

    def _temporary(self) -> Path:
        folder = tempfile.TemporaryDirectory(prefix="prober-demo-")
        self._stack.callback(folder.cleanup)
        return Path(folder.name) / "customers.sqlite"
