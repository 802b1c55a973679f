"""The libraries, loaded in processes of their own: one that crashes is named, and takes no check along."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata

from prober.doctor.finding import Finding, Patient, broken, good

_LIBRARIES = {
    "numpy": "numpy",
    "playwright.async_api": "playwright",
    "smpplib.client": "smpplib",
    "opencc": "opencc",
    "pypinyin": "pypinyin",
    "sqlalchemy": "sqlalchemy",
    "alembic": "alembic",
    "httpx": "httpx",
    "apscheduler": "apscheduler",
    "apprise": "apprise",
    "prometheus_client": "prometheus-client",
    "opentelemetry.sdk.trace": "opentelemetry-sdk",
    "cryptography.fernet": "cryptography",
    "watchfiles": "watchfiles",
    "openpyxl": "openpyxl",
}
"""What is imported, and the package it comes from."""
_OF_CHANNELS = {"ivr": {"pjsua2": "pjsua2-python"}}
"""What only a robot with that channel takes: a machine that never calls may lack it."""
_LOADING = """
import importlib, json, sys
for name in sys.argv[1:]:
    print(json.dumps([name]), flush=True)
    try:
        importlib.import_module(name)
    except BaseException as exc:
        print(json.dumps([name, f"{type(exc).__name__}: {exc}"]), flush=True)
"""
_PJSIP = """
import pjsua2
endpoint = pjsua2.Endpoint()
endpoint.libCreate()
print(endpoint.libVersion().full)
endpoint.libDestroy()
"""
_LOADED_S = 60.0
_CURES = {
    "pjsua2": "pip install pjsua2-python; on ARM64 and LoongArch build it: docs/deploying/kylin-openeuler-arm64.md.",
    "numpy": "pip install numpy; where it says the processor lacks something, take one that was built for it.",
}


def libraries(patient: Patient) -> list[Finding]:
    """Load every library that this robot takes; what cannot be loaded is named, with the way to get it."""
    wanted = dict(_LIBRARIES)
    for channel, packages in _OF_CHANNELS.items():
        wanted |= packages if channel in patient.channels else {}
    faults = dict(_faults(list(wanted)))
    if not faults:
        return [good(f"all {len(wanted)} libraries can be loaded")]
    return [
        broken(f"{wanted[name]} cannot be loaded: {fault}", _CURES.get(name, f"pip install {wanted[name]}."))
        for name, fault in faults.items()
    ]


def _faults(left: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what cannot be loaded, and why; after one that takes the process along the rest is loaded in another."""
    while left:
        done = _python(_LOADING, *left)
        told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
        yield from ((name, fault) for name, *faults in told for fault in faults)
        reached = told[-1][0] if told else left[0]
        if done.returncode:
            yield reached, f"it ends the process ({_ending(done)})"
        left = left[left.index(reached) + 1 :]


def telephone_library(_: Patient) -> Finding:
    """Start pjsip in a process of its own, and say its version."""
    done = _python(_PJSIP)
    # pjlib writes its log to the same place; the version is the line that is nothing else.
    told = [line for line in done.stdout.splitlines() if line[:1].isdigit() and " " not in line]
    if done.returncode or not told:
        return broken(f"pjsip does not start: {_ending(done)}", _CURES["pjsua2"])
    return good(f"pjsip {told[0]} starts (pjsua2-python {_version('pjsua2-python')})")


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "built from source"


def _python(source: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", source, *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_LOADED_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as exc:
        told = exc.stdout.decode() if isinstance(exc.stdout, bytes) else exc.stdout or ""
        return subprocess.CompletedProcess(command, 1, told, f"it is not done after {_LOADED_S:g} s")


def _ending(done: subprocess.CompletedProcess[str]) -> str:
    last = next(reversed(done.stderr.strip().splitlines()), "")
    return f"signal {-done.returncode}" if done.returncode < 0 else last or f"exit {done.returncode}"
