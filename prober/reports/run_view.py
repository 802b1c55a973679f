"""A run as a report shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePosixPath
from typing import TypeVar

from prober.model.run import Evidence, Run, StepResult
from prober.reports.chat import Bubble, bubbles
from prober.reports.files import File, Files
from prober.reports.flags import Flag, cue_flags, step_flags
from prober.reports.har import Waterfall, waterfall
from prober.reports.ladder import Rung, recording_began_s, rungs, was_answered
from prober.reports.riff import Kind
from prober.reports.rtp import Chart, charts
from prober.reports.sound import Waveform, waveform
from prober.reports.step_view import StepView, step_views
from prober.reports.words import Mark, mark

_LARGE = ("trace", "pcap")
_LOOKS = ("approved", "candidate", "difference")
_WORTH_A_TRACE = (Mark.FAILED, Mark.ERROR, Mark.INTERRUPTED)
"""Traces and packets are large: those of runs that were well stay in the evidence folder."""
_Content = TypeVar("_Content")
_SHOWN_TEXT = 40_000
"""Characters of a text of unknown kind that are shown; the rest is in the file."""


@dataclass(frozen=True)
class Span:
    """A step on the run's time axis, in percent of its length."""

    step: StepResult
    mark: Mark
    left: float
    width: float


@dataclass(frozen=True)
class Lane:
    """One channel's steps on the time axis."""

    channel: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Recording:
    """A call's sound. *marks* are the steps that began while it was recorded, by the second they began at."""

    file: File
    waveform: Waveform | None
    marks: tuple[tuple[StepResult, float], ...]

    @property
    def step_flags(self) -> tuple[Flag, ...]:
        """Where the steps stand on the picture."""
        return step_flags(self.marks, self.waveform.length_s) if self.waveform else ()

    @property
    def cue_flags(self) -> tuple[Flag, ...]:
        """Where the recording's own marks stand on the picture: its steps only if none are known otherwise."""
        cues = self.waveform.cues if self.waveform else ()
        shown = [cue for cue in cues if cue.kind is not Kind.STEP or not self.marks]
        return cue_flags(shown, self.waveform.length_s) if self.waveform else ()


@dataclass(frozen=True)
class RunView:
    """One run with its steps and evidence."""

    run: Run
    mark: Mark
    length_s: float | None
    lanes: tuple[Lane, ...]
    lanes_s: float
    steps: list[StepView]
    recordings: tuple[Recording, ...]
    ladders: tuple[tuple[File, list[Rung]], ...]
    chats: tuple[tuple[File, list[Bubble]], ...]
    streams: tuple[tuple[File, list[Chart]], ...]
    loads: tuple[tuple[File, Waterfall], ...]
    traces: tuple[File, ...]
    captures: tuple[File, ...]
    films: tuple[File, ...]
    others: tuple[tuple[File, str], ...]
    """Whatever is of no kind known here, or cannot be read as its kind; with the beginning of its text."""

    @property
    def culprit(self) -> StepView | None:
        """The step that broke the run."""
        broken = self.run.failed_step
        return next((view for view in self.steps if view.step is broken), None)

    @property
    def strip(self) -> tuple[StepView, ...]:
        """The steps with a still in the filmstrip."""
        return tuple(view for view in self.steps if view.still is not None)


def run_view(run: Run, files: Files) -> RunView:
    """Return *run* as it is shown, its evidence read from *files*."""
    kept = [files.open(one, wanted=one.kind not in _LARGE or mark(run) in _WORTH_A_TRACE) for one in _evidence(run)]
    shots = _by_step(run, kept, ("screenshot",))
    looks = _by_step(run, [file for file in kept if file.content], _LOOKS)
    ladders = _read(kept, "ladder", rungs)
    chats = _read(kept, "transcript", bubbles)
    streams = _read(kept, "rtp", charts)
    loads = _read(kept, "har", waterfall)
    recordings = [file for file in kept if file.kept.kind == "recording"]
    traces, captures = ([file for file in kept if file.kept.kind == kind] for kind in _LARGE)
    films = [file for file in kept if file.kept.kind == "film" and file.kept.path.endswith(".webp")]
    calls = _answered(run, ladders)
    read = [file for file, _ in [*ladders, *chats, *streams, *loads]]
    beside = chain.from_iterable([*shots.values(), *looks.values()])
    shown = {file.kept.path for file in [*recordings, *traces, *captures, *films, *read, *beside]}
    return RunView(
        run=run,
        mark=mark(run),
        length_s=(run.ended_at - run.started_at).total_seconds() if run.ended_at else None,
        lanes=_lanes(run),
        lanes_s=_played_s(run),
        steps=step_views(run, shots, looks),
        recordings=tuple(_recording(run, file, calls.get(_call_number(file))) for file in recordings),
        ladders=tuple(ladders),
        chats=tuple(chats),
        streams=tuple(streams),
        loads=tuple(loads),
        traces=tuple(traces),
        captures=tuple(captures),
        films=tuple(films),
        others=tuple((file, _excerpt(file)) for file in kept if file.kept.path not in shown),
    )


def _read(files: Iterable[File], kind: str, read: Callable[[str], _Content | None]) -> list[tuple[File, _Content]]:
    """Return the files of a kind with what is in them; without those that cannot be read as their kind."""
    found = ((file, read(file.text)) for file in files if file.kept.kind == kind and file.content)
    return [(file, content) for file, content in found if content]


def _evidence(run: Run) -> Iterable[Evidence]:
    """Yield every file of *run* once, in the order it was kept."""
    listed = [one for step in run.steps for one in step.evidence] + list(run.evidence)
    return {one.path: one for one in listed}.values()


def _by_step(run: Run, files: Iterable[File], kinds: Sequence[str]) -> dict[int, list[File]]:
    """Return the files of these *kinds* that belong to a step, by its index; in the order of the kinds."""
    by_step: dict[int, list[File]] = {step.index: [] for step in run.steps}
    for file in sorted(
        (file for file in files if file.kept.kind in kinds), key=lambda file: kinds.index(file.kept.kind)
    ):
        if file.kept.step in by_step:
            by_step[file.kept.step].append(file)
    return by_step


def _played_s(run: Run) -> float:
    """Return how long the run's steps lasted, with what lay between them."""
    return (run.steps[-1].ended_at - run.started_at).total_seconds() if run.steps else 0.0


def _lanes(run: Run) -> tuple[Lane, ...]:
    whole_s = max(_played_s(run), 1e-6)

    def span(step: StepResult) -> Span:
        left = 100 * (step.started_at - run.started_at).total_seconds() / whole_s
        width = 100 * (step.ended_at - step.started_at).total_seconds() / whole_s
        return Span(step, mark(step), max(0.0, left), max(0.0, min(width, 100 - left)))

    channels = dict.fromkeys(step.channel for step in run.steps)
    return tuple(Lane(name, tuple(span(step) for step in run.steps if step.channel == name)) for name in channels)


def _recording(run: Run, file: File, call: tuple[StepResult, list[Rung]] | None) -> Recording:
    outline = waveform(file.content) if file.content else None
    if outline is None or call is None:
        return Recording(file, outline, ())
    dial, ladder = call
    # What `took_s` of a dial ends with, the answer, is the last thing in it; the INVITE began it.
    answered_s = (dial.ended_at - run.started_at).total_seconds()
    took_s = dial.took_s or 0.0
    began_s = recording_began_s(ladder)
    zero_s = answered_s - took_s + (took_s if began_s is None else began_s)
    marks: list[tuple[StepResult, float]] = []
    for step in run.steps:
        at_s = (step.started_at - run.started_at).total_seconds() - zero_s
        if step.channel == dial.channel and step.verb != "dial" and -0.05 <= at_s <= outline.length_s:
            marks.append((step, max(at_s, 0.0)))
    return Recording(file, outline, tuple(marks))


def _answered(run: Run, ladders: Iterable[tuple[File, list[Rung]]]) -> dict[str, tuple[StepResult, list[Rung]]]:
    """Return dial and ladder of each call that was answered, by its number in the run."""
    dials = [step for step in run.steps if step.verb == "dial" and 200 <= int(step.facts.get("sip_code") or 0) < 300]
    answered = [(_call_number(file), ladder) for file, ladder in ladders if was_answered(ladder)]
    return {number: (dial, ladder) for (number, ladder), dial in zip(answered, dials, strict=False)}


def _call_number(file: File) -> str:
    """Return which call of the run a file is of: 2 for `call-2.wav` and `ladder-2.txt`, nothing for the first."""
    return PurePosixPath(file.kept.path).stem.partition("-")[2]


def _excerpt(file: File) -> str:
    """Return the beginning of a text; nothing of what is none."""
    if not file.content or b"\0" in file.content[:4096]:
        return ""
    return file.text[:_SHOWN_TEXT]
