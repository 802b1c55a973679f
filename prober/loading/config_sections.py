"""The sections of config.yaml. Each channel brings its own under `channels`."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from prober.loading.config_items import ItemSettings
from prober.loading.config_masking import MaskingSettings
from prober.loading.config_names import Count, HostPort, Key, Msisdn, PlainName, Zone
from prober.loading.config_service import (
    AlertSettings,
    MaintenanceSettings,
    ProbeSettings,
    RetentionSettings,
    ServeSettings,
    TelemetrySettings,
    TicketSettings,
)
from prober.loading.effects import Amount
from prober.loading.fields import STRICT, Duration, Number, Secret, Text, WorkspacePath
from prober.loading.robot_verbs import Name


class StoreSettings(BaseModel):
    """Where results are kept."""

    model_config = STRICT
    url: Text = Field(
        default="sqlite:///results_db/prober.sqlite",
        description="a database URL; a SQLite path is relative to the folder of config.yaml",
    )
    durable: bool = Field(default=False, description="a finished step survives a power cut too, for slower writing")
    key: Key = Field(
        default="", description="what the lines' numbers are hashed with, such as `${env.PROBER_KEY}`; never change it"
    )


class EvidenceSettings(BaseModel):
    """Where recordings, screenshots and transcripts are kept."""

    model_config = STRICT
    path: WorkspacePath = Field(default=Path("results_db/evidence"), description="the folder of the evidence")
    key: Key = Field(
        default="", description="encrypts evidence where it lies, such as `${env.PROBER_KEY}`; lost, so is the evidence"
    )


class SipSettings(BaseModel):
    """How a line calls."""

    model_config = STRICT
    user: Text = Field(default="", description="the SIP account; without one the line calls as its MSISDN")
    password: Secret = Field(default="", description="the SIP account's password")
    caller: Text = Field(default="", description="the number it shows to whom it calls, where that is another one")
    registrar: HostPort = Field(default="", description="where it registers, host:port; none calls unregistered")
    expires: Duration = Field(default=300.0, description="how long a registration is asked for")
    proxy: HostPort = Field(default="", description="the proxy that everything goes through, host:port")


class LineSettings(BaseModel):
    """One test customer. Every other key is a fact of the line (brand, province, site …), for `${line.brand}`."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[Name, Text] = Field(init=False)
    name: PlainName = Field(description="what the line is called here; no two have the same name")
    msisdn: Msisdn = Field(description="its telephone number, digits only")
    secrets: dict[Name, Secret] = Field(
        default_factory=dict,
        description="texts that are masked everywhere, for `${secret.name}`: the text, `${env.NAME}` or `{file: path}`",
    )
    sip: SipSettings = Field(default_factory=SipSettings, description="its SIP account")
    gateway: Text = Field(default="", description="the SMS gateway it speaks through, one of channels.sms.gateways")


class OrderSettings(BaseModel):
    """What scenarios with effects may order, all robots that share the store together."""

    model_config = STRICT
    per_day: Count = Field(default=20, description="the most orders in one day; 0: nothing may be ordered")
    cost_per_day: Amount = Field(
        default=50_000,
        description="the most they may cost in one day, in yuan",
        json_schema_extra={"default": "500.00"},
    )
    cost: Amount = Field(
        default=5_000,
        description="what a run is taken to cost where its scenario does not say, in yuan",
        json_schema_extra={"default": "50.00"},
    )
    timezone: Zone = Field(default="Asia/Shanghai", description="the time zone whose days count")


class ExperienceSettings(BaseModel):
    """What people's experience is judged by, beside the robot's own lists."""

    model_config = STRICT
    wording: WorkspacePath | None = Field(
        default=None, description="words that customers do not use, and limits of texts"
    )
    checklist: WorkspacePath | None = Field(default=None, description="what reviewers are asked")


class ConsoleSettings(BaseModel):
    """The web console."""

    model_config = STRICT
    host: Text = Field(default="127.0.0.1", description="the address it listens on")
    port: int = Field(default=8600, ge=1, le=65535, description="the port it listens on")
    token: Secret = Field(default="", description="what callers of its HTTP API must present")


class FleetSettings(BaseModel):
    """Many sites that probe together."""

    model_config = STRICT
    broker: Secret = Field(description="the URL of the message broker")
    sites: Number = Field(default=1, description="how many sites must see a failure before it is an incident")


class SiteSettings(BaseModel):
    """Where this robot stands."""

    model_config = STRICT
    name: PlainName = Field(description="the site's name")
    reference: Text = Field(default="", description="a target known to be well, to tell the robot's network by")


class Sections(BaseModel):
    """config.yaml: the settings of one workspace."""

    model_config = STRICT
    store: StoreSettings = Field(default_factory=StoreSettings, description="where results are kept")
    evidence: EvidenceSettings = Field(default_factory=EvidenceSettings, description="where evidence is kept")
    masking: MaskingSettings = Field(default_factory=MaskingSettings, description="what is masked beside the secrets")
    lines: tuple[LineSettings, ...] = Field(min_length=1, description="the test customers")
    orders: OrderSettings = Field(default_factory=OrderSettings, description="what may be ordered in a day")
    items: tuple[ItemSettings, ...] = Field(default=(), description="the menu items and services")
    experience: ExperienceSettings = Field(
        default_factory=ExperienceSettings, description="what people's experience is judged by"
    )
    probes: tuple[ProbeSettings, ...] = Field(default=(), description="what is played when")
    maintenance: tuple[MaintenanceSettings, ...] = Field(default=(), description="when failures count for nothing")
    alerts: tuple[AlertSettings, ...] = Field(default=(), description="who is told of an incident, and how")
    tickets: tuple[TicketSettings, ...] = Field(default=(), description="where incidents are handed over to")
    serve: ServeSettings = Field(default_factory=ServeSettings, description="how the robot works round the clock")
    telemetry: TelemetrySettings = Field(default_factory=TelemetrySettings, description="where traces are sent")
    retention: RetentionSettings = Field(default_factory=RetentionSettings, description="how long results are kept")
    console: ConsoleSettings | None = Field(default=None, description="the web console")
    fleet: FleetSettings | None = Field(default=None, description="many sites that probe together")
    site: SiteSettings | None = Field(default=None, description="where this robot stands")


UNAVAILABLE = {
    "console": "there is no web console yet; ‘prober report’ writes pages",
    "fleet": "one robot works by itself for now",
    "site": "one robot works by itself for now; give lines a fact ‘site’ if it matters",
}
"""Sections of the language that this version does not act on: using one is refused with this sentence."""
