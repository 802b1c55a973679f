"""What a Python scenario speaks through while it is played: `await ivr.dial("10086", within="10s")`."""

from __future__ import annotations

import inspect
import itertools
import linecache
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from prober.errors import BadInput, Problem, StepFailed
from prober.loading.mistakes import Mistake
from prober.loading.vocabulary import Vocabulary
from prober.model.run import Outcome, StepResult
from prober.model.scenario import PlayStep, Source, Step


def written_call(full_name: str, values: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return a call as the step a person would write in YAML: `as_="money"` is `as: money`, None is left out.

    *values* are what stands in the call without a name: none or one.
    """
    beside = {name.removesuffix("_"): value for name, value in named.items() if value is not None}
    return {full_name: values[0] if values else None, **beside}


def too_many(full_name: str) -> Mistake:
    """Return what to tell a person who gave *full_name* several values without a name."""
    return Mistake((full_name,), f"‘{full_name}’ takes one value", 'give the others by name: within="10s"')


@dataclass(frozen=True)
class Speaker:
    """A parameter of a Python scenario: a channel, whose verbs are its methods, or a verb of the robot itself."""

    name: str
    vocabulary: Vocabulary
    play_step: PlayStep

    def __getattr__(self, verb: str) -> Speaker:
        if verb.startswith("_"):
            raise AttributeError(verb)
        return Speaker(f"{self.name}.{verb}", self.vocabulary, self.play_step)

    def __call__(self, *values: Any, **named: Any) -> Coroutine[Any, Any, StepResult]:
        """
        Return the playing of one step; awaited, it returns the step's result.

        Raises:
            BadInput: There is no such verb, or it cannot be spoken like this.
            StepFailed: (when awaited) The step failed, and is not soft.
        """
        frame = inspect.currentframe()
        source = _source(frame.f_back if frame else None)
        step, found = self.vocabulary.step(written_call(self.name, values, named))
        if len(values) > 1:
            found = [too_many(self.name), *found]
        if step is None or found:
            text = linecache.getline(str(source.path), source.line).rstrip("\r\n")
            raise BadInput(
                [Problem(source.path, source.line, source.column, one.message, one.hint, text) for one in found]
            )
        return _play(replace(step, source=source), self.play_step)


async def _play(step: Step, play_step: PlayStep) -> StepResult:
    result = await play_step(step)
    if result.outcome in (Outcome.FAILED, Outcome.ERROR) and not step.soft:
        raise StepFailed(f"{step.name}: {result.outcome}")
    return result


def _source(caller: FrameType | None) -> Source:
    if caller is None:
        return Source(Path(), 0, 0)
    positions = itertools.islice(caller.f_code.co_positions(), caller.f_lasti // 2, None)
    line, _, column, _ = next(positions, (None, None, None, None))
    path = Path(caller.f_code.co_filename)
    return Source(path, line or caller.f_lineno, (column or 0) + 1)
