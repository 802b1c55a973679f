"""`prober demo`: the demo operator, in the foreground."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

_Port = typer.Option(min=0, max=65535, help="0 takes a free one")


def command(
    *,
    sip_port: Annotated[int, _Port] = 5062,
    web_port: Annotated[int, _Port] = 8610,
    smpp_port: Annotated[int, _Port] = 2775,
    control_port: Annotated[int, _Port] = 8611,
    database: Annotated[Path | None, typer.Option(help="keep the customers in this SQLite file")] = None,
    fault: Annotated[list[str] | None, typer.Option(help="switch a fault on: web=slow,seconds=5")] = None,
    script: Annotated[str, typer.Option(help="switch faults by chance: seed=7,every=30s,doors=web+sms")] = "",
    list_faults: Annotated[bool, typer.Option("--list-faults", help="print every fault there is, and end")] = False,
) -> None:
    """Run a small telecom to practise on: IVR, web hall and SMS centre, all on 127.0.0.1, until Ctrl-C."""
    # Here, so that no other command waits for a web server to be imported.
    from prober.demo.operator import Ports  # noqa: PLC0415 - see above
    from prober.demo.serving import serve  # noqa: PLC0415 - see above

    if list_faults:
        _list()
        raise typer.Exit
    ports = Ports(sip_port, web_port, smpp_port, control_port)
    raise typer.Exit(serve(ports, database=database, faults=fault or [], script=script))


def _list() -> None:
    """Print a table on a terminal, elsewhere a line a fault, as --fault takes it and what it does."""
    from prober.demo.faults import KNOWN  # noqa: PLC0415 - see above

    console = Console(highlight=False)
    table = Table("door", "fault", "arguments", "what it does", box=box.SIMPLE_HEAD)
    for door, faults in KNOWN.items():
        for fault in faults:
            arguments = ",".join(f"{name}={value:g}" for name, value in fault.defaults.items())
            table.add_row(door, fault.name, arguments, fault.sentence)
            if not console.is_terminal:
                typer.echo(f"{','.join(filter(None, (f'{door}={fault.name}', arguments)))}\t{fault.sentence}")
    if console.is_terminal:
        console.print(table)
