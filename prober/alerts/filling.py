"""What a ticket says: the template of its body, filled in by an incident."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from prober.alerts.languages import LANGUAGES
from prober.alerts.words import News, Writer
from prober.errors import RobotBroken
from prober.loading.config_service import TicketSettings
from prober.model.alarm import Reason
from prober.model.incident import Cause, Incident, Kind
from prober.model.probe import Severity
from prober.model.run import Layer

_ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=False)
_NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
SAMPLE = Incident(
    id="INC-20261122-0001",
    cause=Cause(Kind.CHANNEL, "ivr", Layer.PROMPT, "听到余额"),
    severity=Severity.MAJOR,
    opened_at=_NOON,
    what='听到余额: another prompt – heard "packages"\n第二行',
    first_run="20261122T035900-0a1b2c3d",
    last_run="20261122T035900-0a1b2c3d",
    probes=("balance",),
    failing=("balance",),
    items=("balance-query",),
    teams=("voice",),
    worked="passed lately – web: balance-web 12 s before",
)
"""What a template is tried with before there is anything to tell."""
_OF_ROBOT = replace(SAMPLE, cause=Cause(Kind.ROBOT, "robot", Layer.ROBOT, "memory"), items=(), teams=(), worked="")


def filled(system: TicketSettings, incident: Incident, writer: Writer, now: datetime) -> str:
    """
    Return the body of the ticket of *incident* in *system*.

    Raises:
        RobotBroken: The template does not go with such an incident.
    """
    spoken = spoken_of(incident, system, writer, now)
    try:
        return _ENVIRONMENT.from_string(system.body).render(spoken)
    except Exception as exc:
        # A template is a small program of somebody else's: whatever it stumbles over, there is no body.
        why = str(exc) or type(exc).__name__
        raise RobotBroken(
            f"the template of ‘{system.name}’ cannot be filled in: {why}",
            cure="Mend ‘body’ under tickets: in config.yaml.",
        ) from exc


def unfillable(system: TicketSettings) -> str:
    """Return why the template of *system* does not go with every incident; "" if it goes with those tried here."""
    for incident, whose in ((SAMPLE, "a channel"), (_OF_ROBOT, "the robot itself, which has no item and no team")):
        try:
            filled(system, incident, Writer(), _NOON)
        except RobotBroken as broken:
            return f"{broken.what} (tried with an incident of {whose})"
    return ""


def spoken_of(incident: Incident, system: TicketSettings, writer: Writer, now: datetime) -> dict[str, Any]:
    """Return what a template may speak of, nothing of it unmasked."""
    words = writer.long([News(incident, (Reason.OPENED,))], system.language, now)
    cause = incident.cause
    told = {
        "id": incident.id,
        "title": words.title,
        "text": words.text,
        "what": LANGUAGES[system.language].what_of(incident),
        "worked": LANGUAGES[system.language].worked_of(incident),
        "severity": str(incident.severity),
        "kind": str(cause.kind),
        "channel": cause.channel,
        "layer": str(cause.layer),
        "step": cause.step,
        "first_run": incident.first_run,
        "last_run": incident.last_run,
        "opened_at": writer.at(incident.opened_at),
        "acknowledged_by": incident.acknowledged_by,
        "link": writer.link_of(incident),
    }
    several = {"items": incident.items, "probes": incident.probes, "teams": incident.teams}
    masked = {name: writer.mask(text) for name, text in told.items()}
    return masked | {name: [writer.mask(one) for one in texts] for name, texts in several.items()}
