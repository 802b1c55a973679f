"""`prober check`: every mistake in scenarios and config.yaml at once; nothing is run."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console

from prober.alerts.filling import unfillable
from prober.alerts.sending import understood
from prober.channels.registry import SETTINGS, VERBS
from prober.cli import problems
from prober.cli.exits import Exit
from prober.errors import BadInput, Problem
from prober.loading.advice import Known, warnings
from prober.loading.config import Settings, load_config
from prober.loading.config_advice import untold
from prober.loading.experience import load_experience
from prober.loading.prompts import load_prompts
from prober.loading.scenario import load_scenarios
from prober.loading.text_file import unreadable_is_bad
from prober.loading.vocabulary import Vocabulary
from prober.loading.wav import audible, read_wav
from prober.model.prompt import Prompt, PromptTable
from prober.model.scenario import Scenario, Step

_CONFIG = "config.yaml"
_SCENARIOS = "scenarios"

Loaded = TypeVar("Loaded")


def command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Scenario files, config.yaml, or folders; the whole workspace if none is given."),
    ] = None,
    config: Annotated[Path, typer.Option(help="The workspace's settings.", envvar="PROBER_CONFIG")] = Path(_CONFIG),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Take warnings for mistakes: exit 2.")] = False,
) -> None:
    """Check scenarios and config.yaml, and tell every mistake and warning at once. Exit: 0 no mistake, 2 some."""
    checked = check(paths or [], config)
    if not checked.problems and len(_selected(paths or [], config)[1]) <= 1:  # whose lines are meant would be a guess
        checked.attempt(lambda: _order(checked))
        if _is_whole(paths or [], config):
            _plan(checked)
    if not checked.problems:
        checked.warnings = warnings(checked.scenarios, _known(checked))
        checked.warnings += untold(checked.settings) if checked.settings else ()
    if as_json:
        typer.echo(json.dumps(_document(checked, strict=strict), ensure_ascii=False, indent=2))
    else:
        _show(checked)
    if checked.problems or (strict and checked.warnings):
        raise typer.Exit(Exit.BAD_INPUT)


@dataclass
class Checked:
    """What was checked, and what is wrong with it."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    scenarios: tuple[Scenario, ...] = ()
    settings: Settings | None = None
    prompts: PromptTable | None = None

    def attempt(self, load: Callable[[], Loaded]) -> Loaded | None:
        """Return what *load* returns; None if it is bad, and its problems are noted."""
        try:
            return load()
        except BadInput as bad:
            self.problems += bad.problems
            return None


@unreadable_is_bad()
def check(paths: Sequence[Path], config: Path) -> Checked:
    """Load what *paths* name, or the whole workspace of *config* if they name nothing."""
    checked = Checked()
    scenarios, configs = _selected(paths, config)
    # Only a missing file is forgiven, and only where it was not asked for: scenarios can be checked without lines.
    for one in configs or ([config] if config.exists() else []):
        checked.settings = checked.attempt(lambda path=one: settings_of(path))  # type: ignore[misc]
    if checked.settings is not None:
        lists = checked.settings.experience
        checked.attempt(lambda: load_experience(lists.wording, lists.checklist))
    table = _prompts(checked)
    vocabulary = Vocabulary(VERBS)
    if table is not None and checked.settings is not None:
        ivr = checked.settings.channels["ivr"]
        vocabulary = vocabulary.knowing(table, speech=ivr.speech is not None, voice=ivr.voice is not None)
    if scenarios or not configs:
        checked.scenarios = checked.attempt(lambda: load_scenarios(scenarios, vocabulary)) or ()
    return checked


def settings_of(path: Path) -> Settings:
    """
    Return the settings at *path*, whoever tells people of incidents by them asked whether it understands.

    Raises:
        BadInput: Every mistake in them.
    """
    return load_config(path, SETTINGS, understood, unfillable=unfillable)


def _show(checked: Checked) -> None:
    problems.show(BadInput(checked.problems))
    problems.show_warnings(checked.warnings)
    counted = Console(stderr=True, highlight=False)
    if checked.problems:
        counted.print(f"\n{_count(len(set(checked.problems)), 'problem')}", style="bold")
        return
    if checked.warnings:
        counted.print(f"\n{_count(len(checked.warnings), 'warning')}", style="bold")
    typer.echo(_summary(checked))


def _known(checked: Checked) -> Known:
    """Return what config.yaml and the recordings say that warnings need."""
    lines = checked.settings.lines if checked.settings else ()
    secrets = {secret: name for line in lines for name, secret in line.secrets.items()}
    prompts = checked.prompts.prompts.values() if checked.prompts else ()
    steps = [step for one in checked.scenarios for step in one.steps if _hears(step)]
    heard = {prompt for step in steps for prompt in step.action.argument.prompts}
    return Known({prompt.name: _length_s(prompt) for prompt in prompts if prompt.name in heard}, secrets)


def _hears(step: Step) -> bool:
    return step.action.full_name == "ivr.hear"


def _length_s(prompt: Prompt) -> float:
    began_s, ended_s = audible(read_wav(prompt.path)) or (0.0, 0.0)
    return ended_s - began_s


def _order(checked: Checked) -> None:
    """Raise BadInput for what no line could play, where the lines are known."""
    from prober.app import orders  # noqa: PLC0415 - it brings the store along, which reading a scenario does not need

    if checked.settings:
        orders(checked.settings, checked.scenarios)


def _plan(checked: Checked) -> None:
    """Note what is wrong with probes and items. They name scenarios: all of them must have been read."""
    from prober.app.items import items  # noqa: PLC0415 - as above
    from prober.app.probes import probes  # noqa: PLC0415

    if settings := checked.settings:
        checked.attempt(lambda: probes(settings, checked.scenarios))
        checked.attempt(lambda: items(settings, checked.scenarios))


def _is_whole(paths: Sequence[Path], config: Path) -> bool:
    """Return whether *paths* are a whole workspace: its config.yaml and all of its scenarios."""
    scenarios, configs = _selected(paths, config)
    return any(one.parent / _SCENARIOS in scenarios for one in configs)


def _selected(paths: Sequence[Path], config: Path) -> tuple[list[Path], list[Path]]:
    """Tell scenarios from configurations; a folder with a config.yaml is a workspace."""
    scenarios: list[Path] = []
    configs: list[Path] = []
    for path in paths or [config]:
        if path == config or path.name == _CONFIG:
            configs.append(path)
        elif (path / _CONFIG).is_file():
            scenarios.append(path / _SCENARIOS)
            configs.append(path / _CONFIG)
        else:
            scenarios.append(path)
    if not paths:
        scenarios.append(config.parent / _SCENARIOS)
    return scenarios, list(dict.fromkeys(configs))


def _prompts(checked: Checked) -> PromptTable | None:
    """Return the prompt library config.yaml leads to; None where there is none."""
    ivr = checked.settings.channels.get("ivr") if checked.settings else None
    if ivr is None:
        return None
    checked.prompts = checked.attempt(lambda: load_prompts(ivr.prompts))
    return checked.prompts


def _summary(checked: Checked) -> str:
    parts = []
    if checked.scenarios:
        parts.append(f"{_count(len(checked.scenarios), 'scenario')}")
    if checked.settings:
        parts.append(f"{checked.settings.path.name} with {_count(len(checked.settings.lines), 'line')}")
    if checked.prompts is not None:
        parts.append(_count(len(checked.prompts.prompts), "prompt"))
    unknown = "" if checked.prompts is not None else " (prompts were not checked: no channels.ivr is set up)"
    return f"no problem in {', '.join(parts)}{unknown}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _document(checked: Checked, *, strict: bool) -> dict[str, object]:
    ordered = sorted(set(checked.problems))
    return {
        "ok": not ordered and not (strict and checked.warnings),
        "scenarios": [scenario.name for scenario in checked.scenarios],
        "problems": [problems.document(problem) for problem in ordered],
        "warnings": [problems.document(warning) for warning in checked.warnings],
    }
