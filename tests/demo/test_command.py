"""`prober demo` on the command line."""

from __future__ import annotations

import typer
from typer.testing import CliRunner

from prober.cli.demo import command

app = typer.Typer()
app.command()(command)


def test_an_unknown_fault_ends_with_the_known_ones() -> None:
    """Exit 2, and what there is to choose from."""
    result = CliRunner().invoke(app, ["--fault", "web=haunted"])
    assert result.exit_code == 2
    assert "web=wrong-balance" in result.stderr


def test_a_port_is_a_number_of_a_port() -> None:
    """Exit 2 naming the option."""
    result = CliRunner().invoke(app, ["--web-port", "70000"])
    assert result.exit_code == 2
    assert "--web-port" in result.stderr
