"""docs/benchmarks.md, written from the documents that lie beside it and never by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scripts.benches.frame.bench import Met, how
from scripts.benches.frame.found import says
from scripts.benches.frame.shown import number

_HEAD = """\
# Benchmarks
What the robot says of itself, measured. Written by `scripts/bench --write-docs` from `docs/benchmarks/*.json`; change
neither by hand. `scripts/bench NAME` measures again, from a fresh checkout: every run keeps its document as
`reports/bench/NAME.json` (`NAME.quick.json` with `--quick`), and `--write-docs` publishes the full ones. A bound on a
tail (p95, p99, max) binds only where a bare timer loop beside the bench was at most 2 ms late in 99 of 100 times.
"""


def publish(kept: Path, published: Path, page: Path) -> list[str]:
    """Copy the full documents of *kept* to *published*, write *page* from all there are, and return their names."""
    published.mkdir(parents=True, exist_ok=True)
    for path in sorted(kept.glob("*.json")):
        if not path.name.endswith(".quick.json"):
            (published / path.name).write_bytes(path.read_bytes())
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(published.glob("*.json"))]
    page.write_text(written(documents), encoding="utf-8")
    return [document["name"] for document in documents]


def written(documents: Iterable[Mapping[str, Any]]) -> str:
    """Return the page of *documents*."""
    return "\n".join([_HEAD, *map(_section, documents)])


def _section(document: Mapping[str, Any]) -> str:
    lines = [f"## {document['name']}", says(document["name"]), ""]
    lines += _rows(("figure", "value", "bound", "met"), map(tuple, _figures(document)))
    for table in document["tables"]:
        lines += ["", f"**{table['title']}**", "", *_rows(table["columns"], table["rows"])]
    lines += ["", *(f"- {said}" for said in _circumstances(document)), *(f"- {limit}" for limit in document["limits"])]
    lines += [*(f"- **{remark}**" for remark in document["remarks"]), ""]
    return "\n".join(lines)


def _circumstances(document: Mapping[str, Any]) -> Iterable[str]:
    """Say when, by what, on what, of how many."""
    samples = ", ".join(f"{n} {what}" for what, n in document["samples"].items())
    command = f"`{document['command']}` (seed {document['seed']})"
    yield f"Measured {document['at']} by {command} in {document['lasted_s']:.0f} s: {samples}."
    machine = document["machine"]
    hardware = f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']:g} GB, {machine['system']}"
    software = f"Python {machine['python']}; prober {document['version']}, commit {document['commit']}"
    yield f"On {hardware}, {software}."
    late = [f"{document[f'timer_late_{q}_s'] * 1000:.2g} ms ({q})" for q in ("p50", "p99")]
    fit = "fit" if document["fit"] else "too busy, so tails do not bind"
    yield f"A bare timer loop beside it was late by {' and '.join(late)}: {fit}."


def _figures(document: Mapping[str, Any]) -> Iterable[tuple[str, str, str, str]]:
    for figure, value in document["figures"].items():
        bound = document["bounds"].get(figure, "")
        yield f"`{figure}`", number(value), bound, _MET[how(document, figure)]


_MET = {Met.YES: "yes", Met.NO: "**no**", Met.UNBOUND: "**no**, and does not bind", None: ""}


def _rows(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[str]:
    heads = list(columns)
    cells = [[one if isinstance(one, str) else number(one) for one in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *cells)]
