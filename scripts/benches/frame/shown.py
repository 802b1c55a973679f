"""A document as a person sees it on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from scripts.benches.frame.bench import Figure, Met, how


def number(value: Figure) -> str:
    """Return a figure as it is read best: four digits that count, and – for what was not measured."""
    if value is None:
        return "–"
    if isinstance(value, int) or value == int(value):
        return f"{value:.0f}"
    return f"{value:.4g}"


def show(console: Console, document: Mapping[str, Any]) -> None:
    """Print the figures with their bounds, the tables, and what went wrong."""
    console.print(Group(*map(_table, document["tables"]), _figures(document)))
    for remark in document["remarks"]:
        console.print(Text(f"  {remark}", "red"))
    fit = "" if document["fit"] else "; the machine was too busy, so tails do not bind"
    verdict = "all bounds are met" if document["met"] else f"not met: {', '.join(document['unmet'])}"
    if unbound := [figure for figure in document["bounds"] if how(document, figure) is Met.UNBOUND]:
        verdict = verdict.replace("all bounds", "all bounds that bind")
        fit += f": {', '.join(unbound)}"
    samples = ", ".join(f"{n} {what}" for what, n in document["samples"].items())
    console.print(Text(f"{verdict}{fit}", "green" if document["met"] else "bold red"), Text(f"({samples})", "dim"))


def _figures(document: Mapping[str, Any]) -> Table:
    table = Table(title=document["name"], title_justify="left", box=None, header_style="dim", padding=(0, 2, 0, 0))
    for heading, justify in (("figure", "left"), ("value", "right"), ("bound", "right"), ("", "left")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for figure, value in document["figures"].items():
        bound = document["bounds"].get(figure)
        table.add_row(figure, number(value), bound or "", Text(*_SIGNS[how(document, figure)]))
    return table


_SIGNS = {Met.YES: ("✓", "green"), Met.NO: ("✗", "bold red"), Met.UNBOUND: ("(✗)", "yellow"), None: ("", "")}


def _table(told: Mapping[str, Any]) -> Table:
    table = Table(title=told["title"], title_justify="left", box=None, header_style="dim", padding=(0, 2, 0, 0))
    for heading in told["columns"]:
        table.add_column(heading, overflow="fold")
    for row in told["rows"]:
        table.add_row(*(one if isinstance(one, str) else number(one) for one in row))
    return table
