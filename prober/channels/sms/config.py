"""`channels.sms` in config.yaml."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from prober.loading.fields import STRICT, Duration, Number, Secret, Text, refusal


def _at_most(longest: int) -> AfterValidator:
    def check(text: str) -> str:
        if len(text) > longest:
            raise refusal(f"{len(text)} characters are too many: SMPP carries {longest}, and would cut the rest")
        return text

    return AfterValidator(check)


Wait = Annotated[Duration, Field(gt=0)]
Ton = Annotated[Number, Field(ge=0, le=6)]
Npi = Annotated[Number, Field(ge=0, le=18)]


class SmppSettings(BaseModel):
    """A bind to an SMSC over SMPP 3.4, as transceiver."""

    model_config = STRICT

    host: Text = Field(description="The SMSC's address")
    port: Number = Field(default=2775, ge=1, le=65535, description="The SMSC's port")
    system_id: Annotated[Text, _at_most(15)] = Field(description="The account's name at the SMSC")
    password: Annotated[Secret, _at_most(8)] = Field(
        default="", repr=False, description="The account's password; SMPP allows 8 characters"
    )
    system_type: Annotated[Text, _at_most(12)] = Field(
        default="", description="What the SMSC's operator says to put here; mostly nothing"
    )
    source_ton: Ton = Field(default=0, description="Type of number of our own number")
    source_npi: Npi = Field(default=1, description="Numbering plan of our own number")
    dest_ton: Ton = Field(default=0, description="Type of number of the service number")
    dest_npi: Npi = Field(default=1, description="Numbering plan of the service number")
    max_parts: Number = Field(
        default=10, ge=1, le=255, description="A longer text is refused here, for the SMSC would cut it"
    )
    validity: Annotated[Duration, Field(lt=86400)] = Field(
        default=60.0, description="The SMSC gives a command up after this long; 0s leaves it to the SMSC"
    )
    connect_timeout: Wait = Field(default=5.0, description="For connecting, and again for binding")
    enquire_link: Wait = Field(default=10.0, description="A link silent for this long is asked whether it lives")


class GatewaySettings(BaseModel):
    """One way to the SMSC; a line names the one it speaks through. Exactly one kind of gateway is given."""

    model_config = STRICT

    smpp: SmppSettings | None = Field(default=None, description="A bind over SMPP 3.4")

    @property
    def given(self) -> dict[str, BaseModel]:
        """The settings by the kind of gateway: of one, once this is read."""
        return {kind: own for kind, own in self if own is not None}

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.given) != 1:
            kinds = ", ".join(type(self).model_fields)
            raise refusal(f"a gateway is of exactly one kind, and {len(self.given)} are given here", f"kinds: {kinds}")
        return self


class Settings(BaseModel):
    """What the SMS channel needs to know."""

    model_config = STRICT

    gateways: dict[Text, GatewaySettings] = Field(default_factory=dict, description="The gateways, by name")
    quarantine: Duration = Field(
        default=150.0,
        description="How long a service number is left alone after a reply did not come in time, unless it comes late",
    )
    drain: Duration = Field(
        default=1.0, description="How long a late reply is listened for before a quarantined number is given up"
    )
    senders: dict[Text, tuple[Text, ...]] = Field(
        default_factory=dict,
        description="The prefixes a service number's replies come from, where they are not the number itself",
    )
