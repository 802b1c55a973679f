"""What the robot looks at to see how it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prober.app import machine
from prober.app.machine import Disk, Memory
from prober.app.robot_incidents import Incidents
from prober.app.self_checks import SelfCheck
from prober.metrics import Figures, table
from prober.model.alarm import Delivery
from prober.model.incident import Incident


@dataclass(frozen=True)
class Sources:
    """
    What the robot looks at. What is left out is not watched.

    *checks* are the self-checks by channel, *places* the folders whose disks must not run full, by what lies there:
    `database`, `evidence`. *beat* writes to the store, and returns once that is safe. *open_incidents*, *alarms* and
    *tickets* (how many in each state) block, and are called on a thread, as are *unheard* (how many alarms were told by
    no way) and *silent* (the probes that ask nothing; None while another robot leads); *probes* (how many there are),
    *queued* (waiting starts by channel), *unwritten* (writes that wait for the store), *untold* (what keeps all
    alarms from being told), *stumbled* (which ways the robot stumbles over) and *leads* are not. *told* is called when
    an incident has changed.
    """

    checks: Mapping[str, SelfCheck] = field(default_factory=dict)
    places: Mapping[str, Path] = field(default_factory=dict)
    beat: Callable[[], Awaitable[None]] | None = None
    incidents: Incidents | None = None
    open_incidents: Callable[[], Sequence[Incident]] | None = None
    alarms: Callable[[], Mapping[Delivery, int]] | None = None
    tickets: Callable[[], Mapping[Delivery, int]] = dict
    unheard: Callable[[], int] = lambda: 0
    untold: Callable[[], str] = lambda: ""
    stumbled: Callable[[], str] = lambda: ""
    silent: Callable[[], Sequence[str] | None] = lambda: None
    probes: Callable[[], int] = lambda: 0
    queued: Callable[[], Mapping[str, int]] | None = None
    unwritten: Callable[[], int] = lambda: 0
    leads: Callable[[], bool] = lambda: True
    told: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Seen:
    """What was read of machine and store."""

    disks: Mapping[str, Disk | None] = field(default_factory=dict)
    memory: Memory | None = None
    synchronised: bool | None = None
    incidents: Sequence[Incident] | None = None
    alarms: Mapping[Delivery, int] | None = None
    tickets: Mapping[Delivery, int] = field(default_factory=dict)
    unheard: int = 0
    silent: Sequence[str] | None = None

    def tell(self, figures: Figures) -> None:
        """Tell the figures."""
        for place, disk in self.disks.items():
            if disk:
                figures.set(table.DISK_FREE, disk.free, place)
        if self.memory:
            figures.set(table.MEMORY, self.memory.robot_bytes, "robot")
            figures.set(table.MEMORY, self.memory.children_bytes, "children")
            if self.memory.available is not None:
                figures.set(table.MEMORY_FREE, self.memory.available)
        if self.synchronised is not None:
            figures.set(table.CLOCK_SYNCHRONISED, self.synchronised)
        figures.set(table.SILENT, len(self.silent or ()))
        if self.incidents is not None:
            figures.incidents(self.incidents)
        for state, number in (self.alarms or {}).items():
            figures.set(table.ALARMS, number, state)


def read(sources: Sources) -> Seen:
    """
    Read machine and store. It blocks.

    Raises:
        StoreBroken: The store cannot be read.
    """
    return Seen(
        disks={place: machine.disk(folder) for place, folder in sources.places.items()},
        memory=machine.memory(),
        synchronised=machine.synchronised(),
        incidents=sources.open_incidents() if sources.open_incidents else None,
        alarms=sources.alarms() if sources.alarms else None,
        tickets=sources.tickets(),
        unheard=sources.unheard(),
        silent=sources.silent(),
    )
