"""`prober record`: what a person does becomes a scenario."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from prober.app import App, orders
from prober.channels.web import written
from prober.channels.web.config import Settings as WebSettings
from prober.channels.web.engine import Engine
from prober.channels.web.headers import Headers
from prober.channels.web.opening import address
from prober.channels.web.recorder import FLAGS, Act, Recorder
from prober.cli import exits
from prober.cli.exits import Exit
from prober.cli.playing import Playing
from prober.cli.progress import Watch, progress_console
from prober.cli.report import write
from prober.cli.workspace import CONFIG, open_settings, open_workspace
from prober.errors import NO_FILE, BadInput, Problem, RobotBroken
from prober.loading.config import Settings
from prober.loading.fields import did_you_mean
from prober.model.line import Line

app = typer.Typer(help="Record what you do as a scenario.", no_args_is_help=True, rich_markup_mode=None)
_NAME = re.compile(r"[^\W_][\w-]*")
_HOW = (
    "Do what a customer does. Select a text and press Alt+S to have the scenario wait for it. "
    "Close the browser, or press Ctrl-C here, when you are done."
)


@app.callback()
def main() -> None:
    """Record what you do as a scenario."""


@app.command("web")
def web(
    url: Annotated[str, typer.Argument(help="Where to begin: a path such as /login, or a whole address.")],
    *,
    name: Annotated[str, typer.Option(help="What the scenario is called.")] = "recorded",
    out: Annotated[Path | None, typer.Option(help="The file to write; else scenarios/NAME.yaml.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    line: Annotated[str, typer.Option(help="Be the customer of this line; else the first one.")] = "",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Show no window: be reached from Chrome's chrome://inspect here.")
    ] = 0,
    play: Annotated[bool, typer.Option("--play/--no-play", help="Play it back once when it is written.")] = True,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """
    Open a browser, write down what you do there, and play it back once.

    Things are named as people name them, secrets of the line stand as ${secret.…}, and where a page led to is waited
    for. Exit: as ‘prober run’ of what was recorded; 0 with --no-play, 4 nothing was done.
    """
    settings = open_settings(config)
    mine = settings.channels.get("web")
    if mine is None:
        raise BadInput([Problem(settings.path, 0, 0, "config.yaml has no web channel", "set up channels.web")])
    customer, path = _line(settings, line), out or settings.folder / "scenarios" / f"{name}.yaml"
    _refuse(name, path, force=force)
    console = progress_console(stderr=False)
    acts = asyncio.run(_recorded(_open(mine, port), address(url, mine.base_url), console))
    if len(acts) < 2:
        console.print("nothing was done, so nothing is written")
        raise typer.Exit(Exit.INCONCLUSIVE)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, lambda: _scenario(name, written.steps(acts, customer, mine.base_url)).encode())
    console.print(f"\n{path}: {len(acts)} steps", style="bold", highlight=False)
    left = list(dict.fromkeys(written.remarks(acts, customer)))
    for one in left:
        console.print(f"! {one}", style="yellow", highlight=False, soft_wrap=True)
    if not play:
        return
    if ordering := written.ordering(acts):
        left.append(f"‘{ordering}’ may order something: say so (effects:), undo it at the end, and play it yourself")
        console.print(f"! {left[-1]}", style="yellow", highlight=False, soft_wrap=True)
    if left:
        console.print(f"It was not played back. When that is done: prober run {path}", highlight=False, soft_wrap=True)
        return
    raise typer.Exit(_played(config, path, customer, console))


def _line(settings: Settings, name: str) -> Line:
    lines = {one.name: one for one in settings.lines}
    if not name and lines:
        return next(iter(lines.values()))
    if name not in lines:
        what = f"there is no line called ‘{name}’" if name else "there is no line"
        hint = did_you_mean(name, lines) if name else "name a test customer under lines:"
        raise BadInput([Problem(settings.path, 0, 0, what, hint)])
    return lines[name]


def _refuse(name: str, path: Path, *, force: bool) -> None:
    """Raise BadInput for what would be found out after all was done."""
    problems = []
    if not _NAME.fullmatch(name):
        problems.append(Problem(NO_FILE, 0, 0, f"--name ‘{name}’ is no name", "letters, digits and dashes: bill-query"))
    if path.exists() and not force:
        problems.append(Problem(path, 0, 0, "this file is there already", "choose another --out, or --force"))
    if problems:
        raise BadInput(problems)


def _open(mine: WebSettings, port: int) -> WebSettings:
    """Return the settings for a browser that a person can use: with a window, or over its door for DevTools."""
    args = (*mine.args, *FLAGS)
    if port:
        return mine.model_copy(update={"args": (*args, f"--remote-debugging-port={port}"), "headless": True})
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise RobotBroken(
            "there is no screen to show the browser on",
            cure="Record on a machine with one; or with --port 9222, and use the browser from chrome://inspect of "
            "another Chrome (over a network: ssh -L 9222:127.0.0.1:9222).",
        )
    return mine.model_copy(update={"args": args, "headless": False})


async def _recorded(mine: WebSettings, url: str, console: Console) -> list[Act]:
    engine = Engine(mine)
    recorder = Recorder(engine, lambda act: console.print(_told(act), soft_wrap=True), headers=Headers(mine))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, recorder.stop)
    console.print(_HOW, style="dim", highlight=False)
    try:
        await recorder.record(url)
    finally:
        await engine.close()
    return recorder.acts


def _told(act: Act) -> Text:
    value = "" if act.verb == "fill" else act.value
    shown = [text for text in (act.name, value, f"in {act.inside}" if act.inside else "") if text]
    return Text.assemble(("  + ", "green"), (f"web.{act.verb}", "bold"), f" {' · '.join(shown)}")


def _scenario(name: str, steps: Sequence[dict[str, Any]]) -> str:
    """Return a scenario's file. The first step's form is on one line, as people write it."""
    listed = CommentedSeq()
    for step in steps:
        listed.append(CommentedMap({key: _in_one_line(value) for key, value in step.items()}))
    yaml = YAML()
    yaml.width = 110
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    yaml.dump({"scenario": name, "steps": listed}, text)
    return text.getvalue()


def _in_one_line(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    flow = CommentedMap(value)
    flow.fa.set_flow_style()
    return flow


def _played(config: Path, path: Path, line: Line, console: Console) -> Exit:
    workspace = open_workspace(config, [path])
    asked = orders(workspace.settings, workspace.scenarios, lines=[line.name])
    console.print("\nplayed back:", style="bold")
    App.prepare(workspace.scenarios)
    with Watch(console, len(asked), lambda run: run.line) as watch:
        playing = Playing(App(workspace.settings, workspace.prompts), asked, watch)
        whole = asyncio.run(playing.play())
    return exits.of_runs(run.outcome for run in playing.runs) if whole else Exit.INTERRUPTED
