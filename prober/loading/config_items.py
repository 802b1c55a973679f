"""The section of config.yaml that says what is offered to customers, and what it takes to go live."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from prober.loading.config_names import Count, PlainName
from prober.loading.config_service import Some, Times
from prober.loading.fields import STRICT, Duration, Text, refusal
from prober.model.item import Terms

_TERMS = Terms()
_Channel = Literal["ivr", "web", "sms"]
Share = Annotated[float, Field(ge=0, le=1)]
Factor = Annotated[float, Field(gt=1, le=100)]


class BudgetSettings(BaseModel):
    """What a customer should need at most to reach the goal."""

    model_config = STRICT
    keys: Count | None = Field(default=None, description="keys on the telephone")
    clicks: Count | None = Field(default=None, description="clicks and fields in the web hall")
    messages: Count | None = Field(default=None, description="texts that are sent")
    time: Some | None = Field(default=None, description="from the first step to the last: 90s")


class GateSettings(BaseModel):
    """What the gate asks for before the item goes live."""

    model_config = STRICT
    success: Share = Field(default=_TERMS.success, description="the share of runs that pass, proved with 95 %")
    in_time: Share = Field(default=_TERMS.in_time, description="the share of a step's plays within its limit, likewise")
    margin: Share = Field(default=_TERMS.margin, description="how much of the success may be lost to the baseline")
    p50: Factor = Field(default=_TERMS.p50_ratio, description="the p50 of a channel's journey to that of the baseline")
    p90: Factor = Field(default=_TERMS.p90_ratio, description="the same of the p90")
    faults: Share = Field(default=_TERMS.faults, description="the share of runs that the robot itself may fail")
    runs: Times = Field(default=_TERMS.runs, description="the most runs of a scenario that one gate plays")
    time: Some = Field(default=_TERMS.time_s, description="the most time that one gate takes")
    fresh: Some = Field(default=_TERMS.fresh_s, description="runs that are older count no more")
    reviewed: Some = Field(default=_TERMS.reviewed_s, description="reviews that are older count no more")
    control: Text = Field(default="", description="an item that did not change: what it moved by is the day's doing")

    @model_validator(mode="after")
    def _provable(self) -> Self:
        if self.success >= 1 or self.in_time >= 1:
            raise refusal("no number of runs proves that all pass", "write 0.99 or less")
        return self


class ItemSettings(BaseModel):
    """A menu item or service offered to customers."""

    model_config = STRICT
    name: PlainName = Field(description="the name that scenarios call it by; no two have the same")
    title: Text = Field(default="", description="what people read")
    owner: Text = Field(default="", description="who answers for it")
    channels: tuple[_Channel, ...] = Field(default=(), description="where it is offered; default: its scenarios' own")
    scenarios: tuple[Text, ...] | None = Field(
        default=None, description="the scenarios that judge it; default: those that name it as their ‘item’"
    )
    reference: dict[_Channel, Text] = Field(default_factory=dict, description="what each channel is to tell")
    budget: BudgetSettings = Field(default_factory=BudgetSettings, description="what a customer should need at most")
    limits: dict[Text, Duration] = Field(
        default_factory=dict, description="by the name of a step: the time it is to stay within, instead of its ‘warn’"
    )
    reviews: Count = Field(default=0, description="how many people must have reviewed it before it goes live")
    gate: GateSettings = Field(default_factory=GateSettings, description="what it takes to go live")
