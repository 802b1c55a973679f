"""Who gives a command: what people decide is kept with their names."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from prober.errors import NO_FILE, BadInput, Problem

BY = Annotated[str, typer.Option(help="Who you are; your login name if you do not say.")]
"""The option of every command that keeps who gave it."""


def person(by: str) -> str:
    """
    Return who gives the command: *by*, or the login name.

    Raises:
        BadInput: Nobody knows.
    """
    if named := by.strip():
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        what = "nobody knows who you are: this user has no login name"
        raise BadInput([Problem(NO_FILE, 0, 0, what, "say it: --by NAME")]) from None
