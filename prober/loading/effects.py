"""What a scenario says it changes at the operator."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, GetPydanticSchema
from pydantic_core import core_schema

from prober.loading.fields import STRICT, Money, Number, refusal
from prober.model.scenario import Effects


def _one_or_more(number: int) -> int:
    if number < 1:
        raise refusal("a scenario that orders nothing has no ‘effects’", "leave ‘effects’ out")
    return number


def _no_debt(fen: int) -> int:
    if fen < 0:
        raise refusal("what is less than nothing is no cost")
    return fen


Amount = Annotated[Money, AfterValidator(_no_debt)]
"""An amount that is not below zero. The value is an integer of fen."""


class Ordered(BaseModel):
    """How many orders one run makes at most, and what they cost."""

    model_config = STRICT
    orders: Annotated[Number, AfterValidator(_one_or_more)] = Field(
        default=1, description="how many orders a run makes"
    )
    cost: Amount | None = Field(default=None, description="what they cost together, in yuan: 30.00元")


def _effects(said: Literal["none", "orders"] | Ordered) -> Effects:
    if isinstance(said, Ordered):
        return Effects(said.orders, said.cost)
    return Effects(orders=1) if said == "orders" else Effects()


EffectsSaid = Annotated[
    Effects,
    GetPydanticSchema(
        lambda _, schema_of: core_schema.no_info_after_validator_function(
            _effects, schema_of(Literal["none", "orders"] | Ordered)
        )
    ),
]
"""`none`, `orders` (one order), or a mapping {orders: 2, cost: 30.00元}. The value is an Effects."""
