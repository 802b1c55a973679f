"""`prober`: the command line."""

from __future__ import annotations

import io
import os
import sys
from importlib import metadata
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from prober.cli import problems
from prober.cli.commands import Commands
from prober.cli.exits import Exit
from prober.errors import BadInput, RobotBroken


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"prober {metadata.version('prober')}")
        raise typer.Exit


app = typer.Typer(
    name="prober",
    cls=Commands,
    help="A robot that is a customer: it probes IVR, web hall and SMS commands, and times every step.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Print the version.")
    ] = False,
) -> None:
    """A robot that is a customer: it probes IVR, web hall and SMS commands, and times every step."""
    del version


def main() -> None:
    """Run the command line, and end with the code that says how it went."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
        sys.stdout.flush()
    except BadInput as bad:
        problems.show(bad)
        _end(Exit.BAD_INPUT)
    except RobotBroken as broken:
        _tell(broken)
        _end(Exit.ROBOT)
    except OSError as exc:
        # What was to be printed cannot be: whoever read it has gone, or the disk is full. Nothing is printed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(exc, BrokenPipeError):
            _tell(RobotBroken(f"the output cannot be written: {exc}", cure="Look where it is written to."))
        _end(Exit.ROBOT)
    except KeyboardInterrupt:
        _end(Exit.INTERRUPTED)


def _tell(broken: RobotBroken) -> None:
    sign = Text("! ", "bold magenta")
    Console(stderr=True, highlight=False, soft_wrap=True).print(sign + Text(f"{broken.what}\n  {broken.cure}"))


def _end(code: Exit) -> None:
    raise SystemExit(int(code))
