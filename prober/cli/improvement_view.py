"""Improvements as a person reads them on a terminal and a machine as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from prober.model.figures import Figures
from prober.model.improvement import Compared, Improvement, Progress
from prober.reports.words import CATEGORIES, STAGES, seconds


def table(shown: Sequence[tuple[Improvement, Progress | None]], today: date) -> Table:
    """Return a line an improvement."""
    drawn = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("", "item", "stage", "category", "owner", "due", "what"):
        drawn.add_column(heading, overflow="fold", no_wrap=heading in {"", "stage", "due"})
    for one, progress in shown:
        label = STAGES[one.stage]
        due = Text(str(one.due or "–"), "bold red" if one.overdue(today) else "")
        what = Text.assemble(("阻断 blocks  ", "bold red") if one.blocks and one.stage.is_open else "", one.what)
        if progress:
            what.append(f"  ({proof(progress)})", "dim")
        stage = f"{label.sign} {label.zh} {label.en}"
        kind = f"{CATEGORIES[one.category].zh}"
        drawn.add_row(Text(one.name, "bold"), one.item, stage, kind, Text(one.owner or "–"), due, what)
    return drawn


def proof(progress: Progress) -> str:
    """Return how far a proof is, in words."""
    told = ", ".join(f"{name} {count} of {progress.wanted}" for name, count in progress.passed.items())
    failed = f"; failed since: {', '.join(progress.failed[-3:])}" if progress.failed else ""
    return f"passed in a row: {told or 'it has no scenario'}{failed}"


def story(found: Improvement, progress: Progress | None, compared: Compared, zone: ZoneInfo) -> Iterator[Text]:
    """Yield the lines of its whole story."""
    label, kind = STAGES[found.stage], CATEGORIES[found.category]
    yield Text.assemble((found.name, "bold"), f"  {label.sign} {label.zh} {label.en}  ", (found.what, "bold"))
    about = [found.item, found.channel, f"{kind.zh} {kind.en}", found.owner, found.due and f"due {found.due}"]
    yield Text("  " + " · ".join(str(part) for part in [*about, found.source, "blocks" * found.blocks] if part), "dim")
    for change in found.changes:
        stage = STAGES[change.stage].en if change.stage else "Note"
        at = f"{change.at.astimezone(zone):%Y-%m-%d %H:%M}"
        yield Text.assemble((f"  {at}  ", "dim"), (f"{stage:<8}", "cyan"), f"{change.by or 'robot'}  {change.text}")
    if progress:
        yield Text(f"  {proof(progress)}", "yellow")
    for name, found_then in (("before", compared.before), ("after", compared.after)):
        if found_then is not None and found_then.n:
            took = f"p50 {seconds(found_then.p50_s)}, p95 {seconds(found_then.p95_s)}"
            told = f"{found_then.n} runs, {found_then.success:.1%} passed, {took}"
            yield Text.assemble((f"  {name:<8}", "dim"), told)


def document(one: Improvement, progress: Progress | None) -> dict[str, Any]:
    """Return the JSON document of one improvement."""
    return {
        "id": one.name,
        "item": one.item,
        "what": one.what,
        "category": str(one.category),
        "channel": one.channel,
        "owner": one.owner,
        "due": one.due and one.due.isoformat(),
        "blocks": one.blocks,
        "source": one.source,
        "stage": str(one.stage),
        "scenarios": list(one.scenarios),
        "passes": one.passes,
        "passed": dict(progress.passed) if progress else None,
        "changes": [
            {
                "at": f"{change.at:%Y-%m-%dT%H:%M:%S.%fZ}",
                "by": change.by,
                "stage": change.stage and str(change.stage),
                "text": change.text,
            }
            for change in one.changes
        ],
    }


def figures(of: Figures | None) -> dict[str, Any] | None:
    """Return figures as a JSON document; null where nothing was played."""
    if of is None or not of.n:
        return None
    return {"runs": of.n, "success": of.success, "p50_s": of.p50_s, "p90_s": of.p90_s, "p95_s": of.p95_s}
