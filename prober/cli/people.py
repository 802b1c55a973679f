"""Who gives a command: what people decide is kept with their names."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from prober.errors import NO_FILE, BadInput, Problem
from prober.model.improvement import LONGEST_NAME, LONGEST_TEXT

BY = Annotated[str, typer.Option(help="Who you are; your login name if you do not say.")]
"""The option of every command that keeps who gave it."""


def worded(text: str, whose: str, *, most: int = LONGEST_TEXT, least: int = 1) -> str:
    """
    Return the *text* of an argument or option called *whose*, without blanks around it.

    Raises:
        BadParameter: It has less characters than *least*, or more than *most*.
    """
    said = text.strip()
    if len(said) < least:
        raise typer.BadParameter("it says nothing: write a sentence", param_hint=whose)
    if len(said) > most:
        raise typer.BadParameter(f"it has {len(said)} characters: write {most} at most", param_hint=whose)
    return said


def person(by: str) -> str:
    """
    Return who gives the command: *by*, or the login name.

    Raises:
        BadInput: Nobody knows.
        BadParameter: No name is so long.
    """
    if named := worded(by, "--by", most=LONGEST_NAME, least=0):
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        what = "nobody knows who you are: this user has no login name"
        raise BadInput([Problem(NO_FILE, 0, 0, what, "say it: --by NAME")]) from None
