"""`prober demo` on the command line."""

from __future__ import annotations

import typer
from typer.testing import CliRunner

from prober.cli.demo import command
from prober.demo.faults import KNOWN, Faults, known, parse_all

app = typer.Typer()
app.command()(command)


def test_an_unknown_fault_ends_with_the_known_ones() -> None:
    """Exit 2, and what there is to choose from."""
    result = CliRunner().invoke(app, ["--fault", "web=haunted"])
    assert result.exit_code == 2
    assert "web=wrong-balance" in result.stderr


def test_every_fault_is_listed() -> None:
    """Elsewhere than on a terminal a line is what --fault takes, a tab, and what it does."""
    result = CliRunner().invoke(app, ["--list-faults"])
    assert result.exit_code == 0
    lines = dict(line.split("\t") for line in result.stdout.splitlines())
    for line in lines:
        Faults().change(parse_all([line]))
    assert lines["web=slow,seconds=3"] == known("web", "slow").sentence
    assert len(lines) == sum(map(len, KNOWN.values()))


def test_a_port_is_a_number_of_a_port() -> None:
    """Exit 2 naming the option."""
    result = CliRunner().invoke(app, ["--web-port", "70000"])
    assert result.exit_code == 2
    assert "--web-port" in result.stderr
