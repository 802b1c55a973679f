"""A step as a report shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prober.judge.values import read, words
from prober.model.run import Run, StepResult
from prober.model.value import Captured, ValueType
from prober.model.verb import ROBOT
from prober.reports.files import File
from prober.reports.patterns import friendly
from prober.reports.words import Mark, mark


@dataclass(frozen=True)
class Bar:
    """A latency against its limits. Every figure is a share of the bar's whole length, in percent."""

    took: float
    warn: float | None
    within: float | None


@dataclass(frozen=True)
class Compared:
    """One value that `same` held against the others. *differs*: most of the others say something else."""

    name: str
    channel: str
    shown: str
    text: str
    differs: bool


@dataclass(frozen=True)
class StepView:
    """One step with what hangs on it."""

    step: StepResult
    mark: Mark
    bar: Bar | None
    compared: tuple[Compared, ...]
    shots: tuple[File, ...]
    still: File | None = None
    """Which of them stands in the run's filmstrip."""
    looks: tuple[File, ...] = ()
    """The approved picture, this one and what is unlike, as far as there are such."""
    ended_s: float = 0.0
    """When it ended, its picture taken, since the run began."""

    @property
    def beneath(self) -> tuple[File, ...]:
        """The screenshots that stand beneath it: the one in the filmstrip only where it alone shows what is wrong."""
        broken = self.mark in (Mark.FAILED, Mark.ERROR) and not self.looks
        return self.shots if broken else tuple(shot for shot in self.shots if shot is not self.still)

    @property
    def gave_up_s(self) -> float | None:
        """How long it waited for what never came; None where something was timed."""
        return gave_up_s(self.step)

    @property
    def number(self) -> int:
        """Its number as people count."""
        return self.step.index + 1

    @property
    def verb(self) -> str:
        """Its verb as scenarios write it."""
        return self.step.verb if self.step.channel == ROBOT else f"{self.step.channel}.{self.step.verb}"

    @property
    def words(self) -> str:
        """Its name without the verb, which stands beside it; nothing where that is the whole name."""
        return friendly(self.step.name.removeprefix(self.verb).strip())

    @property
    def headline(self) -> str:
        """What happened, in words a person reads."""
        return friendly(self.step.failure.what) if self.step.failure else ""


def step_views(
    run: Run, shots: Mapping[int, Sequence[File]], looks: Mapping[int, Sequence[File]] | None = None
) -> list[StepView]:
    """Return every step of *run*; *shots* are the screenshots by step, *looks* what `looks_like` compared."""
    stills = _stills(shots)
    return [
        StepView(
            step=step,
            mark=mark(step),
            bar=_bar(step, gave_up_s(step)),
            compared=_compared(run, step) if (step.channel, step.verb) == (ROBOT, "same") else (),
            shots=tuple(shots.get(step.index, ())),
            still=stills.get(step.index),
            looks=tuple((looks or {}).get(step.index, ())),
            ended_s=(step.ended_at - run.started_at).total_seconds(),
        )
        for step in run.steps
    ]


def _stills(shots: Mapping[int, Sequence[File]]) -> dict[int, File]:
    """Return the picture that shows how each step ended; nothing where there are too few for a strip."""
    drawn = {index: [file for file in files if file.content] for index, files in shots.items()}
    stills = {index: files[-1] for index, files in drawn.items() if files}
    return stills if len(stills) > 1 else {}


def gave_up_s(step: StepResult) -> float | None:
    """Return how long a broken step lasted that found nothing to time, without what keeping evidence took."""
    if step.took_s is not None or step.within_s is None or mark(step) not in (Mark.FAILED, Mark.ERROR):
        return None
    lasted_s = (step.ended_at - step.started_at).total_seconds() - step.evidence_s - step.waited_s
    return lasted_s if lasted_s > 0 else None


def _bar(step: StepResult, gave_up_s: float | None) -> Bar | None:
    took_s = step.took_s if step.took_s is not None else gave_up_s
    if took_s is None or step.within_s is None:
        return None
    # A little more than the limit, so that a bar which is past it is seen to be.
    whole_s = max(step.within_s * 1.1, took_s * 1.05, 1e-9)
    warn = None if step.warn_s is None else 100 * step.warn_s / whole_s
    return Bar(took=100 * took_s / whole_s, warn=warn, within=100 * step.within_s / whole_s)


def _compared(run: Run, same: StepResult) -> tuple[Compared, ...]:
    """Return the values that *same* compared: its facts hold each one's text by its name."""
    by_name = {captured.name: (step.channel, captured) for step in run.steps for captured in step.captures}
    sources = {name: by_name[name] for name in same.facts if name in by_name}
    types = [captured.type for _, captured in sources.values() if captured.type is not ValueType.TEXT]
    shown = {name: _shown(captured, next(iter(types), ValueType.TEXT)) for name, (_, captured) in sources.items()}
    value, number = next(iter(Counter(shown.values()).most_common(1)), ("", 0))
    return tuple(
        Compared(
            name=name,
            channel=channel,
            shown=shown[name],
            text=captured.text,
            differs=mark(same) is Mark.FAILED and (shown[name] != value or number == 1),
        )
        for name, (channel, captured) in sources.items()
    )


def _shown(captured: Captured, value_type: ValueType) -> str:
    """Return a captured value as `same` reads it; its text where it cannot be read so."""
    value = captured.value if captured.type is value_type else read(captured.text, value_type)
    return captured.text if value is None else words(value, value_type)
