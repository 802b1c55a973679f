"""The store: results live here, committed step by step by one writer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from prober.errors import StoreBroken
from prober.model.line import Line
from prober.model.run import Run, StepResult
from prober.model.scenario import Step
from prober.store import recording
from prober.store.alarms import Alarms
from prober.store.database import Database
from prober.store.forgetting import Forgetting
from prober.store.improvements import Improvements
from prober.store.incidents import Incidents
from prober.store.items import Items
from prober.store.leadership import Leadership
from prober.store.leases import Leases
from prober.store.migrations import HEAD, migrate, revision_of
from prober.store.numbers import Numbers
from prober.store.orders import Orders
from prober.store.place import place_of
from prober.store.quarantine import OwedT, StoredQuarantine, next_free_at
from prober.store.queries import Queries
from prober.store.recovery import mark_left_behind
from prober.store.retention import Retention
from prober.store.reviews import Reviews
from prober.store.rollups import Rollups
from prober.store.sizes import Sizes, sizes
from prober.store.snapshot import snapshot
from prober.store.starts import Starts
from prober.store.tickets import Tickets
from prober.store.time_spent import TimeSpent


class Store:
    """Keeps runs: what a method here was awaited for survives the death of the process."""

    def __init__(self, database: Database, numbers: Numbers | None = None) -> None:
        self._database = database
        self._begun: set[str] = set()
        self._unended: dict[str, Run] = {}
        self._numbers = numbers or Numbers()
        self._msisdns: dict[str, str] = {}
        self.queries = Queries(database)
        self.rollups = Rollups(database)
        self.retention = Retention(database, self.rollups)
        self.forgetting = Forgetting(database, self._numbers)
        self.leases = Leases(database)
        self.orders = Orders(database, self._numbers)
        self.incidents = Incidents(database)
        self.items = Items(database)
        self.reviews = Reviews(database)
        self.improvements = Improvements(database)
        self.time_spent = TimeSpent(database)
        self.starts = Starts(database)
        self.leadership = Leadership(database)
        self.alarms = Alarms(database)
        self.tickets = Tickets(database)

    @classmethod
    def open(cls, url: str, *, durable: bool = False, key: str = "", busy_timeout_s: float = 5.0) -> Store:
        """
        Open the database at *url*, made or brought up to date where needed, and mark what dead runs left behind.

        It blocks, up to *busy_timeout_s* where another program holds the database: call it before the loop starts.
        *key* is what numbers are hashed with; what was kept without one is hashed with it from now on.

        Raises:
            StoreBroken: It cannot be kept there: locked, not writable, full, no database, another program's, a newer
                robot's, or one whose numbers are hashed with another key.
        """
        if file := place_of(url).file:
            _make_folder(file)
        return cls._prepared(Database.at(url, durable=durable, busy_timeout_s=busy_timeout_s), Numbers(key))

    @classmethod
    def open_to_read(cls, url: str, *, busy_timeout_s: float = 5.0) -> Store:
        """
        Open the database at *url* as `open` does; where it takes no writing, as a copy in memory. It blocks.

        Raises:
            StoreBroken: It cannot be read, or is no database, another program's, or a newer robot's.
        """
        try:
            return cls.open(url, busy_timeout_s=busy_timeout_s)
        except StoreBroken as refused:
            try:
                return cls._read_only(snapshot(url, busy_timeout_s=busy_timeout_s))
            except (StoreBroken, OSError):
                raise refused from None

    @classmethod
    def _prepared(cls, database: Database, numbers: Numbers) -> Store:
        try:
            database.submit(lambda connection: _prepare(connection, str(database.place), numbers)).result()
        except BaseException:
            database.close()
            raise
        return cls(database, numbers)

    @classmethod
    def _read_only(cls, database: Database) -> Store:
        """Return what can be read of *database*. A copy is brought up to date, a server's that is not is refused."""
        if database.place.file is not None:
            return cls._prepared(database, Numbers())
        if database.read(revision_of) != HEAD:
            raise StoreBroken("its tables are not of this version", cure="Let a robot that may write open it first.")
        return cls(database)

    async def run_started(self, run: Run) -> None:
        """Write that *run* is under way, and in which process."""
        await self._database.put(recording.put_runs, (run, self._msisdns.get(run.line)))
        self._begun.add(run.id)

    async def step_started(self, run: Run, index: int, step: Step) -> None:
        """Write nothing: a step is kept when it is finished."""

    async def step_finished(self, run: Run, result: StepResult) -> None:
        """Write a finished step with its timings, captures and evidence."""
        await self._database.put(recording.finish_steps, (run, result, run.id in self._begun))

    async def run_finished(self, run: Run) -> None:
        """Write how *run* ended, and whatever of it was not yet written. What is refused, `catch_up` tries again."""
        self._begun.discard(run.id)
        try:
            await self._database.put(recording.finish_runs, (run, self._msisdns.get(run.line)))
        except BaseException:
            self._unended[run.id] = run
            raise

    async def catch_up(self) -> list[str]:
        """Write what was refused of runs that are over, as far as it can be, and return the runs that ended with it."""
        await self.leases.catch_up()
        ended: list[str] = []
        with suppress(StoreBroken):
            await self.orders.catch_up()
            for run in tuple(self._unended.values()):
                await self._database.put(recording.finish_runs, (run, self._msisdns.get(run.line)))
                self._unended.pop(run.id, None)
                ended.append(run.id)
        return ended

    async def mark_left_behind(self) -> list[str]:
        """Mark what processes that live no more left behind, and return the runs that ended with it."""
        return await self._database.write(mark_left_behind)

    async def beat(self) -> None:
        """Write what changes nothing, to see that writing works."""
        await self._database.write(_touch)

    @property
    def unwritten(self) -> int:
        """How many writes wait for their turn."""
        return self._database.waiting

    async def remember(self, lines: Iterable[Line]) -> None:
        """Write who the lines are (name, hashed MSISDN, facts; no secret), for results to be read by their facts."""
        kept = await self._database.write(lambda connection: recording.put_lines(connection, lines, self._numbers))
        self._msisdns.update(kept)

    def sizes(self, now: datetime) -> Sizes:
        """Weigh everything that is kept. It blocks, for as long as reading the whole database takes."""
        return sizes(self._database, now)

    def quarantined_until(self, now: datetime) -> datetime | None:
        """Return when the next number comes out of its quarantine; None if none is in one. It blocks."""
        return self._database.read(lambda connection: next_free_at(connection, now))

    def quarantine(self, owed: Callable[..., OwedT]) -> StoredQuarantine[OwedT]:
        """Return the quarantine of (MSISDN, service number) pairs, which speaks in the dataclass *owed*."""
        return StoredQuarantine(self._database, self._numbers, owed)

    def close(self) -> None:
        """Finish what is being written, and close. Safe to call twice."""
        self._database.close()


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StoreBroken(
            f"the folder {file.parent} of the results database cannot be made: {exc.strerror}",
            cure="Give its parent to the user who runs the robot, or choose another store.url in config.yaml.",
        ) from exc


def _prepare(connection: Connection, where: str, numbers: Numbers) -> None:
    migrate(connection, where)
    numbers.prepare(connection)
    _touch(connection)
    mark_left_behind(connection)


def _touch(connection: Connection) -> None:
    # A read-only database lets a transaction begin, and would refuse the first step only; so would a disk that is full.
    connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
