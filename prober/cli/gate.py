"""`prober gate`: may it go live?"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from prober.app import App, Order, orders
from prober.app.gating import Gate
from prober.cli import gate_view as view
from prober.cli.exits import Exit
from prober.cli.items import ITEM, open_gate, retired
from prober.cli.playing import Playing
from prober.cli.progress import Watch, progress_console
from prober.cli.report import pages_beside, refuse_unwritable, write
from prober.cli.workspace import CONFIG, Workspace
from prober.judge.gate import rules
from prober.model.run import Phase
from prober.model.verdict import Decision, Ground, Verdict
from prober.reports import gate as report
from prober.reports import gate_page

_BATCH = 10
"""Runs of a scenario between two looks: a look may end the gate early, by NO_GO only."""


def command(
    item: ITEM,
    *,
    no_run: Annotated[bool, typer.Option("--no-run", help="Play nothing: judge the runs that are there.")] = False,
    parallel: Annotated[int, typer.Option(min=1, help="Play this many runs at once, on different lines.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the report: one file.")] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML, a test case a reason.")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write a summary for a merge request.")
    ] = None,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Say whether an item may go live, playing what is missing. Exit: 0 GO, 1 NO_GO, 3 robot error, 4 inconclusive."""
    refuse_unwritable(None, html, junit, markdown)
    console = progress_console(stderr=as_json)
    with open_gate(item, config, plays=not no_run) as (gate, workspace):
        if gate.phase is Phase.RETIRED:
            raise retired(item)
        gating = _Gating(gate, workspace, console, parallel)
        whole = no_run or gating.play()
        verdict = gating.ended(datetime.now(UTC))
        if whole:
            asyncio.run(gate.store.items.put_verdict(verdict))
    if not whole:
        view.tell(console, verdict)
        unwritten = "; no report is written of it" if html or junit or markdown else ""
        console.print(f"[bold yellow]interrupted: that was a look in between, and no verdict{unwritten}[/]")
        raise typer.Exit(Exit.INTERRUPTED)
    if as_json:
        typer.echo(json.dumps(report.document(verdict), ensure_ascii=False, indent=2))
    else:
        view.show(console, verdict, gate.item)
    if ordering := [name for name in gate.item.scenarios if not gate.may_play(name)]:
        told = f"{', '.join(ordering)}: orders something, so the gate never plays it; play it with prober run"
        console.print(Text(told, "yellow"), soft_wrap=True)
    page = partial(gate_page.render, zone=gate.zone, linked=pages_beside(html or Path()))
    writing = ((html, page), (junit, report.junit), (markdown, report.markdown))
    for path, render in writing:
        if path is not None:
            console.print(f"[dim]report[/] {write(path, partial(render, verdict, gate.item))}")
    raise typer.Exit(code_of(verdict))


def code_of(verdict: Verdict) -> Exit:
    """Return what a verdict means to whoever gave the command."""
    if verdict.decision is Decision.GO:
        return Exit.PASSED
    if verdict.decision is Decision.NO_GO:
        return Exit.FAILED
    faults = any(one.ground is Ground.FAULTS and one.decision is Decision.INCONCLUSIVE for one in verdict.reasons)
    return Exit.ROBOT if faults else Exit.INCONCLUSIVE


@dataclass
class _Gating:
    """Plays what is missing, batch by batch, and says in between how it stands."""

    gate: Gate
    workspace: Workspace
    console: Console
    parallel: int
    _turns: Turns = field(init=False)
    _counted: int = 0
    _batch: Sequence[str] = ()
    _most: int = _BATCH
    _whole: bool = False

    def __post_init__(self) -> None:
        self._turns = Turns(self.gate, self.gate.phase)

    def play(self) -> bool:
        """Play until more would not help, or the budget is spent; return whether it came to its end."""
        ends_s = time.monotonic() + self.gate.item.terms.time_s
        planned, _ = self._next()
        if not planned:
            return True
        with Watch(self.console, len(planned), abreast=self.parallel > 1) as watch:

            async def more() -> Sequence[Order]:
                while (left_s := ends_s - time.monotonic()) > 0:
                    batch, wait_s = await asyncio.to_thread(self._next)
                    watch.expect(len(batch))
                    if batch or not wait_s:
                        return batch
                    await asyncio.sleep(min(wait_s, left_s))
                return []

            app = App(self.workspace.settings, self.workspace.prompts, store=self.gate.store)
            return asyncio.run(Playing(app, planned, watch, self.parallel, more=more).play())

    def ended(self, now: datetime) -> Verdict:
        """Return the verdict. Of a budget that was begun because the first look was not enough, no part is GO."""
        case = self.gate.case(now)
        return rules.cut_short(self.gate.verdict(now, case), self.gate.left(case) if self._whole else 0)

    def _next(self) -> tuple[Sequence[Order], float]:
        """Return what is to be played next; while numbers are in quarantine nothing, and how many seconds to wait."""
        now = datetime.now(UTC)
        case = self.gate.case(now)
        verdict = self.gate.verdict(now, case)
        self._whole = self._whole or self.gate.wants_whole(case, verdict)
        asked, expected = len(verdict.runs) - self._counted, sum(name in case.seen for name in self._batch)
        if self._batch:
            view.tell(self.console, verdict)
        self._counted, self._batch = len(verdict.runs), ()
        if asked < expected:
            self._most = len(self.workspace.settings.lines)
            until = self.gate.store.quarantined_until(now)
            if until is not None and self.gate.missing(case, verdict, most=1, whole=self._whole):
                at = f"{until.astimezone(self.gate.zone):%H:%M:%S}"
                self.console.print(f"[yellow]waiting until {at} ({self.gate.zone}): a number is in quarantine[/]")
                return (), (until - now).total_seconds()
            if not asked:
                return (), 0.0  # nothing of the last batch could ask: neither would the next
        self._batch = self.gate.missing(case, verdict, most=self._most, whole=self._whole)
        return [self._turns.order(name) for name in self._batch], 0.0


class Turns:
    """Orders of scenarios by their names, in *phase*: the combinations of a matrix take turns."""

    def __init__(self, gate: Gate, phase: Phase) -> None:
        self._gate, self._phase = gate, phase
        self._next: dict[str, Callable[[], Order]] = {}

    def order(self, name: str) -> Order:
        """
        Return the next order of the scenario called *name*.

        Raises:
            BadInput: No line can play it.
        """
        if name not in self._next:
            found = orders(self._gate.settings, [self._gate.scenarios[name]], phase=self._phase)
            self._next[name] = cycle(found).__next__
        return self._next[name]()
