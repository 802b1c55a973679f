"""What is shown of runs that are under way at once, on a terminal and in plain lines."""

from __future__ import annotations

import errno
import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from prober.app.news import About, News
from prober.cli.progress import Watch, progress_console, summary
from prober.cli.serve import _Teller
from prober.model.run import Failure, Layer, Outcome, Run, StepResult
from prober.model.scenario import Action, Step

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ONE = Run("r1", "balance", "余额", "demo-1", NOW, NOW, "0", "0", "0")
OTHER = replace(ONE, id="r2", line="demo-2")
STEP = Step(Action("ivr", "hear", None), "ivr.hear [welcome]", Layer.PROMPT)
FAILED = StepResult(
    0, STEP.name, "ivr", "hear", Outcome.FAILED, NOW, NOW, failure=Failure("another prompt", "welcome", "«goodbye»")
)


async def shown(*, terminal: bool, abreast: bool = True) -> str:
    """Return what two runs print, the one inside the other."""
    console = Console(file=io.StringIO(), width=100, force_terminal=terminal, color_system=None)
    with Watch(console, 2, lambda run: f"{run.line} (北京)", abreast=abreast) as watch:
        for run in (ONE, OTHER):
            await watch.run_started(run)
            await watch.step_started(run, 0, STEP)
        watch._under_way.refresh()
        await watch.step_finished(OTHER, FAILED)
        await watch.run_finished(replace(OTHER, outcome=Outcome.FAILED, ended_at=NOW, remark="an order may stand"))
        watch._under_way.refresh()
        assert len(watch._under_way.tasks) == 1
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


async def test_each_line_says_whose_it_is():
    """Failures and remarks too, on each of their lines."""
    assert (await shown(terminal=False)).splitlines() == [
        "demo-1 │ 余额 1/2  balance · demo-1 (北京) · r1",
        "demo-2 │ 余额 2/2  balance · demo-2 (北京) · r2",
        "demo-2 │   ✗ ivr.hear [welcome]",
        "demo-2 │              another prompt",
        "demo-2 │     expected welcome",
        "demo-2 │       actual «goodbye»",
        "demo-2 │ ✗ failed  in 0.0 s",
        "demo-2 │ an order may stand",
    ]


@pytest.mark.parametrize("terminal", [True, False])
async def test_one_run_needs_no_tag(terminal):
    """Nothing stands before its lines."""
    assert "│" not in await shown(terminal=terminal, abreast=False)


async def test_a_terminal_shows_every_run_under_way():
    """With its own clock; the one that ended is gone."""
    told = await shown(terminal=True)
    assert "demo-1 │ ivr.hear [welcome]" in told
    assert "demo-2 │ ivr.hear [welcome]" in told


def test_the_summary_tells_the_combinations_apart():
    """A scenario with a matrix has a row for each."""
    console = Console(file=io.StringIO(), width=100)
    runs = [replace(ONE, outcome=Outcome.PASSED), replace(OTHER, outcome=Outcome.FAILED)]
    console.print(summary(runs, lambda run: {"demo-1": "北京", "demo-2": "上海"}[run.line]))
    assert isinstance(console.file, io.StringIO)
    rows = [line.split() for line in console.file.getvalue().splitlines()]
    assert rows[1:] == [["balance", "·", "北京", "1", *"····"], ["balance", "·", "上海", "·", "·", "1", "·", "·"]]


class Full(io.TextIOWrapper):
    """A file on a disk that is full until it is not."""

    def __init__(self) -> None:
        self.raw_bytes, self.full = io.BytesIO(), False
        super().__init__(self.raw_bytes, encoding="gbk")

    def flush(self) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        super().flush()


@pytest.mark.parametrize("as_json", [True, False])
def test_what_serves_for_months_tells_on_when_the_disk_has_room_again(monkeypatch, as_json):
    """`prober serve >> file`: one line that could not be written does not silence it for ever, nor ends it."""
    file = Full()
    monkeypatch.setattr("sys.stdout", file)
    teller = _Teller(progress_console(stderr=False, lasting=True), lambda: "Asia/Shanghai", as_json=as_json)
    teller.tell(News(About.MINUTE, "first"))
    file.full = True
    teller.tell(News(About.MINUTE, "second"))
    file.full = False
    teller.tell(News(About.MINUTE, "third ✓ \N{GRINNING FACE} \udcff"))
    told = file.raw_bytes.getvalue().decode("gbk")
    assert "first" in told
    assert "third √ ? ?" in told
    assert all(json.loads(line)["event"] == "minute" for line in told.splitlines() if as_json)


def test_what_serves_for_months_tells_by_the_zone_of_the_moment(capsys):
    """A reload that changes it changes it here too, as in alarms."""
    zones = ["Etc/GMT-8", "Etc/GMT+8"]
    teller = _Teller(progress_console(stderr=False, lasting=True), lambda: zones[0], as_json=False)
    teller.tell(News(About.MINUTE, "east"))
    zones.pop(0)
    teller.tell(News(About.MINUTE, "west"))
    east, west = (int(line[:2]) for line in capsys.readouterr().out.splitlines())
    assert (east - west) % 24 in (15, 16)  # an hour may have begun in between
