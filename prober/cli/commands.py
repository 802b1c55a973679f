"""Every command by its name, imported when it is wanted: all of them together take seconds to import."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperGroup

_WHERE = {
    "init": "init:command",
    "check": "check:command",
    "schema": "schema:command",
    "run": "run:command",
    "serve": "serve:command",
    "phase": "phase:command",
    "gate": "gate:command",
    "baseline": "baseline:command",
    "launch": "launch:command",
    "review": "review:command",
    "survey": "survey:app",
    "approve": "approve:command",
    "record": "record:app",
    "improvements": "improvements:app",
    "qualities": "qualities:command",
    "report": "report:command",
    "prompts": "prompts:app",
    "import": "excel:import_cases",
    "export": "excel:export_cases",
    "incidents": "incidents:app",
    "alerts": "alerts:app",
    "db": "database:app",
    "doctor": "doctor:command",
    "demo": "demo:command",
}
"""The module in this room, and what in it: a function, or a Typer with commands of its own."""


class _Imported(Mapping[str, Any]):
    """Knows the names of all commands, and imports the one that is asked for."""

    def __getitem__(self, name: str) -> Any:
        module, _, what = _WHERE[name].partition(":")
        found = getattr(import_module(f"prober.cli.{module}"), what)
        # What was imported lives to the end: to look at it again with each large answer took half the time of it.
        gc.freeze()
        alone = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
        if isinstance(found, typer.Typer):
            alone.add_typer(found, name=name)
        else:
            alone.command(name)(found)
        return typer.main.get_group(alone).commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_WHERE)

    def __len__(self) -> int:
        return len(_WHERE)


class Commands(TyperGroup):
    """A group of all commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = cast("MutableMapping[str, Any]", _Imported())  # it is only read

    def make_context(self, *args: Any, **settings: Any) -> Any:
        """Read the arguments; some of them print something and end."""
        with _unnumbered():
            return super().make_context(*args, **settings)

    def invoke(self, ctx: Any) -> Any:
        """Invoke the command that is asked for."""
        with _unnumbered():
            return super().invoke(ctx)


@contextmanager
def _unnumbered() -> Iterator[None]:
    """Take its number from a pipe's break: by that Typer would end as if a channel had failed."""
    try:
        yield
    except BrokenPipeError as exc:
        raise BrokenPipeError(str(exc)) from exc
