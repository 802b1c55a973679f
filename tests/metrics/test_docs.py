"""docs/monitoring.md and the dashboard for Grafana speak of the figures there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from prober.metrics.table import TABLE, Type
from prober.model.trace import trace_id

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "monitoring.md").read_text(encoding="utf-8")
DASHBOARD = json.loads((DOCS / "grafana/prober.json").read_text(encoding="utf-8"))
SAMPLES = {
    f"{metric.name}{ending}": {*metric.labels, *more}
    for metric in TABLE
    for ending, more in (
        (("_bucket", ["le"]), ("_count", []), ("_sum", [])) if metric.type is Type.HISTOGRAM else (("", []),)
    )
}
"""Every name a query may speak of, with its labels."""
TARGET = {"job", "instance"}
"""The labels that Prometheus adds."""


def queries(part: Any) -> Iterator[str]:
    """Yield every query of the dashboard."""
    match part:
        case dict():
            yield from (
                value for key, value in part.items() if key in ("expr", "definition") and isinstance(value, str)
            )
            for value in part.values():
                yield from queries(value)
        case list():
            for value in part:
                yield from queries(value)


def rules() -> list[str]:
    """Return the expressions of the page's rules."""
    blocks = re.findall(r"```yaml\n(groups:.*?)```", PAGE, re.DOTALL)
    (found,) = [YAML(typ="safe").load(block) for block in blocks]
    return [rule["expr"] for group in found["groups"] for rule in group["rules"]]


def test_the_page_has_every_figure_as_the_code_has_it():
    """Name, type, labels and words, in their order."""
    rows = re.findall(r"^\| `(prober_\w+)` \| (\w+) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    assert rows == [
        (metric.name, str(metric.type), ", ".join(f"`{label}`" for label in metric.labels) or "–", metric.help)
        for metric in TABLE
    ]


@pytest.mark.parametrize("query", [*queries(DASHBOARD), *rules()])
def test_every_query_speaks_of_figures_and_labels_that_are_there(query):
    """A dashboard never shows nothing for want of a name."""
    spoken = re.findall(r"\b(prober_\w+)(?:\{([^}]*)\})?", query)
    assert spoken
    for name, selector in spoken:
        assert name in SAMPLES, name
        assert set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector)) <= SAMPLES[name] | TARGET, query
    known = set().union(*(SAMPLES[name] for name, _ in spoken)) | TARGET
    for by in re.findall(r"\bby \(([^)]*)\)", query):
        assert {label.strip() for label in by.split(",")} <= known, query


def test_every_figure_is_on_the_dashboard():
    """Whoever imports it sees all there is."""
    shown = " ".join(queries(DASHBOARD))
    assert [metric.name for metric in TABLE if metric.name not in shown] == []


def test_the_dashboard_is_imported_as_it_is():
    """It asks for its data source, and every panel uses that; ids are unique; nothing overlaps."""
    (asked,) = DASHBOARD["__inputs"]
    assert (asked["name"], asked["type"], asked["pluginId"]) == ("DS_PROMETHEUS", "datasource", "prometheus")
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    needed = {required["id"] for required in DASHBOARD["__requires"] if required["type"] == "panel"}
    assert {panel["type"] for panel in panels} - {"row"} == needed
    assert all(one["datasource"]["uid"] == "${DS_PROMETHEUS}" for one in panels if one["type"] != "row")
    assert DASHBOARD["id"] is None
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_legends_speak_of_labels_that_are_there():
    """An empty legend tells nothing apart."""
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            names = re.findall(r"\b(prober_\w+)", target["expr"])
            known = set().union(*(SAMPLES[name] for name in names)) | TARGET
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= known, panel["title"]


def test_the_command_of_the_page_finds_the_trace():
    """What the page prints is what the code sends."""
    asked, told = re.findall(r"printf %s (\S+) \|.*?```\n```\n(\w{32})\n", PAGE, re.DOTALL)[0]
    assert trace_id(asked) == told
