"""Commands are imported when they are wanted."""

from __future__ import annotations

import subprocess
import sys

from prober.cli.commands import Commands


def test_the_command_line_begins_without_what_only_commands_need() -> None:
    """Asking for the version waits for no database, browser or telephone library."""
    heavy = "{'sqlalchemy', 'playwright', 'pydantic', 'apprise', 'apscheduler'} & set(sys.modules)"
    program = f"import sys, prober.cli.main; print({heavy} or 'light')"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "light\n"


def test_every_command_is_there() -> None:
    """Each name leads to a command, which has words of help."""
    assert [name for name, command in Commands().commands.items() if not command.get_short_help_str()] == []
