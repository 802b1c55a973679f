"""Logins that one scenario has made and others use: cookies and storage of a browser, kept per line."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from prober.errors import RobotBroken

_CURE = "Play the scenario that saves it (web.save_login) first, and more often than that: as a probe of its own."


class Logins:
    """The saved logins in *folder*, each readable by its owner alone: whoever has one is the customer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, name: str, line: str, state: Any) -> None:
        """
        Keep *state*, what a browser knows of the customer *line*, as the login *name*.

        Raises:
            RobotBroken: It cannot be written.
        """
        path, content = self._path(name, line), {"saved_at": datetime.now(UTC).isoformat(), "state": state}
        written = path.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(content, file)
            written.replace(path)  # who reads it meanwhile has the old one or the new one
        except OSError as exc:
            raise RobotBroken(
                f"the login ‘{name}’ cannot be saved in {self._folder}: {exc.strerror}",
                cure="Make room there, or set channels.web.logins to a folder that can be written.",
            ) from exc

    def load(self, name: str, line: str, max_age_s: float) -> Any:
        """
        Return the state of the login *name* of *line*.

        Raises:
            RobotBroken: There is none, or it is older than *max_age_s*.
        """
        try:
            kept = json.loads(self._path(name, line).read_text(encoding="utf-8"))
            age = datetime.now(UTC) - datetime.fromisoformat(kept["saved_at"])
            state = kept["state"]
        except FileNotFoundError as exc:
            raise RobotBroken(f"line {line} has no saved login ‘{name}’", cure=_CURE) from exc
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise RobotBroken(f"the saved login ‘{name}’ of line {line} cannot be read", cure=_CURE) from exc
        if age > timedelta(seconds=max_age_s):
            minutes = age.total_seconds() / 60
            raise RobotBroken(f"the saved login ‘{name}’ of line {line} is {minutes:.0f} minutes old", cure=_CURE)
        return state

    def _path(self, name: str, line: str) -> Path:
        return self._folder / f"{quote(name, safe='')}@{quote(line, safe='')}.json"
