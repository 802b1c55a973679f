"""docs/commands.md and the READMEs name every command, option and exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from prober.cli.exits import Exit, of_runs
from prober.cli.main import app
from prober.model.run import Outcome

CHECKOUT = Path(__file__).parents[2]
COMMANDS = (CHECKOUT / "docs/commands.md").read_text(encoding="utf-8")
GROUP = typer.main.get_command(app)


@pytest.mark.parametrize("name", sorted(GROUP.commands))
def test_every_command_is_told(name):
    """A command stands in docs/commands.md and in both READMEs; its options in the page, or the page of the demo."""
    pages = [COMMANDS, *((CHECKOUT / page).read_text(encoding="utf-8") for page in ("README.md", "README.zh-CN.md"))]
    assert all(f"`prober {name}" in page for page in pages)
    told = COMMANDS + (CHECKOUT / "docs/demo.md").read_text(encoding="utf-8")
    options = [option for parameter in GROUP.commands[name].params for option in parameter.opts if option[:2] == "--"]
    assert [option for option in options if option not in told] == []


@pytest.mark.parametrize("code", list(Exit))
def test_every_exit_code_is_told(code):
    """The page and both READMEs tell what a code means."""
    assert f"| {int(code)} | {code.name.lower().replace('_', ' ')} |" in COMMANDS
    for page in ("README.md", "README.zh-CN.md"):
        line = next(line for line in (CHECKOUT / page).read_text(encoding="utf-8").splitlines() if "130 " in line)
        assert f"{int(code)} " in line


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([Outcome.PASSED, Outcome.SLOW], Exit.PASSED),
        ([Outcome.PASSED, Outcome.SKIPPED], Exit.INCONCLUSIVE),
        ([Outcome.ERROR, Outcome.SKIPPED], Exit.ROBOT),
        ([Outcome.FAILED, Outcome.ERROR], Exit.FAILED),
        ([], Exit.BAD_INPUT),
    ],
)
def test_one_beats_three_beats_four(outcomes, code):
    """The gravest of several runs decides; none at all is never a success."""
    assert of_runs(outcomes) is code
