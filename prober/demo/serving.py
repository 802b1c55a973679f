"""The demo operator as a process: it says where its doors are, and stays until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import signal
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from prober.demo.faults import Fault, Faults, UnknownFault, known, parse_all
from prober.demo.operator import CannotOpen, Operator, Ports
from prober.demo.script import BadScript, parse

ENDED, BAD_INPUT, BROKEN = 0, 2, 3


def serve(ports: Ports, *, database: Path | None = None, faults: Sequence[str] = (), script: str = "") -> int:
    """
    Run the operator until SIGTERM or SIGINT and return the exit code: 0, 2 for bad input, 3 for what cannot be opened.

    Prints the doors as one line of JSON on stdout; on stderr what went wrong, and each fault that goes on or off.
    """
    if faults and script:
        return _ended(BAD_INPUT, "A script has the fault switches for itself: leave either --fault or --script out.")
    switched = Faults()
    switched.watch(_say)
    try:
        switched.change(parse_all(faults))
        scripted = parse(script) if script else None
    except (UnknownFault, BadScript) as bad:
        return _ended(BAD_INPUT, str(bad))
    try:
        asyncio.run(_until_told(Operator(ports, database=database, faults=switched, script=scripted)))
    except sqlite3.Error as error:
        file = database or "A temporary file"
        return _ended(BAD_INPUT, f"{file} cannot be the customer database: {error}. Name another with --database.")
    except (CannotOpen, FileNotFoundError) as shut:
        return _ended(BROKEN, str(shut))
    except BrokenPipeError:
        return _ended(BROKEN, "Nobody reads where the doors are: stdout is closed. Keep it open until the first line.")
    return ENDED


async def _until_told(operator: Operator) -> None:
    loop = asyncio.get_running_loop()
    told: asyncio.Future[None] = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _tell, told)
    starting = asyncio.create_task(operator.start())
    try:
        await asyncio.wait((starting, told), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            # Past Python's buffer, which would be flushed into a closed pipe again on exit.
            os.write(sys.stdout.fileno(), json.dumps(asdict(starting.result())).encode() + b"\n")
            await told
    finally:
        starting.cancel()
        await asyncio.wait((starting,))
        await operator.close()


def _say(door: str, before: Fault | None, now: Fault | None) -> None:
    if before is not None:
        _line(f"{door}: {before.name} is off.")
    if now is not None:
        _line(f"{door}: {now.name} is on. {known(door, now.name).told(now.arguments)}")


def _line(sentence: str) -> None:
    # A pipe that nobody reads must not stop the doors once it is full, nor one that is closed.
    with contextlib.suppress(OSError):
        if sys.stderr and select.select((), (sys.stderr,), (), 0)[1]:
            print(f"{datetime.now(UTC).astimezone():%H:%M:%S} {sentence}", file=sys.stderr, flush=True)


def _tell(told: asyncio.Future[None]) -> None:
    if not told.done():
        told.set_result(None)


def _ended(code: int, sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return code
