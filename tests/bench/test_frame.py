"""The frame of the benches: bounds, documents, the list, and the page that is written of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from scripts.benches.frame import page
from scripts.benches.frame.bench import Result, Table, broken, document, holds
from scripts.benches.frame.found import benches, says
from scripts.benches.frame.growth import growth, slope
from scripts.benches.frame.machine import Fitness, machine
from scripts.benches.frame.shown import show

CHECKOUT = Path(__file__).parents[2]
RESULT = Result(
    figures={"late_p50_s": 0.01, "late_p99_s": 0.5, "lost": None},
    bounds={"late_p50_s": "<= 0.020", "late_p99_s": "<= 0.1"},
    samples={"runs": 3},
    limits=["Loopback only."],
    tables=[Table("Confusion", ("fault", "n"), [("busy", 2)])],
)


def told(result: Result = RESULT, *, fit: bool = True) -> dict[str, Any]:
    """A document as the command writes it."""
    about = {
        "at": "2026-11-22T01:00:00Z",
        "command": "scripts/bench soak",
        "seed": 1,
        "lasted_s": 12.0,
        "version": "0.1.0",
        "commit": "abc",
        "machine": machine(),
        "timer_late_p50_s": 0.0001,
        "timer_late_p99_s": 0.001,
    }
    return document("soak", result, about, fit=fit)


@pytest.mark.parametrize(
    ("value", "bound", "kept"),
    [(0.02, "<= 0.020", True), (0.021, "<= 0.020", False), (1, ">= 1", True), (0, "== 0", True), (None, "<= 1", False)],
)
def test_a_bound_is_kept_or_not(value: float | None, bound: str, kept: bool) -> None:
    """What was not measured keeps to nothing."""
    assert holds(value, bound) is kept


def test_a_tail_binds_only_on_a_fit_machine() -> None:
    """Medians bind always."""
    assert broken(RESULT, fit=True) == ["late_p99_s"]
    assert broken(RESULT, fit=False) == []
    assert broken(Result({"lost": 1}, {"lost": "<= 0"}, {}), fit=False) == ["lost"]


def test_a_document_says_whether_all_bounds_are_met() -> None:
    """It is one JSON document with everything in it."""
    document = json.loads(json.dumps(told()))
    assert (document["met"], document["unmet"], document["fit"]) == (False, ["late_p99_s"], True)
    assert told(fit=False)["met"]
    assert document["tables"] == [{"title": "Confusion", "columns": ["fault", "n"], "rows": [["busy", 2]]}]


def test_the_page_states_machine_date_command_samples_and_limits() -> None:
    """All of it comes from the document."""
    written = page.written([told()])
    for words in (
        "## soak",
        "| `late_p99_s` | 0.5 | <= 0.1 | **no** |",
        "| `lost` | – |  |  |",
        "Measured 2026-11-22T01:00:00Z by `scripts/bench soak` (seed 1) in 12 s: 3 runs.",
        f"{machine()['cores']} cores",
        "late by 0.1 ms (p50) and 1 ms (p99): fit.",
        "- Loopback only.",
        "| busy | 2 |",
    ):
        assert words in written


def test_a_tail_past_its_bound_is_never_called_kept() -> None:
    """Where the machine was too busy it binds nobody, and the page and the terminal say so of the figure itself."""
    assert "| `late_p99_s` | 0.5 | <= 0.1 | **no**, and does not bind |" in page.written([told(fit=False)])
    with (console := Console(width=200)).capture() as shown:
        show(console, told(fit=False))
    assert "(✗)" in shown.get()
    assert "all bounds that bind are met; the machine was too busy, so tails do not bind: late_p99_s" in shown.get()


def test_only_full_documents_are_published(tmp_path: Path) -> None:
    """A quick one is CI's; a document that was published stays until it is measured again."""
    kept, published = tmp_path / "kept", tmp_path / "published"
    kept.mkdir()
    (kept / "soak.json").write_text(json.dumps(told()), encoding="utf-8")
    (kept / "store.quick.json").write_text(json.dumps(told()), encoding="utf-8")
    assert page.publish(kept, published, tmp_path / "page.md") == ["soak"]
    (kept / "soak.json").unlink()
    assert page.publish(kept, published, tmp_path / "page.md") == ["soak"]


def test_the_published_page_is_what_the_documents_say() -> None:
    """Nobody wrote into it by hand."""
    documents = sorted((CHECKOUT / "docs/benchmarks").glob("*.json"))
    written = page.written(json.loads(path.read_text(encoding="utf-8")) for path in documents)
    assert (CHECKOUT / "docs/benchmarks.md").read_text(encoding="utf-8") == written


def test_every_bench_says_what_it_measures() -> None:
    """The list and the page are made of that."""
    assert {"faults", "soak", "store"} <= set(benches())
    assert all(says(name) for name in benches())


def test_a_bench_that_is_not_there_is_bad_input() -> None:
    """The message lists those there are."""
    ran = subprocess.run(
        [sys.executable, "-m", "scripts.benches", "nope"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert "There is no bench called ‘nope’; there are: " in " ".join(ran.stderr.split())


def test_the_timer_beside_a_bench_measures_lateness() -> None:
    """It ends with the bench, and has something to tell."""
    with Fitness() as fitness:
        pass
    assert 0 <= fitness.told["timer_late_p50_s"] <= fitness.told["timer_late_p99_s"]


def test_growth_is_of_the_floor_and_slope_of_the_median_pair() -> None:
    """Neither a burst nor one odd sample is a leak; a steady rise is."""
    assert growth([5, 9, 5, 6, 7, 5, 9, 5]) == 0
    assert growth([5, 5, 6, 6, 7, 7, 8, 8]) == 2
    assert growth([1, 2]) is None
    assert slope([10, 10, 90, 10, 10, 10]) == 0
    assert slope([10, 12, 14, 16]) == 2
