"""`prober launch`: an item is live from now on, and watched."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from math import log
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from prober.app import App, Order
from prober.app.gating import Gate
from prober.app.launching import Launch, stopped
from prober.app.telling import alerts_of, masker_of
from prober.cli import gate_view as view
from prober.cli.durations import span
from prober.cli.exits import Exit
from prober.cli.gate import Turns, code_of
from prober.cli.items import ITEM, open_gate, retired
from prober.cli.people import BY, person
from prober.cli.playing import Playing
from prober.cli.progress import Watch, progress_console
from prober.cli.report import pages_beside, refuse_unwritable, write
from prober.cli.workspace import CONFIG, Workspace
from prober.errors import NO_FILE, BadInput, Problem
from prober.judge.gate import rules
from prober.judge.gate.checks import CONFIDENCE
from prober.judge.gate.proportions import flawless
from prober.judge.gate.watching import ALPHA
from prober.model.item import Sample
from prober.model.run import Phase
from prober.model.verdict import Decision, Verdict
from prober.reports import gate as report

_BAR = 24
_TELLING_S = 60.0
"""How long people are told of what a launch came to, before the command ends; what is left a serving robot tells."""


def command(
    item: ITEM,
    *,
    lasting: Annotated[str, typer.Option("--for", metavar="TIME", help="How long it is watched: 30m, 2h.")] = "2h",
    every: Annotated[str, typer.Option(metavar="TIME", help="How often a scenario is begun.")] = "30s",
    despite: Annotated[
        str, typer.Option(metavar="TEXT", help="Why it goes live though its gate does not say GO.")
    ] = "",
    by: BY = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the report: one file.")] = None,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """
    Note that an item is live, and watch it against what it was before; stop at once where it is proved to be worse.

    Exit: 0 GO, and it stands after its launch; 1 NO_GO, take it back; 3 robot error; 4 inconclusive.
    """
    refuse_unwritable(None, html)
    lasts_s, every_s = span(lasting).total_seconds(), span(every).total_seconds()
    if not (lasts_s and every_s):
        raise typer.BadParameter("--for and --every are longer than nothing")
    who, console = person(by), progress_console(stderr=as_json)
    with open_gate(item, config, plays=True) as (gate, workspace):
        launch = Launch.of(gate, _before(gate, despite), who)
        watching = _Watching(launch, workspace, console, lasts_s, every_s)
        why = masker_of(workspace.settings)(despite.strip()) or "its gate says GO"
        whole = asyncio.run(watching.watch(why))
        verdict = asyncio.run(_ended(launch, workspace)) if whole else None
    if verdict is None:
        told = f"interrupted: the item stays in its launch, and nobody watches it. On with: prober launch {item}"
        console.print(Text(f"{told}{'; no report is written of it' if html else ''}", "bold yellow"), soft_wrap=True)
        raise typer.Exit(Exit.INTERRUPTED)
    if as_json:
        typer.echo(json.dumps(report.document(verdict), ensure_ascii=False, indent=2))
    else:
        view.show(console, verdict, gate.item)
    console.print(_advice(verdict), soft_wrap=True)
    if html is not None:
        console.print(f"[dim]report[/] {write(html, partial(_page, launch, verdict, html))}")
    raise typer.Exit(code_of(verdict))


def _page(launch: Launch, verdict: Verdict, html: Path) -> str:
    from prober.reports import launch_page  # noqa: PLC0415 - charts take seconds to import

    course, gate = launch_page.Course(launch.begun, launch.looks, launch.watch, launch.stops), launch.gate
    return launch_page.render(verdict, gate.item, course, zone=gate.zone, linked=pages_beside(html))


def _before(gate: Gate, despite: str) -> Mapping[str, Sample]:
    """
    Return what the item was like before its launch: the runs that its gate judges now, or its latest baseline.

    Of both it is the one with more runs that passed: the more there are, the less a worse item can pass for as good.

    Raises:
        BadInput: It is live for long, or its launch was stopped; its gate does not say GO; nobody knows what it was
            like; or none of its scenarios may be played again and again.
    """
    name, phase = gate.item.name, gate.phase
    if phase is Phase.RETIRED:
        raise retired(name)
    if phase not in {Phase.PRE_LAUNCH, Phase.LAUNCH}:
        raise _refused(f"‘{name}’ stands {phase}, and is launched no more", f"prober phase {name} pre-launch --why …")
    if stopped(gate.store, name):
        hint = f"take it back, have it mended, and gate it anew: prober phase {name} pre-launch --why …"
        raise _refused(f"the launch of ‘{name}’ was stopped", hint)
    case = gate.case(datetime.now(UTC), Phase.PRE_LAUNCH)
    verdict = rules.judge(case)
    if not despite.strip() and verdict.decision is not Decision.GO:
        hint = f"prober gate {name}; or say why it goes live all the same: --despite TEXT"
        raise _refused(f"the gate of ‘{name}’ says {verdict.decision}", hint)
    if not any(gate.may_play(scenario) for scenario in case.seen):
        raise _refused(
            f"‘{name}’ has no scenario that may be played again and again", "give it one that orders nothing"
        )
    before = case.baseline.samples if case.baseline else {}
    samples = {
        scenario: max(seen.sample, before.get(scenario, seen.sample), key=lambda sample: sample.passed)
        for scenario, seen in case.seen.items()
    }
    enough = flawless(gate.item.terms.success, CONFIDENCE) or 0
    if few := [scenario for scenario, sample in samples.items() if sample.passed < enough]:
        what = f"nobody knows what {', '.join(few)} was like before the launch: fewer than {enough} runs passed"
        raise _refused(what, f"prober gate {name}")
    return samples


def _refused(what: str, hint: str) -> BadInput:
    return BadInput([Problem(NO_FILE, 0, 0, what, hint)])


class _Watching:
    """Plays the scenarios of an item in turns for a while, and says after each run how it stands."""

    def __init__(self, launch: Launch, workspace: Workspace, console: Console, lasts_s: float, every_s: float) -> None:
        self._launch, self._workspace, self._console = launch, workspace, console
        self._lasts_s, self._every_s = lasts_s, every_s
        self._begun = 0
        gate = launch.gate
        self._scenarios = [name for name in gate.item.scenarios if gate.may_play(name)]

    async def watch(self, why: str) -> bool:
        """Begin the launch, and return whether it was watched to its end; it ends at once where it is stopped."""
        gate = self._launch.gate
        turns = Turns(gate, Phase.LAUNCH)
        for name in self._scenarios:
            turns.order(name)  # what no line can play is refused while nothing is live yet
        await self._launch.begin(why)
        began_s = time.monotonic()
        console = self._console
        so_far = f", on what {self._launch.asked} runs have said" if self._launch.asked else ""
        about = (f" {gate.item.name}", "dim"), f" is live; watched for {self._lasts_s:g} s{so_far}"
        console.print(Text.assemble((gate.item.title, "bold"), *about))
        with Watch(console, 0) as shown:

            async def more() -> Sequence[Order]:
                self._tell()
                next_s = began_s + self._begun * self._every_s
                over = max(next_s, time.monotonic()) >= began_s + self._lasts_s
                if over or self._launch.stops or not await self._launch.stands():
                    return []
                await asyncio.sleep(max(0.0, next_s - time.monotonic()))
                return self._next(turns, shown)

            app = App(self._workspace.settings, self._workspace.prompts, store=gate.store)
            planned = self._next(turns, shown)
            return await Playing(app, planned, shown, more=more, others=[self._launch]).play()

    def _next(self, turns: Turns, shown: Watch) -> Sequence[Order]:
        """Return the next order: the scenarios of the item take turns."""
        name = self._scenarios[self._begun % len(self._scenarios)]
        self._begun += 1
        shown.expect(1)
        return [turns.order(name)]

    def _tell(self) -> None:
        """Print how it stands: how much speaks against the item, of what would stop it."""
        evidence, enough = self._launch.watch.evidence, 1 / ALPHA
        filled = min(_BAR, round(_BAR * max(0.0, log(max(evidence, 1.0)) / log(enough))))
        style = "red" if self._launch.stops else "yellow" if evidence > 3 else "green"
        bar = Text.assemble(("━" * filled, style), ("─" * (_BAR - filled), "bright_black"))
        told = Text.assemble(("  against it ", "dim"), bar, f" {evidence:.3g}", (f" of {enough:.0f}", "dim"))
        self._console.print(told.append(f" · {self._launch.asked} runs", "dim"))


async def _ended(launch: Launch, workspace: Workspace) -> Verdict:
    """Judge the launch; where that opens or closes an incident people are told now, whether or not a robot serves."""
    verdict = await launch.end()
    if workspace.settings.alerts:
        with suppress(TimeoutError):
            async with asyncio.timeout(_TELLING_S):
                await alerts_of(workspace.settings, launch.gate.store).settle()
    return verdict


def _advice(verdict: Verdict) -> Text:
    if verdict.decision is Decision.NO_GO:
        told = f"\ntake it back, then: prober phase {verdict.item} pre-launch --why …"
        return Text(told, "bold red")
    if verdict.decision is Decision.GO:
        return Text("\nit stands after its launch from now on: probes watch it (prober serve)", "green")
    return Text(f"\nit stays in its launch: prober launch {verdict.item} watches it on", "yellow")
