"""What people wrote: settings, scenarios, and whether they fit."""

from __future__ import annotations

import errno
import socket

from prober.app.orders import orders
from prober.app.probes import probes
from prober.doctor.finding import Finding, Patient, broken, good, warning
from prober.errors import BadInput

_MOST_NAMED = 5


def written(patient: Patient) -> Finding:
    """Say how much of a workspace there is, or how many mistakes it has."""
    if patient.problems:
        count = len(set(patient.problems))
        return broken(f"config.yaml and scenarios have {count} mistakes", "`prober check` shows each in its place.")
    if patient.settings is None:
        return warning(
            "there is no config.yaml here: the machine alone was looked at",
            "Go to a workspace, lay one out (prober init FOLDER), or name its --config.",
        )
    lines, channels = patient.settings.lines, ", ".join(patient.settings.channels) or "none"
    return good(f"config.yaml has {len(lines)} lines, channels {channels}; {len(patient.scenarios)} scenarios")


def lines(patient: Patient) -> list[Finding]:
    """See that every line can play something, and that every scenario has a line."""
    settings = patient.settings
    if settings is None or not patient.scenarios:
        return [warning("there is no scenario to play", "Write one, or look at those of prober init.")]
    found, idle = [], {line.name for line in settings.lines}
    for scenario in patient.scenarios:
        try:
            idle -= {line.name for order in orders(settings, [scenario]) for line in order.lines}
        except BadInput as bad:
            found += [broken(one.message, one.hint) for one in bad.problems[:_MOST_NAMED]]
    for name in sorted(idle):
        cure = "Give it the facts and secrets the scenarios speak of, or take it out of config.yaml."
        found.append(warning(f"line {name} can play no scenario", cure))
    return found or [
        good(f"each of {len(settings.lines)} lines can play, each of {len(patient.scenarios)} scenarios has one")
    ]


def schedule(patient: Patient) -> list[Finding]:
    """See that every probe of config.yaml can be planned."""
    if patient.settings is None or not patient.settings.probes:
        return [good("no probes are set up: nothing is played by itself")]
    try:
        planned = probes(patient.settings, patient.scenarios)
    except BadInput as bad:
        return [broken(one.message, one.hint) for one in bad.problems[:_MOST_NAMED]]
    return [good(f"{len(planned)} probes can be planned")]


def secrets(patient: Patient) -> list[Finding]:
    """See that no secret is empty: one that is typed as nothing is refused by every channel, and no fault of theirs."""
    if patient.settings is None:
        return []
    empty = [
        f"{line.name}.{name}" for line in patient.settings.lines for name, said in line.secrets.items() if not said
    ]
    if empty:
        cure = "Set the variable or fill the file that it comes from (lines[].secrets in config.yaml)."
        return [broken(f"these secrets are empty: {', '.join(empty[:_MOST_NAMED])}", cure)]
    count = sum(len(line.secrets) for line in patient.settings.lines)
    return [good(f"{count} secrets are there, none is empty")]


def health_port(patient: Patient) -> Finding:
    """See that `prober serve` can answer /healthz where it is told to."""
    if patient.settings is None:
        return good("no port is wanted")
    host, port = patient.settings.serve.host, patient.settings.serve.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind((host, port))
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            cure = "Nothing, if it is `prober serve`; else choose another serve.port."
            return warning(f"{host}:{port} (/healthz, /metrics) is in use", cure)
        return broken(f"{host}:{port} (/healthz, /metrics) cannot be opened: {exc.strerror}", "Correct serve.host.")
    return good(f"{host}:{port} is free for /healthz and /metrics")
