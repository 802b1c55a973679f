"""PostgreSQL's own programs, which copy a server's database out and in."""

from __future__ import annotations

import os
import shutil
import subprocess

from sqlalchemy import URL

from prober.errors import RobotBroken

_LAST_WORDS = 300


def dump(url: URL, file: str) -> None:
    """
    Write the database at *url* to *file*, as it is at one moment; robots go on.

    Raises:
        RobotBroken: The program is missing, or refused.
    """
    _run(url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={file}")


def load(url: URL, file: str) -> None:
    """
    Make the database at *url* what *file* holds, all of it or, where that fails, nothing.

    Raises:
        RobotBroken: The program is missing, or refused.
    """
    _run(url, "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", file)


def _run(url: URL, program: str, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise RobotBroken(
            f"{program} is not installed, which copies a server's database",
            cure="Install PostgreSQL's client programs (Debian: apt-get install postgresql-client).",
        )
    # The password goes by the environment: arguments can be seen by everybody on the machine.
    place = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query).render_as_string()
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    asked = [found, f"--dbname={place}", *arguments]
    done = subprocess.run(asked, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        said = done.stderr.strip()[-_LAST_WORDS:]
        raise RobotBroken(f"{program} failed: {said}", cure="Look at what it says; the server's log may say more.")
