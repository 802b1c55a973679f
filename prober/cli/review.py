"""`prober review`: a person's experience of an item, and what it leads to."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from prober.app.gating import Gate
from prober.app.handing_in import HandedIn, handed_in
from prober.app.reviewing import people, review_window
from prober.app.telling import masker_of
from prober.cli.interview import Interview
from prober.cli.items import ITEM, open_gate
from prober.cli.people import BY, person
from prober.cli.progress import progress_console
from prober.cli.report import write, write_html
from prober.cli.workspace import CONFIG
from prober.errors import NO_FILE, BadInput, Problem
from prober.judge.agreement import agreement
from prober.loading.experience import load_experience
from prober.loading.review_form import read_form, write_form
from prober.model.quality import Quality
from prober.model.review import Agreement, Draft, Question, Review
from prober.model.run import Run
from prober.reports.words import PHASES, QUALITIES

_SHOWN = 20
"""Reviews that a terminal shows, the latest."""


def command(
    item: ITEM,
    *,
    show: Annotated[bool, typer.Option("--show", help="Show the reviews that are in, and how far they agree.")] = False,
    form: Annotated[
        Path | None, typer.Option("--form", metavar="FILE", help="Write the questions as a form to fill in, and end.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="FILE", help="A form that was filled in, all or in part.")
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the page of the last runs.")] = False,
    by: BY = "",
    as_json: Annotated[bool, typer.Option("--json", help="With --show: print one JSON document on stdout.")] = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """Lead a person through an item: its last runs, the check-list of its channels, scores and findings."""
    with open_gate(item, config) as (gate, _):
        lists = gate.settings.experience
        questions = load_experience(lists.wording, lists.checklist).questions(gate.item.channels)
        if (show or as_json) and (form or answers):
            raise typer.BadParameter("--show and --json show what is in; --form and --answers hand in: one of both")
        if show or as_json:
            _show(gate, as_json=as_json)
            return
        reviewing = _Reviewing(gate, questions, progress_console(stderr=False))
        if form is not None:
            reviewing.write_form(form, Draft(by=by))
            return
        draft = read_form(answers, questions, gate.item.channels, gate.item.name) if answers else Draft(finished=False)
        reviewing.review(replace(draft, by=person(by or draft.by)), no_open=no_open)


@dataclass
class _Reviewing:
    gate: Gate
    questions: tuple[Question, ...]
    console: Console

    def write_form(self, path: Path, draft: Draft) -> None:
        """Write the form to *path*; nothing that is there is written over."""
        if path.exists():
            raise BadInput([Problem(path, 0, 0, "this file is there already", "name another one")])
        self.console.print(str(write(path, lambda: write_form(self.gate.item, self.questions, draft))))

    def review(self, draft: Draft, *, no_open: bool) -> None:
        """Ask what *draft* leaves open, keep the review, and say what it means."""
        runs = self._last_runs()
        interview = Interview(self.console, self.gate.item, self.questions, draft)
        if interview.missing or not draft.finished:
            if not somebody_is_there():
                raise _incomplete(interview.missing or ["finished: it was broken off"])
            self._introduce(runs, no_open=no_open)
        try:
            if interview.missing or not draft.finished:
                interview.lead()
            ids = [run.id for run in runs]
            found = asyncio.run(handed_in(self.gate, interview.draft, at=datetime.now(UTC), runs=ids))
        except BaseException as exc:
            self._keep(interview.draft)
            if isinstance(exc, EOFError):
                raise KeyboardInterrupt from None
            raise
        self._tell(found, interview.draft.by)

    def _last_runs(self) -> list[Run]:
        """Return the last run of each scenario that has ended."""
        queries = self.gate.store.queries
        found = [run for name in self.gate.item.scenarios for run in queries.runs(scenario=name, limit=5)]
        ended = {run.scenario: run for run in reversed(found) if run.ended_at is not None}
        return list(ended.values())

    def _introduce(self, runs: list[Run], *, no_open: bool) -> None:
        item = self.gate.item
        self.console.print(Text.assemble((item.title, "bold"), (f"  {item.name}", "dim")))
        for channel, text in item.reference.items():
            self.console.print(Text.assemble((f"  {channel}: ", "dim"), text), soft_wrap=True)
        if not runs:
            self.console.print(
                "[yellow]nothing was played yet: ‘prober gate’ plays it, and there is something to hear[/]"
            )
            return
        page = self.gate.settings.folder / "reports" / f"review-{item.name}.html"
        write_html(page, runs, self.gate.settings, title=f"体验评审 Review · {item.title}")
        self.console.print(
            Text.assemble("最近的拨测 Its last runs, to be heard and seen: ", (str(page), "cyan")), soft_wrap=True
        )
        if not no_open:
            typer.launch(str(page))

    def _keep(self, draft: Draft) -> None:
        """Write what was said so far, so that nobody has to say it again."""
        name = f"review-{self.gate.item.name}-{datetime.now(UTC):%Y%m%d%H%M%S}.yaml"
        path = self.gate.settings.folder / "reports" / name
        mask = masker_of(self.gate.settings)
        answers = {name: replace(one, remark=mask(one.remark)) for name, one in draft.answers.items()}
        findings = tuple(replace(one, what=mask(one.what)) for one in draft.findings)
        kept = replace(draft, answers=answers, findings=findings, comment=mask(draft.comment))
        write(path, lambda: write_form(self.gate.item, self.questions, kept))
        given = ("--answers", str(path), "--config", str(self.gate.settings.path))
        self.console.print(
            Text(f"\nkept; go on with: {shlex.join(('prober', 'review', self.gate.item.name, *given))}", "yellow"),
            soft_wrap=True,
        )

    def _tell(self, found: HandedIn, by: str) -> None:
        now, store, item = datetime.now(UTC), self.gate.store, self.gate.item
        self.console.print(Text.assemble(("\n✓", "bold green"), f" review {found.review}: thank you, {by}"))
        for one in found.improvements:
            blocks = (" blocks", "bold red") if one.blocks else ""
            self.console.print(Text.assemble(f"  {one.name}", blocks, f" {one.what}"), soft_wrap=True)
        said = people(item, store, now, self.gate.scenarios)
        if item.terms.reviews:
            self.console.print(f"{said.reviewers} of {item.terms.reviews} reviews are in")


def somebody_is_there() -> bool:
    """Return whether there is anybody to be asked."""
    return sys.stdin.isatty()


def _incomplete(missing: list[str]) -> BadInput:
    what = f"{len(missing)} answers are missing: {', '.join(missing)}"
    return BadInput([Problem(NO_FILE, 0, 0, what, "fill in a form (--form FILE) and hand it in (--answers FILE)")])


def _show(gate: Gate, *, as_json: bool) -> None:
    reviews = gate.store.reviews.of(gate.item.name)
    began = review_window(gate.item, gate.store, datetime.now(UTC))
    agreed = agreement([one for one in reviews if one.at >= began])
    if as_json:
        told = {"version": 1, "item": gate.item.name, "agreement": _agreed(agreed)}
        typer.echo(json.dumps(told | {"reviews": [_document(one) for one in reviews]}, ensure_ascii=False, indent=2))
        return
    console = progress_console(stderr=False, strict=True)
    if not reviews:
        console.print("nobody has reviewed it yet")
        return
    zone = ZoneInfo(gate.settings.orders.timezone)
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("", f"when ({zone})", "by", "phase", *(QUALITIES[quality].zh for quality in Quality), "said"):
        table.add_column(heading, overflow="fold", justify="left")
    for one in reviews[:_SHOWN]:
        scores = [str(one.scores.get(quality, "–")) for quality in Quality]
        at = f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}"
        table.add_row(str(one.id), at, Text(one.by), PHASES[one.phase].zh, *scores, Text(one.comment))
    console.print(table)
    console.print(_in_words(agreed))


def _in_words(agreed: Agreement) -> Text:
    if agreed.within_one is None:
        return Text("one reviewer alone: there is nobody to agree with", "dim")
    alpha = "–" if agreed.alpha is None else f"{agreed.alpha:.2f}"
    apart = [f"{QUALITIES[one].zh} {one} {spread}" for one, spread in agreed.spread.items() if spread > 1]
    near = f"{agreed.within_one:.0%} of {agreed.pairs} pairs at most one apart"
    told = f"{agreed.reviewers} reviewers: {near}, alpha {alpha}"
    return Text(told + (f"; far apart: {', '.join(apart)}" if apart else ""), "yellow" if apart else "green")


def _agreed(agreed: Agreement) -> dict[str, Any]:
    return {
        "reviewers": agreed.reviewers,
        "pairs": agreed.pairs,
        "within_one": agreed.within_one,
        "alpha": agreed.alpha,
        "spread": {str(quality): spread for quality, spread in agreed.spread.items()},
    }


def _document(review: Review) -> dict[str, Any]:
    return {
        "id": review.id,
        "at": f"{review.at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "by": review.by,
        "phase": str(review.phase),
        "scores": {str(quality): score for quality, score in review.scores.items()},
        "answers": [
            {"question": one.question, "channel": one.channel, "held": one.held, "remark": one.remark}
            for one in review.answers
        ],
        "comment": review.comment,
        "runs": list(review.runs),
    }
