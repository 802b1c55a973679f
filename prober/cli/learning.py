"""`prober prompts learn`: what was heard in a call and is in no library becomes a prompt of it."""

from __future__ import annotations

import asyncio
import io
import re
import sys
import wave
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.console import Console
from rich.text import Text

from prober.app import App, orders
from prober.channels.ivr.hearing.cutting import Cut, unknown
from prober.channels.ivr.hearing.library import Library
from prober.channels.registry import VERBS
from prober.cli.playing import Playing
from prober.cli.progress import Watch, progress_console
from prober.cli.report import reader
from prober.cli.workspace import CONFIG, open_settings
from prober.errors import NO_FILE, BadInput, Problem, RobotBroken
from prober.loading.config import Settings
from prober.loading.new_prompts import add_prompt, wav
from prober.loading.prompts import load_prompts
from prober.loading.scenario import load_scenarios
from prober.loading.sealing import Seal
from prober.loading.vocabulary import Vocabulary
from prober.loading.wav import RATE
from prober.model.prompt import PromptTable
from prober.model.run import Evidence, Run
from prober.model.scenario import Scenario
from prober.reports.riff import Cue, Kind, cues
from prober.store.store import Store

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NAME = re.compile(r"[\w-]+")
_HEAR = "ivr.hear "
_BY_WORDS = re.compile(r"prompt ([\w-]+), by its words")
_EARLY_S = 0.5
"""How much sooner than its first loud packet a prompt's mark may stand."""
_LONGEST_S = 60.0
"""Within which something new must begin, and end."""


@dataclass(frozen=True)
class Found:
    """
    Something unknown in a call: what was done before it, and the name a scenario was waiting for.

    *reworded*: that name is of a prompt whose words it speaks, in another recording than the library's.
    """

    cut: Cut
    before: str
    wanted: str
    reworded: bool = False


def learn(
    scenario: Annotated[Path | None, typer.Argument(help="A scenario that calls; prompts it names may be new.")] = None,
    *,
    run: Annotated[str, typer.Option(help="Learn from the recording of this run instead of a new call.")] = "",
    line: Annotated[list[str] | None, typer.Option(help="Call on this line of config.yaml.")] = None,
    replace_: Annotated[
        bool, typer.Option("--replace", help="A prompt that was known by its words alone gets its new recording.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take the names the scenario waits for, and ask nothing.")] = False,
    config: CONFIG = Path("config.yaml"),
) -> None:
    """
    Call, cut out what no recording knows, and let a person name it.

    What a scenario waits for by a name that is new is any sound, and that name is proposed for it; with --replace, also
    the name of a prompt that was recorded anew. Exit: 0 something was kept or nothing was unknown, 3 robot error,
    4 nothing was kept.
    """
    settings = open_settings(config)
    ivr = settings.channels.get("ivr")
    if ivr is None:
        raise BadInput([Problem(settings.path, 0, 0, "config.yaml has no IVR channel", "set up channels.ivr")])
    if (scenario is None) == (not run):
        hint = "prober prompts learn SCENARIO, or --run ID of a call that was kept"
        raise BadInput([Problem(NO_FILE, 0, 0, "learn from a scenario, or from a run", hint)])
    console = progress_console(stderr=False)
    table = _table(ivr.prompts)
    played = _kept(settings, run) if scenario is None else _called(settings, table, scenario, line or (), console)
    found = [one for each in _recordings(played) for one in _unknown(settings, table, each)]
    if not found:
        console.print("everything that was heard is known")
        return
    heard = settings.folder / "reports" / f"heard-{played.id}"
    keeping = _Keeping(console, ivr.prompts, heard, asks=not yes, replaces=replace_)
    kept = [name for number, one in enumerate(found, 1) if (name := keeping.keep(number, one))]
    if not kept:
        console.print(f"nothing was kept; what was heard is in {keeping.heard}")
        raise typer.Exit(4)
    console.print(f"{', '.join(kept)}: in {ivr.prompts}. prober prompts compare tells how well they can be told apart.")


def _table(folder: Path) -> PromptTable:
    """Return the library as far as there is one; names it does not have stand for any sound."""
    empty = PromptTable(folder, {}, {}, sha256="")
    table = load_prompts(folder) if any(folder.glob("*.wav")) else empty
    return replace(table, learning=True)


def _called(settings: Settings, table: PromptTable, path: Path, lines: Sequence[str], console: Console) -> Run:
    scenarios = [_patient(one, table) for one in load_scenarios([path], Vocabulary(VERBS))]
    asked = orders(settings, scenarios, lines=lines)[:1]
    App.prepare(scenarios)
    app = App(settings, table)
    with Watch(console, 1, lambda run: run.line) as watch:
        playing = Playing(app, asked, watch)
        asyncio.run(playing.play())
    if not playing.runs:
        raise RobotBroken("no call was made", cure="See what is said above.")
    return playing.runs[0]


def _patient(scenario: Scenario, table: PromptTable) -> Scenario:
    """Return the same scenario with time enough to hear what is new to its end."""
    steps = [
        replace(step, within_s=_LONGEST_S, warn_s=None)
        if step.action.full_name == "ivr.hear" and {*step.action.argument.prompts} - {*table.prompts}
        else step
        for step in scenario.steps
    ]
    return replace(scenario, steps=tuple(steps))


def _kept(settings: Settings, name: str) -> Run:
    store = Store.open_to_read(settings.store.url)
    try:
        found = store.queries.run(name)
    finally:
        store.close()
    if found is None:
        raise BadInput([Problem(NO_FILE, 0, 0, f"there is no run ‘{name}’", "prober report shows the last ones")])
    return found


def _recordings(run: Run) -> list[Evidence]:
    kept = [*run.evidence, *(one for step in run.steps for one in step.evidence)]
    found = [one for one in dict.fromkeys(kept) if one.kind == "recording"]
    if not found:
        raise BadInput([Problem(NO_FILE, 0, 0, f"run {run.id} kept no recording of a call", "choose one that called")])
    return found


def _unknown(settings: Settings, table: PromptTable, recording: Evidence) -> list[Found]:
    try:
        content = Seal(settings.evidence.key).opened(reader(settings)(recording))
        with wave.open(io.BytesIO(content)) as sound:
            sides = sound.getnchannels()
            heard = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")[::sides].astype(np.int16)
    except (OSError, wave.Error, EOFError) as exc:
        raise RobotBroken(f"the recording {recording.path} cannot be read: {exc}", cure="Call once more.") from exc
    heard, marks = closed_up(heard, cues(content))
    return [_found(cut, marks, table) for cut in unknown(Library.build(table), heard)]


def closed_up(heard: NDArray[np.int16], marks: Sequence[Cue]) -> tuple[NDArray[np.int16], list[Cue]]:
    """Return the sound without the silence that stood in for late packets, and its marks where they are then."""
    late = np.zeros(len(heard) + 1, bool)
    for mark in marks:
        late[round(mark.at_s * RATE) : round((mark.at_s + mark.late_s) * RATE)] = True
    before = np.cumsum(late) / RATE
    moved = [replace(mark, at_s=mark.at_s - before[min(round(mark.at_s * RATE), len(heard))]) for mark in marks]
    return heard[~late[:-1]], moved


def _found(cut: Cut, marks: Sequence[Cue], table: PromptTable) -> Found:
    """Return what is unknown, with the step before it, and the name that was waited for if that is new."""
    steps = [one.text for one in marks if one.kind is Kind.STEP and one.at_s <= cut.start_s]
    within = [one.text for one in marks if cut.start_s - _EARLY_S <= one.at_s <= cut.end_s]
    reworded = {found[1] for text in within if (found := _BY_WORDS.fullmatch(text))}
    last = steps[-1] if steps else ""
    wanted = last.removeprefix(_HEAR) if last.startswith(_HEAR) else ""
    new = wanted if _NAME.fullmatch(wanted) and wanted not in table.prompts else ""
    before = next((step for step in reversed(steps) if not step.startswith(_HEAR)), "")
    if len(reworded) == 1:  # of several, nobody knows where one ends
        return Found(cut, before, reworded.pop(), reworded=True)
    return Found(cut, before, new)


@dataclass(frozen=True)
class _Keeping:
    """Lays what is unknown where a person can listen to it, and keeps what gets a name."""

    console: Console
    prompts: Path
    heard: Path
    asks: bool
    replaces: bool

    def keep(self, number: int, found: Found) -> str:
        """Return the name it is kept by; empty if it is not."""
        listen = self.heard / f"{number}.wav"
        try:
            self.heard.mkdir(parents=True, exist_ok=True)
            listen.write_bytes(wav(found.cut.samples))
            self._tell(number, found, listen)
            if self._taken(found.wanted) and not (self.replaces and found.reworded):
                found = replace(found, wanted="")
            name, text = self._asked(found) if self.asks and sys.stdin.isatty() else (found.wanted, "")
            if name and self._taken(name):
                (self.prompts / f"{name}.wav").replace(self.heard / f"{name}-before.wav")
            if name:
                add_prompt(self.prompts, name, found.cut.samples, text)
        except OSError as exc:
            raise RobotBroken(f"it cannot be kept: {exc}", cure="Free some disk space, or look at the folder.") from exc
        return name

    def _taken(self, name: str) -> bool:
        return (self.prompts / f"{name}.wav").exists()

    def _tell(self, number: int, found: Found, listen: Path) -> None:
        when = f"{found.cut.start_s:.1f}–{found.cut.end_s:.1f} s"
        after = f" after {found.before}" if found.before else ""
        told = Text.assemble(
            (f"{number}", "bold"), f"  {when}, {found.cut.length_s:.1f} s{after}  ", (str(listen), "dim")
        )
        self.console.print(told, soft_wrap=True)

    def _asked(self, found: Found) -> tuple[str, str]:
        while True:
            shown = bool(found.wanted)
            name = typer.prompt("  name (empty: leave it)", default=found.wanted, show_default=shown).strip()
            if not name:
                return "", ""
            if _NAME.fullmatch(name) and (not self._taken(name) or (self.replaces and name == found.wanted)):
                return name, typer.prompt("  what it says (may be empty)", default="", show_default=False).strip()
            self.console.print(f"  ‘{name}’ is taken already, or no name: letters, digits, _ and -", style="yellow")
