"""The machine itself: Python, the C library, memory, files, the clock."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import shutil
import tempfile
import zoneinfo
from datetime import datetime
from pathlib import Path

from prober.doctor.finding import Finding, Patient, broken, good, warning

_PYTHONS = ((3, 11), (3, 12))
_WHEELS = ("x86_64",)
"""Machines that every library has a ready-made package for; elsewhere pjsua2 is built from source."""
_GLIBC = (2, 28)
"""The oldest that the ready-made packages of the libraries are made for (manylinux_2_28)."""
_FEWEST_FILES = 1024
_MEMORY_MB = 512
_ROOM_MB = 256


def python(_: Patient) -> Finding:
    """See that this Python is one that the robot is tested with."""
    machine = platform.machine()
    said = f"Python {platform.python_version()} on {machine}"
    if tuple(map(int, platform.python_version_tuple()[:2])) not in _PYTHONS:
        return broken(
            f"{said}: the robot is made for 3.11 and 3.12", "Install it with one of them: python3.11 -m venv."
        )
    if machine not in _WHEELS:
        return good(f"{said} (pjsua2 is built from source here, see docs/deploying/kylin-openeuler-arm64.md)")
    return good(said)


def c_library(_: Patient) -> Finding:
    """See that the C library is one that the libraries' ready-made packages run with."""
    name, version = platform.libc_ver()
    if name != "glibc":
        return broken(
            f"the C library is {name or 'not glibc'}, and the libraries are made for glibc",
            "Use a distribution with glibc (Debian, openEuler, Kylin, RHEL); Alpine is none.",
        )
    if tuple(map(int, version.split(".")[:2])) < _GLIBC:
        oldest = ".".join(map(str, _GLIBC))
        return warning(f"glibc {version} is older than {oldest}", "Build what pip refuses from source, or update.")
    return good(f"glibc {version}")


def memory(_: Patient) -> Finding:
    """See that a browser has room."""
    left_mb = _available_mb()
    if left_mb is None:
        return warning("it is not known how much memory is free (no /proc/meminfo)", "Mount /proc.")
    said = f"{left_mb} MB of memory are free"
    if left_mb < _MEMORY_MB:
        return warning(said, f"Give the machine or container more; a browser takes {_MEMORY_MB} MB, a call 60 MB.")
    return good(said)


def _available_mb() -> int | None:
    """Return what the machine has free, or what is left of a container's own limit where that is less."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    free = next((int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable:")), None)
    group = Path("/sys/fs/cgroup")
    try:
        most, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # no limit is the word `max`
        return free
    left = max(0, most - used) // 2**20
    return left if free is None else min(free, left)


def temporary_files(_: Patient) -> Finding:
    """See that there is a folder for what a browser puts down while it works."""
    folder = Path(tempfile.gettempdir())
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(b"prober")
            file.flush()
    except OSError as exc:
        return broken(f"{folder} takes no files: {exc.strerror}", "Give it to everybody (chmod 1777), or set TMPDIR.")
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < _ROOM_MB:
        return broken(f"{folder} has {free_mb} MB left", f"Free some; a browser wants {_ROOM_MB} MB, or set TMPDIR.")
    return good(f"{folder} takes files, {free_mb} MB are free")


def open_files(_: Patient) -> Finding:
    """See that the robot may open as many files as calls and pages take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= _FEWEST_FILES:
        return good(f"{'any number of' if soft == resource.RLIM_INFINITY else soft} files may be open at once")
    more = "ulimit -n 65536, and LimitNOFILE=65536 in the systemd unit"
    highest = (
        "" if hard == resource.RLIM_INFINITY or hard >= _FEWEST_FILES else f" (the administrator's limit is {hard})"
    )
    return broken(f"only {soft} files may be open at once{highest}; the robot wants {_FEWEST_FILES}", f"{more}.")


def time_zones(patient: Patient) -> Finding:
    """See that the zones of schedules are known."""
    wanted = {"Asia/Shanghai"}
    if patient.settings is not None:
        wanted |= {probe.timezone for probe in patient.settings.probes}
        wanted |= {window.timezone for window in patient.settings.maintenance}
    for name in sorted(wanted):
        try:
            zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, OSError):
            return broken(f"the time zone {name} is not known here", "Install tzdata (apt or dnf install tzdata).")
    here = datetime.now().astimezone()
    return good(f"time zones are known; this machine's is {here.tzname()} (UTC{here:%z})")


class _Timex(ctypes.Structure):
    """The beginning of the kernel's `struct timex`; the rest is room. Source: adjtimex(2)."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("room", ctypes.c_long * 48),
    )


_UNSYNCHRONISED = 0x0040


def clock(_: Patient) -> Finding:
    """Ask the kernel whether anybody keeps its clock right."""
    timex = _Timex()
    if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex)) < 0:
        why = os.strerror(ctypes.get_errno())
        return warning(f"the kernel does not say whether its clock is kept right ({why})", "Look at `timedatectl`.")
    if timex.status & _UNSYNCHRONISED:
        return warning(
            "nobody keeps the clock right: instants of runs, and when probes start, drift away",
            "Start a time service on the machine itself: systemctl enable --now chronyd (or systemd-timesyncd).",
        )
    return good(f"the clock is kept right (to {timex.maxerror / 1000:.0f} ms)")


def shared_memory(_: Patient) -> Finding:
    """See that there is shared memory. The browser is started so that it needs none of it; processes want a little."""
    folder = Path("/dev/shm")  # noqa: S108 - the kernel's own, and nothing of ours is put there by name
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return warning(
            f"{folder} cannot be written to", "Mount it: a tmpfs with mode 1777 (containers: --shm-size=64m)."
        )
    return good(f"{folder} has {shutil.disk_usage(folder).total // 2**20} MB; the browser is told to do without")
