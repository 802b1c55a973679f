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

from prober.cli import (
    alerts,
    check,
    db,
    db_copies,
    db_keeping,
    demo,
    doctor,
    excel,
    incidents,
    init,
    orders,
    problems,
    report,
    run,
    schema,
    serve,
)
from prober.cli.exits import Exit
from prober.errors import BadInput, RobotBroken


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"prober {metadata.version('prober')}")
        raise typer.Exit


app = typer.Typer(
    name="prober",
    help="A robot that is a customer: it probes IVR, web hall and SMS commands, and times every step.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("init")(init.command)
app.command("check")(check.command)
app.command("schema")(schema.command)
app.command("run")(run.command)
app.command("serve")(serve.command)
app.command("report")(report.command)
app.command("import")(excel.import_cases)
app.command("export")(excel.export_cases)
app.add_typer(alerts.app, name="alerts")
app.command("demo")(demo.command)
app.command("doctor")(doctor.command)
app.add_typer(incidents.app, name="incidents")
database = typer.Typer(help="Look into the store of results, and keep it.", no_args_is_help=True, rich_markup_mode=None)
database.command("verify")(db.verify_store)
database.command("stats")(db_keeping.stats)
database.command("prune")(db_keeping.prune)
database.command("backup")(db_copies.backup)
database.command("restore")(db_copies.restore)
database.command("upgrade")(db_copies.upgrade)
database.command("forget")(db_keeping.forget)
database.add_typer(orders.app, name="orders")
app.add_typer(database, name="db")


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
