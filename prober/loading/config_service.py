"""The sections of config.yaml that the robot works by round the clock: `prober serve`."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from prober.loading.config_names import Msisdn, PlainName, Size, Zone
from prober.loading.cron import cron_fields, ends
from prober.loading.fields import STRICT, Duration, Number, Secret, Text, refusal
from prober.model.incident import Kind
from prober.model.probe import Severity

_ZONE = "Asia/Shanghai"

Cron = Annotated[Text, AfterValidator(cron_fields)]
Times = Annotated[Number, Field(ge=1)]
"""How often; at least once."""
Some = Annotated[Duration, Field(gt=0)]
"""A duration that is more than nothing."""


def _address(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise refusal("an address begins with http:// or https://")
    return text


_ENDLESS = "it never ends: it lasts until it begins again"


class ProbeSettings(BaseModel):
    """A scenario played on a schedule."""

    model_config = STRICT
    name: PlainName = Field(description="the probe's name; no two have the same")
    scenario: Text = Field(description="the scenario it plays")
    every: Some | None = Field(default=None, description="how often: 5m")
    cron: Cron | None = Field(default=None, description="when, as five cron fields; instead of ‘every’")
    timezone: Zone = Field(default=_ZONE, description="the time zone of ‘cron’")
    grace: Duration = Field(default=10.0, description="a start that comes later than this is missed")
    lines: tuple[Text, ...] = Field(default=(), description="the lines it uses; default: all that can play it")
    matrix: dict[Text, tuple[Text, ...]] = Field(
        default_factory=dict, description="only these values of the facts of the scenario's matrix"
    )
    objective: float = Field(default=0.99, ge=0, le=1, description="the share of the time it is to be available (SLO)")
    window: Some = Field(default=7 * 86400.0, description="the time that share is of, up to now")
    after: Times = Field(default=1, description="confirmed failures in a row that open an incident")
    recover: Times = Field(default=1, description="passes in a row that close it")
    severity: Severity = Field(default=Severity.MAJOR, description="how bad it is when it fails")
    team: Text = Field(default="", description="who is responsible; alerts are sent by it")

    @model_validator(mode="after")
    def _one_schedule(self) -> Self:
        if (self.every is None) == (self.cron is None):
            raise refusal("a probe needs ‘every’ or ‘cron’, and not both", "every: 5m, or cron: 0 8 * * 1-5")
        return self


class MaintenanceSettings(BaseModel):
    """A time in which failures open no incident and count for nothing."""

    model_config = STRICT
    name: Text = Field(description="what is maintained")
    cron: Cron = Field(description="when it begins, as five cron fields")
    timezone: Zone = Field(default=_ZONE, description="the time zone of ‘cron’")
    lasts: Some = Field(description="how long it lasts")
    items: tuple[Text, ...] = Field(default=(), description="the items it concerns; default: all")
    probing: Literal["goes-on", "pauses"] = Field(default="goes-on", description="whether probes are played in it")

    @model_validator(mode="after")
    def _ends(self) -> Self:
        """Of some items it may go on for ever; of everything, it would end all that the robot is for."""
        if not self.items and not ends(self.cron, self.timezone, self.lasts):
            raise refusal(_ENDLESS, "make it shorter than the time between, or give it ‘items’")
        return self


class QuietSettings(BaseModel):
    """Hours in which a way of telling keeps quiet; what happened then is told when they are over."""

    model_config = STRICT
    cron: Cron = Field(description="when they begin, as five cron fields: 0 22 * * *")
    lasts: Some = Field(description="how long they last: 9h")
    timezone: Zone = Field(default=_ZONE, description="the time zone of ‘cron’")
    critical: bool = Field(default=True, description="whether critical incidents are told all the same")

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if not ends(self.cron, self.timezone, self.lasts):
            raise refusal(_ENDLESS, "make it shorter than the time between")
        return self


class AlertSettings(BaseModel):
    """One way of telling people of an incident. It is told of what matches everything that is given."""

    model_config = STRICT
    name: PlainName = Field(description="the name of this way")
    url: Secret | None = Field(default=None, description="where to, as an Apprise URL: dingtalk://, mailto://")
    sms: tuple[Msisdn, ...] = Field(default=(), description="instead of ‘url’: numbers to text through our own gateway")
    line: Text = Field(default="", description="the line whose number and gateway send such texts")
    items: tuple[Text, ...] = Field(default=(), description="only of these items")
    channels: tuple[Literal["ivr", "web", "sms"], ...] = Field(default=(), description="only of these channels")
    teams: tuple[Text, ...] = Field(default=(), description="only of these teams")
    kinds: tuple[Kind, ...] = Field(default=(Kind.CHANNEL, Kind.ROBOT), description="only of faults of this kind")
    severity: Severity = Field(default=Severity.MINOR, description="only of this severity, or worse")
    after: Duration = Field(
        default=0.0, description="only of an incident that nobody has acknowledged this long (escalation)"
    )
    remind: Some | None = Field(default=None, description="tell again this often while it is open and not acknowledged")
    quiet: QuietSettings | None = Field(default=None, description="hours in which it keeps quiet")
    language: Literal["zh", "en"] = Field(default="zh", description="the language of its texts")
    otherwise: Text = Field(default="", description="the way that is tried when this one fails")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.url is None) == (not self.sms):
            hint = "url: dingtalk://…, or sms: [13800000001]"
            raise refusal("a way of telling needs ‘url’ or ‘sms’, and not both", hint)
        if self.sms and not self.line:
            raise refusal("‘sms’ needs the ‘line’ that sends the texts", "line: demo-1")
        return self


class TicketSettings(BaseModel):
    """A system that incidents are handed over to (Jira, ZenTao and others), by a template of its HTTP API."""

    model_config = STRICT
    name: PlainName = Field(description="the name of this system")
    url: Text = Field(description="the address a ticket is posted to")
    method: Literal["POST", "PUT"] = Field(default="POST", description="the HTTP method")
    headers: dict[Text, Secret] = Field(default_factory=dict, description="headers of the request, such as the token")
    body: Text = Field(description="the request's body, a Jinja template of the incident")
    number: Text = Field(default="", description="where the answer holds the ticket's number, as key.key")
    on: Literal["opened", "acknowledged", "asked"] = Field(default="asked", description="when a ticket is made")
    severity: Severity = Field(default=Severity.MINOR, description="only of this severity, or worse")
    language: Literal["zh", "en"] = Field(default="zh", description="the language of the words in the body")


class SelfCheckSettings(BaseModel):
    """The robot checks itself against its reference targets on loopback."""

    model_config = STRICT
    every: Some = Field(default=300.0, description="how often each channel is checked")


class DeadManSettings(BaseModel):
    """An outside address that is called as long as the robot can probe and tell; its silence is the alarm."""

    model_config = STRICT
    url: Annotated[Secret, AfterValidator(_address)] = Field(description="the address that is called (GET)")
    every: Some = Field(default=60.0, description="how often")


class AtOnceSettings(BaseModel):
    """The most runs on a channel at once."""

    model_config = STRICT
    ivr: Times = Field(default=4, description="calls")
    web: Times = Field(default=2, description="browser contexts")
    sms: Times = Field(default=8, description="exchanges of texts")


class ServeSettings(BaseModel):
    """How the robot works round the clock."""

    model_config = STRICT
    host: Text = Field(default="127.0.0.1", description="the address of /healthz, /readyz and /metrics")
    port: int = Field(default=8620, ge=0, le=65535, description="its port; 0: a free one, which is said")
    link: Text = Field(default="", description="an address where people read reports; it stands in alarms")
    at_once: AtOnceSettings = Field(
        default_factory=AtOnceSettings, description="the most runs of probes on a channel at once"
    )
    numbers: dict[Text, Times] = Field(
        default_factory=dict, description="the most runs of probes on a called number at once"
    )
    self_check: SelfCheckSettings = Field(default_factory=SelfCheckSettings, description="the robot checks itself")
    dead_man: DeadManSettings | None = Field(default=None, description="what is called while it can probe and tell")
    disk_free: float = Field(default=0.05, ge=0, lt=1, description="less free disk than this share is a robot fault")
    clock_drift: Some = Field(default=2.0, description="a clock that jumps by more than this is told")


class TelemetrySettings(BaseModel):
    """Where traces are sent: a run is a trace, a step a span."""

    model_config = STRICT
    otlp: Annotated[Text, AfterValidator(_address)] = Field(
        default="", description="the OTLP/HTTP address: http://127.0.0.1:4318; none: no traces"
    )
    headers: dict[Text, Secret] = Field(default_factory=dict, description="headers of the requests")


class RetentionSettings(BaseModel):
    """How long results are kept."""

    model_config = STRICT
    steps: Some = Field(default=400 * 86400.0, description="runs with their steps")
    evidence: Some = Field(default=30 * 86400.0, description="evidence of runs that passed")
    failures: Some = Field(default=180 * 86400.0, description="evidence of runs that did not")
    evidence_size: Size = Field(default=0, description="the most evidence may weigh: 50GB; failures go last; 0: any")
    texts: Some = Field(default=90 * 86400.0, description="what was captured and what late texts said")
    hourly: Some = Field(default=400 * 86400.0, description="figures by the hour")
    daily: Some = Field(default=3650 * 86400.0, description="figures by the day")
    incidents: Some = Field(default=3650 * 86400.0, description="incidents and who was told")
