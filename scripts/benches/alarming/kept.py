"""What a person wants to look at where something was missed, doubled, named otherwise, or of no fault."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from prober.cli.report import write_html
from prober.model.incident import Incident
from prober.model.run import Run
from prober.reports.incident import document
from scripts.benches.alarming.injection import Injected
from scripts.benches.alarming.matching import Matched
from scripts.benches.alarming.watch import Watch

_AROUND = timedelta(seconds=60)


def keep(found: Matched, watch: Watch, folder: Path) -> list[str]:
    """Keep the story and the runs of whatever is wrong in *folder*, and return a line of each."""
    remarks = []
    for number, (what, fault, incidents) in enumerate(_wrong(found), 1):
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{number:02}-{what.partition(':')[0].replace(' ', '-')}"
        since, until = _span(fault, incidents)
        runs = watch.store.queries.runs(since=since, until=until, limit=None)
        story = {"what": what, "incidents": [document(one) for one in incidents], "runs": _told(runs)}
        (folder / f"{name}.json").write_text(json.dumps(story, ensure_ascii=False, indent=1), encoding="utf-8")
        remarks.append(f"{what}: {write_html(folder / f'{name}.html', runs, watch.settings)}")
    return remarks


def _wrong(found: Matched) -> Iterator[tuple[str, Injected | None, Sequence[Incident]]]:
    for one in found.harmful:
        fault = one.fault
        at = f"{fault.case.fault} at {fault.on_at:%H:%M:%S}"
        if not one.incidents:
            yield f"missed: {at}", fault, ()
        elif len(one.incidents) > 1:
            yield f"doubled: {at} is {', '.join(map(_cause, one.incidents))}", fault, one.incidents
        elif not one.named_right:
            yield f"named otherwise: {at} is {_cause(one.incidents[0])}", fault, one.incidents
        elif one.closed_s is None:
            yield f"not closed: {at}", fault, one.incidents
    for word, incidents in (("false", found.false), ("robot broken", found.robots)):
        for incident in incidents:
            told = f"{_cause(incident)} at {incident.opened_at:%H:%M:%S}: {incident.what[:120]}"
            yield f"{word}: {told}", None, (incident,)


def _cause(incident: Incident) -> str:
    cause = incident.cause
    return f"{incident.id} ({cause.kind} {cause.channel} {cause.layer} {cause.step})"


def _span(fault: Injected | None, incidents: Sequence[Incident]) -> tuple[datetime, datetime]:
    """Return from when to when the runs tell of it: a minute around the fault, or around what opened."""
    begins = [one.opened_at for one in incidents] + ([fault.on_at] if fault else [])
    ends = [one.opened_at for one in incidents] + ([fault.off_at] if fault else [])
    return min(begins) - _AROUND, max(ends) + _AROUND


def _told(runs: Sequence[Run]) -> list[str]:
    """Return a line a run, the first first: when, which probe and attempt, and how it ended."""
    return [
        f"{run.started_at:%H:%M:%S.%f} {run.probe} {run.attempt} {run.line} {run.outcome}"
        f" {run.failed_step.failure if run.failed_step else run.remark}"
        for run in reversed(runs)
    ]
