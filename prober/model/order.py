"""
What a run orders at the operator: claimed before the run begins, capped by day, and held until it is undone.

    claimed ── the `always` steps undid it ──────────── undone
       ├────── the run broke off before any order ───── unplaced    (counts for no cap)
       └────── anything else, a killed process too ──── standing ── a person undid it ── settled
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from prober.model.scenario import Ordering, Step

_LONG = 11
"""Digits of a whole number: of a shorter one, seven would tell nearly all."""


class OrderState(StrEnum):
    """What became of the order of a run."""

    CLAIMED = "claimed"
    UNDONE = "undone"
    UNPLACED = "unplaced"
    STANDING = "standing"
    SETTLED = "settled"


@dataclass(frozen=True)
class Claim:
    """What a run is going to order, at most. *day* is the local day it counts for."""

    run_id: str
    scenario: str
    line: str
    msisdn: str
    day: date
    orders: int
    cost_fen: int


@dataclass(frozen=True)
class Caps:
    """The most that all runs of one day may order together, on every robot that shares the store."""

    orders: int
    cost_fen: int


@dataclass(frozen=True)
class Placed(Claim):
    """A claim as it was kept: of *msisdn*, what a person may see. Instants are aware UTC."""

    state: OrderState
    claimed_at: datetime
    ended_at: datetime | None
    settled_at: datetime | None

    @property
    def told(self) -> str:
        """Say what a person has to do about an order that may stand."""
        return still_stands(self.line, self.msisdn, self.run_id)


def masked(msisdn: str) -> str:
    """Return a test customer's number as results show it; what is masked already stays as it is."""
    return f"{msisdn[:3]}••••{msisdn[-4:]}" if len(msisdn) >= _LONG else "••••"


def still_stands(line: str, msisdn: str, run_id: str) -> str:
    """Return the sentence for a run whose order was not seen to be undone; the number is masked, as in all results."""
    what = f"an order may still stand on line {line} ({masked(msisdn)}): undo it by hand"
    return f"{what}, then ‘prober db orders settle {run_id}’"


def could_order(step: Step) -> bool:
    """Return whether *step* does what a customer may order by: presses a key, clicks, sends a message."""
    return step.action.ordering is Ordering.PLACES


def undo(steps: Sequence[Step]) -> tuple[Step, ...]:
    """
    Return those of *steps* that undo an order, and see that it is undone; none if there are no such steps.

    They are the `always` ones that are not `optional`. One of them must do something (hanging up undoes nothing), and
    one behind it must wait for the operator's answer.
    """
    always = tuple(step for step in steps if step.always and not step.optional)
    acts = next((index for index, step in enumerate(always) if could_order(step)), len(always))
    seen = any(step.action.ordering is Ordering.SHOWS for step in always[acts:])
    return always if seen else ()


def yuan(fen: int) -> str:
    """Return an amount as people write it: 30.00."""
    return f"{fen // 100}.{fen % 100:02d}"
