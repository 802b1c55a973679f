"""A verdict of the gate for machines and merge requests: JSON, Markdown, JUnit XML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from prober.model.item import Item
from prober.model.verdict import Decision, Reason, Verdict
from prober.reports.junit import text_of
from prober.reports.words import Label

VERDICTS = {
    Decision.GO: Label("可以上线", "GO", "✓"),
    Decision.NO_GO: Label("不可上线", "NO_GO", "✗"),
    Decision.INCONCLUSIVE: Label("无法判定", "INCONCLUSIVE", "?"),
}
_EVIDENCE = 5
"""Runs that a table names of a reason; the document names them all."""
_MARKUP = re.compile(r"[\\`*_\[\]|~]")
_GRAVEST = (Decision.NO_GO, Decision.INCONCLUSIVE, Decision.GO)


def ordered(reasons: Iterable[Reason]) -> list[Reason]:
    """Return *reasons* as people read them: what decides first, what only informs last."""
    return sorted(
        reasons, key=lambda reason: (_GRAVEST.index(reason.decision) if counts(reason) else 3, reason.scenario)
    )


def counts(reason: Reason) -> bool:
    """Return whether *reason* has a part in the decision, or only informs."""
    return reason.binds or reason.decision is Decision.NO_GO


def needed(verdict: Verdict) -> int | None:
    """Return how many more runs of a scenario would settle what they can; 0: none would be needed, or none help."""
    return max((reason.needed or 0 for reason in verdict.reasons if reason.binds), default=0)


def document(verdict: Verdict) -> dict[str, Any]:
    """Return *verdict* as one JSON document."""
    return {
        "version": 1,
        "item": verdict.item,
        "phase": str(verdict.phase),
        "at": _instant(verdict.at),
        "decision": str(verdict.decision),
        "baseline": verdict.baseline,
        "since": _instant(verdict.since),
        "until": _instant(verdict.until),
        "needed": needed(verdict),
        "reasons": [_reason(reason) for reason in verdict.reasons],
        "runs": list(verdict.runs),
    }


def markdown(verdict: Verdict, item: Item) -> str:
    """Return *verdict* as Markdown, for a merge request."""
    label = VERDICTS[verdict.decision]
    lines = [f"## {label.sign} {label.en} · {_escaped(item.title)} (`{item.name}`)", ""]
    compared = f"baseline {verdict.baseline}" if verdict.baseline else "no baseline"
    lines += [f"{len(verdict.runs)} runs · {verdict.phase} · {compared}", ""]
    lines += ["| | about | what was found | more runs | evidence |", "|---|---|---|---|---|"]
    for reason in filter(counts, ordered(verdict.reasons)):
        whose = " · ".join(filter(None, (str(reason.ground), reason.scenario, reason.about)))
        runs = ", ".join(f"`{run}`" for run in reason.runs[:_EVIDENCE])
        if len(reason.runs) > _EVIDENCE:
            runs += f" and {len(reason.runs) - _EVIDENCE} more"
        cells = (VERDICTS[reason.decision].sign, _escaped(whose), _escaped(reason.what), missing(reason), runs)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Return *text* as Markdown shows it as it is, in one line."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split())).replace("&", "&amp;").replace("<", "&lt;")


def missing(reason: Reason) -> str:
    """Return how many more runs would settle *reason*, in words; "" where it is settled."""
    if reason.decision is not Decision.INCONCLUSIVE:
        return ""
    return f"{reason.needed}" if reason.needed else "–"


def junit(verdict: Verdict, item: Item) -> bytes:
    """Return *verdict* on *item* as JUnit XML in UTF-8: a case a reason; one that is not GO is a failure."""
    shown = [reason for reason in verdict.reasons if counts(reason)]
    failed = [reason for reason in shown if reason.decision is not Decision.GO]
    total = {"tests": str(len(shown)), "failures": str(len(failed)), "errors": "0"}
    suites = Element("testsuites", {"name": "prober gate", **total})
    suite = SubElement(
        suites, "testsuite", name=verdict.item, timestamp=f"{verdict.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
    )
    suite.attrib.update(total)
    properties = SubElement(suite, "properties")
    for name, value in (
        ("title", item.title),
        ("decision", verdict.decision),
        ("phase", verdict.phase),
        ("baseline", verdict.baseline),
    ):
        if value is not None:
            SubElement(properties, "property", name=name, value=text_of(str(value)))
    for reason in shown:
        name = text_of(" ".join(filter(None, (str(reason.ground), reason.about))))
        case = SubElement(
            suite, "testcase", name=name, classname=text_of(".".join(filter(None, (verdict.item, reason.scenario))))
        )
        if reason.decision is not Decision.GO:
            failure = SubElement(case, "failure", message=text_of(reason.what), type=str(reason.decision))
            failure.text = text_of("\n".join(["runs:", *reason.runs])) if reason.runs else ""
    indent(suites)
    written: bytes = tostring(suites, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "ground": str(reason.ground),
        "decision": str(reason.decision),
        "binds": reason.binds,
        "scenario": reason.scenario or None,
        "about": reason.about or None,
        "what": reason.what,
        "what_zh": reason.what_zh,
        "figures": dict(reason.figures),
        "needed": reason.needed,
        "runs": list(reason.runs),
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
