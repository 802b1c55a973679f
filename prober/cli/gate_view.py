"""A verdict as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from prober.model.item import Item
from prober.model.run import Phase
from prober.model.verdict import Decision, Reason, Verdict
from prober.reports.gate import VERDICTS, counts, needed, ordered

_STYLES = {Decision.GO: "green", Decision.NO_GO: "bold red", Decision.INCONCLUSIVE: "yellow"}
_EVIDENCE = 3
"""Runs that are named of a reason; the documents name them all."""


def show(console: Console, verdict: Verdict, item: Item) -> None:
    """Print what the gate says of *item*, and why."""
    label = VERDICTS[verdict.decision]
    style = _STYLES[verdict.decision].removeprefix("bold ")
    compared = f"baseline {verdict.baseline}" if verdict.baseline else "no baseline"
    about = f"  {item.title} · {item.name} · {verdict.phase} · {len(verdict.runs)} runs · {compared}"
    console.print()
    console.print(Text.assemble((f" {label.sign} {label.en} {label.zh} ", f"bold reverse {style}"), (about, "dim")))
    console.print(_table(verdict))
    for line in _advice(verdict):
        console.print(line, soft_wrap=True)


def tell(console: Console, verdict: Verdict) -> None:
    """Print in one line how it stands, between two batches."""
    open_ = [reason for reason in ordered(verdict.reasons) if counts(reason) and reason.decision is not Decision.GO]
    why = f"  {open_[0].ground}: {open_[0].what}" if open_ else ""
    label = VERDICTS[verdict.decision]
    told = Text.assemble((f"\n{label.sign} after {len(verdict.runs)} runs: {label.en}", _STYLES[verdict.decision]))
    console.print(told.append(why, "dim"), soft_wrap=True)


def _table(verdict: Verdict) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for reason in ordered(verdict.reasons):
        if counts(reason) or reason.decision is Decision.INCONCLUSIVE:
            style = _STYLES[reason.decision] if counts(reason) else "dim"
            sign = VERDICTS[reason.decision].sign if counts(reason) else "·"
            table.add_row(Text(sign, style), Text(_whose(reason), "" if counts(reason) else "dim"), _what(reason))
    return table


def _whose(reason: Reason) -> str:
    return "\n".join(filter(None, (str(reason.ground), " ".join(filter(None, (reason.scenario, reason.about))))))


def _what(reason: Reason) -> Text:
    told = Text(reason.what, "" if counts(reason) else "dim")
    if counts(reason) and reason.decision is Decision.INCONCLUSIVE and reason.needed:
        told.append(f"\n{reason.needed} more runs would settle it", "yellow")
    if reason.decision is Decision.NO_GO and reason.runs:
        more = f" and {len(reason.runs) - _EVIDENCE} more" if len(reason.runs) > _EVIDENCE else ""
        told.append(f"\nsee: prober report {' '.join(reason.runs[:_EVIDENCE])}{more}", "red")
    return told


def _advice(verdict: Verdict) -> Iterator[Text]:
    if verdict.decision is Decision.NO_GO and verdict.phase is not Phase.LAUNCH:  # that one is taken back
        told = (
            f"what is mended is judged anew, by runs from then on: prober phase {verdict.item} {verdict.phase} --why …"
        )
        yield Text(f"\n{told}", "dim")
    if verdict.decision is Decision.INCONCLUSIVE:
        more = needed(verdict)
        told = f"about {more} more runs would settle it" if more else "more runs alone will not settle it"
        yield Text(f"\n{told}; nothing goes live on an inconclusive gate", "yellow")
