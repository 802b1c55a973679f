"""Keeps what runs order at the operator. Every function works inside the transaction it is given."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from prober.errors import StoreBroken
from prober.model.order import Caps, Claim, OrderState, Placed, yuan
from prober.store.database import Database
from prober.store.numbers import Numbers, shown
from prober.store.process import Process, this_process
from prober.store.silence import gone, held_by
from prober.store.tables import ORDERS, RUNS

_OPEN = (str(OrderState.CLAIMED), str(OrderState.STANDING))


class Orders:
    """Keeps what was ordered, across processes and restarts."""

    def __init__(self, database: Database, numbers: Numbers) -> None:
        self._database = database
        self._numbers = numbers
        self._unended: dict[str, OrderState] = {}

    async def claim(self, claim: Claim, caps: Caps) -> str:
        """
        Claim what *claim* orders, and return "".

        Where its day's cap would be passed, or an order may still stand on its number, nothing is claimed, and a
        sentence that says so is returned. Two processes never claim past a cap together.
        """
        try:
            return await self._database.write(lambda connection: self._claim(connection, claim, caps))
        except BaseException:
            # Queued behind the claim, which may be kept although nobody waits for it any more.
            self._unended[claim.run_id] = OrderState.UNPLACED
            self._database.submit(lambda connection: _end(connection, claim.run_id, OrderState.UNPLACED))
            raise

    async def end(self, run_id: str, state: OrderState) -> None:
        """Write what became of a claim, now or as soon as the store takes it: till then it stands for an order."""
        self._unended[run_id] = state
        with suppress(StoreBroken):
            await self._end(run_id, state)

    async def catch_up(self) -> None:
        """
        Write what the store refused before.

        Raises:
            StoreBroken: It still does.
        """
        for run_id, state in tuple(self._unended.items()):
            await self._end(run_id, state)

    async def _end(self, run_id: str, state: OrderState) -> None:
        await self._database.write(lambda connection: _end(connection, run_id, state))
        self._unended.pop(run_id, None)

    async def standing_on(self, msisdns: Collection[str]) -> dict[str, Placed]:
        """Return the orders that may stand, by those of *msisdns* they are on."""

        def find(connection: Connection) -> dict[str, Placed]:
            mark_standing(connection, gone(connection))
            asked = {self._numbers.kept(connection, msisdn): msisdn for msisdn in msisdns}
            standing = (ORDERS.c.state == str(OrderState.STANDING), ORDERS.c.msisdn.in_(asked))
            wanted = select(ORDERS).where(*standing)
            return {asked[row["msisdn"]]: _placed(row) for row in connection.execute(wanted).mappings()}

        return await self._database.write(find)

    def _claim(self, connection: Connection, claim: Claim, caps: Caps) -> str:
        return _claim(connection, replace(claim, msisdn=self._numbers.kept(connection, claim.msisdn)), caps)

    def placed(self, *, still_open: bool) -> list[Placed]:
        """Return all orders, the latest first, or those alone that may stand or are under way. It blocks."""
        wanted = select(ORDERS).order_by(ORDERS.c.claimed_at.desc())
        if still_open:
            wanted = wanted.where(ORDERS.c.state.in_(_OPEN))
        return self._database.read(lambda db: [_placed(row) for row in db.execute(wanted).mappings()])

    def settle(self, run_id: str) -> OrderState | None:
        """
        Note that a person saw to it that the order of *run_id* stands no more. It blocks.

        Returns the state it was in; only a standing one is changed. None: that run ordered nothing.
        """

        def settle(connection: Connection) -> OrderState | None:
            state = connection.scalar(select(ORDERS.c.state).where(ORDERS.c.run_id == run_id))
            if state == OrderState.STANDING:
                values = {"state": str(OrderState.SETTLED), "settled_at": datetime.now(UTC)}
                connection.execute(update(ORDERS).where(ORDERS.c.run_id == run_id).values(values))
            return OrderState(state) if state else None

        return self._database.submit(settle).result()


def _end(connection: Connection, run_id: str, state: OrderState) -> None:
    claimed = (ORDERS.c.run_id == run_id, ORDERS.c.state == str(OrderState.CLAIMED))
    values = {"state": str(state), "ended_at": datetime.now(UTC)}
    connection.execute(update(ORDERS).where(*claimed).values(values))


def mark_standing(connection: Connection, dead: Collection[Process]) -> None:
    """Mark the claims of *dead* processes as standing: nobody saw their orders undone."""
    for process in dead:
        claims = select(ORDERS).where(ORDERS.c.state == str(OrderState.CLAIMED), held_by(process, ORDERS))
        for row in connection.execute(claims).mappings().all():
            values = {"state": str(OrderState.STANDING), "ended_at": datetime.now(UTC)}
            connection.execute(update(ORDERS).where(ORDERS.c.run_id == row["run_id"]).values(values))
            remark = {"remark": _placed(row).told}
            connection.execute(update(RUNS).where(RUNS.c.id == row["run_id"]).values(remark))


def _claim(connection: Connection, claim: Claim, caps: Caps) -> str:
    mark_standing(connection, gone(connection))
    on_it = select(ORDERS).where(ORDERS.c.state.in_(_OPEN), ORDERS.c.msisdn == claim.msisdn)
    if other := connection.execute(on_it).mappings().first():
        return _placed(other).told
    spent = select(func.coalesce(func.sum(ORDERS.c.orders), 0), func.coalesce(func.sum(ORDERS.c.cost_fen), 0))
    today = spent.where(ORDERS.c.day == claim.day, ORDERS.c.state != str(OrderState.UNPLACED))
    orders, cost_fen = map(int, connection.execute(today).one())
    if over := _over(claim, caps, orders=orders, cost_fen=cost_fen):
        return over
    row = {
        "run_id": claim.run_id,
        "scenario": claim.scenario,
        "line": claim.line,
        "msisdn": claim.msisdn,
        "day": claim.day,
        "orders": claim.orders,
        "cost_fen": claim.cost_fen,
        "state": str(OrderState.CLAIMED),
        "claimed_at": datetime.now(UTC),
    }
    connection.execute(insert(ORDERS).values(row | this_process().columns()))
    return ""


def _over(claim: Claim, caps: Caps, *, orders: int, cost_fen: int) -> str:
    """Return why *claim* is too much on top of what the day has seen; "" if it is not."""
    if orders + claim.orders > caps.orders:
        return (
            f"the cap of orders is reached: {orders} of {caps.orders} on {claim.day}, and this run makes "
            f"{claim.orders} (orders.per_day in config.yaml)"
        )
    if cost_fen + claim.cost_fen > caps.cost_fen:
        return (
            f"the cap of what orders cost is reached: {yuan(cost_fen)} of {yuan(caps.cost_fen)} yuan on {claim.day}, "
            f"and this run may cost {yuan(claim.cost_fen)} (orders.cost_per_day in config.yaml)"
        )
    return ""


def _placed(row: RowMapping) -> Placed:
    own = {name: value for name, value in row.items() if name not in ("host", "pid", "process_start", "state")}
    return Placed(**own | {"msisdn": shown(row["msisdn"])}, state=OrderState(row["state"]))
