"""A PostgreSQL server of its own: on a free port of loopback, in a folder of its own, ended by its pid."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "not-a-secret"  # noqa: S105 - of a server that lives as long as a test
_USER = "prober"
_STARTS_WITHIN_S = 60.0


class Server:
    """A server under way. *settings* are of its configuration, such as `fsync=off`."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self._folder = folder
        self._settings = settings
        self._owner = _owner()
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if self._owner:
            for path in (folder, secret):
                shutil.chown(path, self._owner, self._owner)
        given = ("-D", str(folder / "data"), "-U", _USER, "-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync")
        done = subprocess.run(
            [program("initdb"), *given, "-E", "UTF8", "--locale=C.UTF-8"],
            **self._as_owner(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"initdb: {done.stderr or done.stdout}")

    def url(self, database: str = "postgres", password: str = PASSWORD) -> str:
        """Return where *database* is."""
        return f"postgresql+psycopg://{_USER}:{password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        settings = [part for setting in ("listen_addresses=127.0.0.1", *self._settings) for part in ("-c", setting)]
        own = ("-D", str(self._folder / "data"), "-p", str(self.port), "-k", str(self._folder))
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program("postgres"), *own, *settings], **self._as_owner(), stdout=log, stderr=log
            )
        give_up_s = time.monotonic() + _STARTS_WITHIN_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > give_up_s:
                raise RuntimeError(f"the server does not start: {(self._folder / 'log').read_text()}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: those who are connected are sent away. SIGQUIT ends it as a crash would."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
            self._process = None

    def make(self, database: str) -> str:
        """Make a *database* and return its URL."""
        self.sql(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Do *statement*, and return what it answers: a row a line."""
        asked = [program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement]
        place = ["-h", "127.0.0.1", "-p", str(self.port), "-U", _USER, database]
        environment = os.environ | {"PGPASSWORD": PASSWORD}
        done = subprocess.run([*asked, *place], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    def _answers(self) -> bool:
        ready = [program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0

    def _as_owner(self) -> dict[str, object]:
        """The server refuses to run as root."""
        return {"user": self._owner, "group": self._owner, "extra_groups": [], "cwd": "/"} if self._owner else {}


@contextmanager
def server(*settings: str) -> Iterator[Server]:
    """Start a server, and end it with its folder."""
    with tempfile.TemporaryDirectory(prefix="prober-postgres-", ignore_cleanup_errors=True) as folder:
        one = Server(Path(folder), *settings)
        try:
            one.start()
            yield one
        finally:
            one.stop()


def program(name: str) -> str:
    """
    Return the path of a program of PostgreSQL; Debian keeps those of the server beside the others.

    Raises:
        FileNotFoundError: It is not installed.
    """
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = str(kept[-1]) if kept else shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed: apt-get install postgresql")
    return found


def _owner() -> str | None:
    return None if os.geteuid() else pwd.getpwnam("postgres").pw_name


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
