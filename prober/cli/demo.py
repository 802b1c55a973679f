"""`prober demo`: the demo operator, in the foreground."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_Port = typer.Option(min=0, max=65535, help="0 takes a free one")


def command(
    *,
    sip_port: Annotated[int, _Port] = 5062,
    web_port: Annotated[int, _Port] = 8610,
    smpp_port: Annotated[int, _Port] = 2775,
    control_port: Annotated[int, _Port] = 8611,
    database: Annotated[Path | None, typer.Option(help="keep the customers in this SQLite file")] = None,
    fault: Annotated[list[str] | None, typer.Option(help="switch a fault on: web=wrong-balance")] = None,
) -> None:
    """Run a small telecom to practise on: IVR, web hall and SMS centre, all on 127.0.0.1, until Ctrl-C."""
    # Here, so that no other command waits for a web server to be imported.
    from prober.demo.operator import Ports  # noqa: PLC0415 - see above
    from prober.demo.serving import serve  # noqa: PLC0415 - see above

    ports = Ports(sip_port, web_port, smpp_port, control_port)
    raise typer.Exit(serve(ports, database=database, faults=fault or []))
