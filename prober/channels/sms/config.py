"""`channels.sms` in config.yaml."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from prober.loading.fields import Duration, Secret, Text

_STRICT = ConfigDict(extra="forbid", frozen=True)


class SmppSettings(BaseModel):
    """
    A bind to an SMSC over SMPP 3.4, as transceiver.

    The lengths are those of the protocol: what is longer would be cut on the wire, and refused as a wrong password.
    """

    model_config = _STRICT

    host: Text = Field(description="the SMSC's address")
    port: int = Field(default=2775, ge=1, le=65535, description="the SMSC's port")
    system_id: Annotated[Text, StringConstraints(min_length=1, max_length=15)] = Field(
        description="the account's name at the SMSC"
    )
    password: Annotated[Secret, StringConstraints(max_length=8)] = Field(
        default="", repr=False, description="the account's password; SMPP allows 8 characters"
    )
    system_type: Annotated[Text, StringConstraints(max_length=12)] = Field(
        default="", description="what the SMSC's operator says to put here; mostly nothing"
    )
    source_ton: int = Field(default=0, ge=0, le=6, description="type of number of our own number")
    source_npi: int = Field(default=1, ge=0, le=18, description="numbering plan of our own number")
    dest_ton: int = Field(default=0, ge=0, le=6, description="type of number of the service number")
    dest_npi: int = Field(default=1, ge=0, le=18, description="numbering plan of the service number")
    max_parts: int = Field(
        default=10, ge=1, le=255, description="a longer text is refused here, for the SMSC would cut it"
    )
    connect_timeout: Duration = Field(default=5.0, description="for connecting, and again for binding")
    enquire_link: Duration = Field(default=10.0, description="a link silent for this long is asked whether it lives")


class GatewaySettings(BaseModel):
    """One way to the SMSC; a line names the one it speaks through. Exactly one kind of gateway is given."""

    model_config = _STRICT

    smpp: SmppSettings = Field(description="a bind over SMPP 3.4")


class Settings(BaseModel):
    """What the SMS channel needs to know."""

    model_config = _STRICT

    gateways: dict[str, GatewaySettings] = Field(default_factory=dict, description="the gateways, by name")
    quarantine: Duration = Field(
        default=150.0,
        description="how long a service number is left alone after a reply did not come in time, unless it comes late",
    )
    drain: Duration = Field(
        default=1.0, description="how long a late reply is listened for before a quarantined number is given up"
    )
    senders: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="the prefixes a service number's replies come from, where they are not the number itself",
    )
