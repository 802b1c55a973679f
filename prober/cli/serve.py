"""`prober serve`: the robot round the clock."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.text import Text

from prober.app.news import About, Mood, News
from prober.app.serving import Serving
from prober.app.work import Work
from prober.channels.registry import CHANNELS
from prober.cli import problems
from prober.cli.exits import Exit
from prober.cli.progress import progress_console
from prober.cli.workspace import CONFIG, open_workspace
from prober.store.store import Store

_AT_LAST_S = 9.0
"""After so long the process ends, whatever still hangs: who asked it to stop counts on 10 s."""
_SIGNS = {
    Mood.PLAIN: ("·", ""),
    Mood.GOOD: ("✓", "green"),
    Mood.SLOW: ("◷", "yellow"),
    Mood.FAILED: ("✗", "bold red"),
    Mood.ERROR: ("!", "bold magenta"),
    Mood.DIM: ("·", "dim"),
}


def command(
    scenarios: Annotated[
        list[Path] | None, typer.Argument(help="Where the scenarios are; default: the workspace's folder ‘scenarios’.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON document a line on stdout.")] = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Play the probes of config.yaml on their schedule until stopped. Exit: 0 stopped, 3 robot error, 130 Ctrl-C."""
    load = partial(_load, config, scenarios or [config.parent / "scenarios"])
    work = load()
    # A channel that is set up while serving must find the forkserver there: it cannot be started beside a loop.
    for channel in CHANNELS.values():
        channel.prepare()
    store = Store.open(work.settings.store.url, durable=work.settings.store.durable, key=work.settings.store.key)
    console = progress_console(stderr=False, lasting=True)
    teller = _Teller(console, lambda: serving.settings.orders.timezone, as_json=as_json)
    try:
        serving = Serving(work, store, load=load, tell=teller.tell)
        code = asyncio.run(_serve(serving))
    finally:
        store.close()
    teller.tell(News(About.STOPPED, "stopped"))
    # All is closed: what is left is to remove temporary folders. Unloading what was imported would take seconds more.
    atexit._run_exitfuncs()  # noqa: SLF001 - as the interpreter does; it has no other name
    os._exit(int(code))


def _load(config: Path, scenarios: list[Path]) -> Work:
    workspace = open_workspace(config, scenarios)
    return Work.of(workspace.settings, workspace.prompts, workspace.scenarios, read=scenarios)


async def _serve(serving: Serving) -> Exit:
    """Serve until a signal says to stop, and return what to exit with."""
    loop, code = asyncio.get_running_loop(), Exit.PASSED

    def stop(with_code: Exit) -> None:
        nonlocal code
        code = with_code
        ending = threading.Timer(_AT_LAST_S, os._exit, (int(with_code),))
        ending.daemon = True
        ending.start()
        serving.stop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _already)

    loop.add_signal_handler(signal.SIGINT, stop, Exit.INTERRUPTED)
    loop.add_signal_handler(signal.SIGTERM, stop, Exit.PASSED)
    loop.add_signal_handler(signal.SIGHUP, serving.reload)
    await serving.run()
    return code


def _already() -> None:
    """It is stopping; a second signal does not cut the good-byes short."""


class _Teller:
    """Prints what happens: lines for a person, by the clock of the *zone* of the moment, or a JSON document a line."""

    def __init__(self, console: Console, zone: Callable[[], str], *, as_json: bool) -> None:
        self._console = console
        self._zone = zone
        self._as_json = as_json

    def tell(self, news: News) -> None:
        """Print *news* at once."""
        if self._as_json:
            self._console.file.write(json.dumps(_document(news), ensure_ascii=False) + "\n")
            self._console.file.flush()
            return
        sign, style = _SIGNS[news.mood]
        now = datetime.now(ZoneInfo(self._zone()))
        told = Text.assemble((f"{now:%H:%M:%S} ", "dim"), (sign, style), " ")
        told.append(news.text, style if news.mood is not Mood.GOOD else "")
        self._console.print(told, soft_wrap=True)
        for problem in news.problems:
            self._console.print(problems.drawn(problem), soft_wrap=True)
        if trace := news.facts.get("traceback"):
            self._console.print(Text(str(trace), "dim"), soft_wrap=True)


def _document(news: News) -> dict[str, object]:
    told = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": str(news.about), "text": news.text}
    mistakes = [problems.document(problem) for problem in news.problems]
    return told | dict(news.facts) | ({"mistakes": mistakes} if mistakes else {})
