"""Patients to look over: workspaces whose settings say what a test wants."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from prober.channels.registry import SETTINGS
from prober.doctor.finding import Patient
from prober.loading.config import load_config

LINES = 'lines:\n  - {name: a, msisdn: "13800000001", secrets: {service_password: "246801"}}\n'

Patients = Callable[..., Patient]


@pytest.fixture
def patient_of(tmp_path: Path) -> Patients:
    """Makes a patient out of what config.yaml says beside its lines."""

    def made(text: str = "", *, lines: str = LINES, offline: bool = False) -> Patient:
        (tmp_path / "config.yaml").write_text(lines + text, encoding="utf-8")
        settings = load_config(tmp_path / "config.yaml", SETTINGS)
        return Patient(settings=settings, channels=settings.channels, offline=offline)

    return made


@pytest.fixture
def own_mounts() -> Callable[[Path, str], tuple[str, ...]]:
    """Returns the beginning of a command for whom a file system of its own lies on a folder."""

    def on(folder: Path, options: str) -> tuple[str, ...]:
        # Unchanged, for within a chroot unshare cannot change how mounts spread; so it is unmounted again.
        unshare = ("unshare", "-m" if os.geteuid() == 0 else "-rm", "--propagation", "unchanged")
        mounted = f'mount -t tmpfs -o {options} tmpfs "{folder}"; trap \'umount "{folder}"\' EXIT; "$@"'
        return (*unshare, "sh", "-ec", mounted, "sh")

    return on
