"""What is right in config.yaml, and yet lets nobody know: warnings of `prober check`."""

from __future__ import annotations

from collections.abc import Iterator

from prober.errors import Problem
from prober.loading.config import Settings
from prober.loading.config_service import AlertSettings, ProbeSettings
from prober.model.alarm import severe
from prober.model.incident import Kind
from prober.model.probe import Watched


def untold(settings: Settings) -> Iterator[Problem]:
    """Yield whose incidents nobody is told of, where anybody is told of any."""
    if not settings.alerts or not settings.probes:
        return
    if not any(map(_of_robot, settings.alerts)):
        hint = "give a way neither items, channels nor teams, and let it be told of kinds: [robot]"
        yield Problem(settings.path, 0, 0, "nobody is told when the robot itself fails", hint)
    for probe in settings.probes:
        if not any(_of_probe(way, probe) for way in settings.alerts):
            whose = f"team ‘{probe.team}’" if probe.team else "no team"
            message = f"nobody is told when the probe ‘{probe.name}’ fails ({whose}, {probe.severity})"
            yield Problem(settings.path, 0, 0, message, "no way under ‘alerts:’ is told of its team and severity")


def _of_robot(way: AlertSettings) -> bool:
    limited = way.items or way.channels or way.teams
    return Kind.ROBOT in way.kinds and not limited and severe(Watched("").severity, way.severity)


def _of_probe(way: AlertSettings, probe: ProbeSettings) -> bool:
    its_team = not way.teams or probe.team in way.teams
    return Kind.CHANNEL in way.kinds and its_team and severe(probe.severity, way.severity)
