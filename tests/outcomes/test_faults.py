"""The golden table of outcomes: every switch of every door, played for real."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from prober.demo.faults import KNOWN
from tests.outcomes.playing import Case, Robot, Told, cases

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

CASES = cases()
PAGE = Path(__file__).parents[2] / "docs" / "outcomes.md"
BEGIN, END = "<!-- faults -->\n", "<!-- /faults -->\n"
BY_CHANCE = {"packet-loss"}
"""Which packets are lost is chance, and so is which prompt is the first that nobody could make out."""


async def _played(robot: Robot) -> list[Told]:
    told = []
    async with robot:
        for case in CASES:
            await robot.switch(case.wish)
            told.append(Told.of(await robot.play(case.door)))
        await robot.switch({})
    return told


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, operator_doors: dict[str, Any]) -> dict[Case, Told]:
    """What the robot said in each case, all played by one robot, one after another."""
    robot = Robot(tmp_path_factory.mktemp("outcomes"), operator_doors)
    return dict(zip(CASES, asyncio.run(_played(robot)), strict=True))


def test_no_fault_is_missing() -> None:
    """Every switch of the demo operator stands in the table, and every door in health."""
    known = {(door, fault.name) for door, faults in KNOWN.items() for fault in faults}
    assert {(case.door, case.name) for case in CASES} == known | {(door, "") for door in KNOWN}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_every_fault_is_told_apart(played: dict[Case, Told], case: Case) -> None:
    """The outcome, the step and the layer are those of the table."""
    assert played[case].agrees(case), played[case]


def test_the_sentences_are_those_of_the_page(played: dict[Case, Told]) -> None:
    """What the robot says of each fault stands in docs/outcomes.md, word for word but for figures that vary."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    standing, _, after = rest.partition(END)
    page = f"{before}{BEGIN}{_table(played, standing)}{END}{after}"
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page


def _row_of(case: Case, table: str) -> Sequence[str] | None:
    lines = (line[2:-2].split(" | ") for line in table.splitlines())
    return next((row for row in lines if row[0] == f"`{case.fault}`"), None)


def _table(played: dict[Case, Told], standing: str) -> str:
    """Return the table; of what chance has a part in, the row that is *standing* stays, if there is one."""
    rows: list[Sequence[str]] = [("fault", "outcome", "layer", "step", "what the robot says"), ("---",) * 5]
    for case, told in played.items():
        if case.name in BY_CHANCE and (kept := _row_of(case, standing)):
            rows.append(kept)
            continue
        said = " — ".join(part for part in (told.what, told.actual) if part).replace("|", "\\|").replace("\n", " ")
        fault = f"`{case.fault}`" if case.name else f"{case.door}: none"
        rows.append((fault, told.outcome.upper(), told.layer or "–", f"`{told.step}`" if told.step else "–", said))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
