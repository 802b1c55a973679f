"""
What is right by the language, and yet not what anybody means: the warnings of `prober check`.

Each check is a pure function of one scenario, and says only what is true whatever the operator does.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prober.errors import BadInput, Problem
from prober.loading.masking import Masker, MaskingRules
from prober.loading.robot_verbs import Same, Wait
from prober.loading.text_file import read_text, split_lines
from prober.model.order import could_order, undo
from prober.model.scenario import Scenario, Step

HEARD_PAST_S = {"confirmed": 2.8, "end": 7.0}
"""How long past the limit of `ivr.hear` its prompt is still listened to; a test holds it to the channel's own."""

_SHORTEST_SECRET = 4


@dataclass(frozen=True)
class Known:
    """What is known around the scenarios: how long prompts last, in seconds, and which texts are which secrets."""

    lengths_s: Mapping[str, float] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Advice:
    """Something to think about at the step of this *index* (-1: the scenario's head), where *spoken* stands."""

    index: int
    spoken: str
    message: str
    hint: str


def order_without_undo(scenario: Scenario, _: Known) -> Iterator[Advice]:
    """An order that no `always` steps undo, and see undone, stands; its line is refused from then on."""
    ordering = [index for index, step in enumerate(scenario.steps) if not step.always and could_order(step)]
    if scenario.effects.orders and ordering and not undo(scenario.steps[ordering[0] :]):
        hint = "end with steps that cancel it and wait for the answer, each with ‘always: true’"
        yield Advice(-1, "effects", "no ‘always’ steps undo what is ordered here, and see that it is undone", hint)


def unheard_end(scenario: Scenario, known: Known) -> Iterator[Advice]:
    """A prompt that lasts longer than it is listened to is never heard to its end."""
    for index, step in _verbs(scenario, "ivr.hear"):
        asked = step.action.argument
        until = "end" if step.action.captures else str(asked.until)
        lengths_s = {prompt: known.lengths_s.get(prompt, 0.0) for prompt in asked.prompts}
        if not lengths_s or step.within_s is None or until not in HEARD_PAST_S:
            continue
        longest_s = step.within_s + HEARD_PAST_S[until]
        prompt, length_s = max(lengths_s.items(), key=lambda one: one[1])
        if length_s > longest_s:
            message = f"‘{prompt}’ lasts {length_s:.1f} s, and is listened to for {longest_s:g} s at most"
            yield Advice(index, "within", message, f"give it more: within: {length_s:.0f}s, or until: started")


def without_a_call(scenario: Scenario, _: Known) -> Iterator[Advice]:
    """Without a call nobody can press a key or hear a prompt."""
    dialled, ended_by = False, ""
    for index, step in enumerate(scenario.steps if scenario.play is None else ()):
        name = step.action.full_name
        if name == "ivr.dial":
            dialled, ended_by = True, "" if step.action.argument.expect == 200 else "ivr.dial"
        elif name == "ivr.hang_up" or (name == "ivr.hung_up" and dialled and not (step.optional or step.soft)):
            ended_by = ended_by or name
        elif step.action.needs == "ivr.dial":
            if not dialled:
                yield Advice(index, name, f"‘{name}’ has no call: nothing was dialled", "begin with ‘ivr.dial: NUMBER’")
            elif ended_by and not step.always:
                why = "expects a refusal" if ended_by == "ivr.dial" else "has ended it"
                yield Advice(index, name, f"‘{name}’ has no call: ‘{ended_by}’ above {why}", "dial again before it")


def without_a_page(scenario: Scenario, _: Known) -> Iterator[Advice]:
    """Before a page is opened there is nothing to see or click."""
    for index, step in enumerate(scenario.steps if scenario.play is None else ()):
        if step.action.full_name == "web.open":
            return
        if step.action.needs == "web.open":
            name = step.action.full_name
            yield Advice(index, name, f"‘{name}’ has no page: none was opened", "begin with ‘web.open: /path’")


def receipt_of_nothing(scenario: Scenario, _: Known) -> Iterator[Advice]:
    """A receipt is for a message that was sent."""
    for index, step in enumerate(scenario.steps if scenario.play is None else ()):
        if step.action.full_name == "sms.send":
            return
        if step.action.needs == "sms.send":
            name = step.action.full_name
            message = f"‘{name}’ waits for the receipt of a message, and none was sent"
            yield Advice(index, name, message, "put it behind the ‘sms.send’ it is for")


def past_the_deadline(scenario: Scenario, _: Known) -> Iterator[Advice]:
    """The whole run ends before such a step may."""
    for index, step in enumerate(scenario.steps):
        argument = step.action.argument
        length_s = argument.time if isinstance(argument, Wait) else step.within_s
        if length_s is not None and length_s > scenario.deadline_s and not step.always:
            spoken = "wait" if isinstance(argument, Wait) else "within"
            message = f"this may take {length_s:g} s, and the whole run {scenario.deadline_s:g} s"
            yield Advice(index, spoken, message, "give the scenario a longer ‘deadline’")


def plain_secret(scenario: Scenario, known: Known) -> Iterator[Advice]:
    """A secret belongs in config.yaml, where it is masked and can be changed in one place."""
    parts: list[tuple[int, Any]] = [(-1, dict(scenario.let))]
    parts += [(index, step.action.argument) for index, step in enumerate(scenario.steps)]
    for index, part in parts:
        for secret, name in known.secrets.items():
            if len(secret) >= _SHORTEST_SECRET and any(_holds(text, secret) for text in _texts(part)):
                hint = f"write ${{secret.{name}}}"
                yield Advice(index, secret, f"the secret ‘{name}’ stands here in plain", hint)


def same_by_itself(scenario: Scenario, _: Known) -> Iterator[Advice]:
    """What one step took out of one text agrees with itself."""
    sources: dict[str, tuple[int, str]] = {}
    for index, step in enumerate(scenario.steps):
        if isinstance(step.action.argument, Same):
            names = step.action.argument.names
            if len(dict.fromkeys(names)) == 1:
                yield Advice(index, "same", f"‘{names[0]}’ is compared with itself", "name another captured value")
            elif len({sources.get(name, (-1, name)) for name in names}) == 1:
                message = f"{' and '.join(names)} are the same value of one step: they always agree"
                yield Advice(index, "same", message, "capture one of them somewhere else")
        for capture in step.action.captures:
            sources[capture.name] = (index, capture.type)


CHECKS: tuple[Callable[[Scenario, Known], Iterator[Advice]], ...] = (
    order_without_undo,
    unheard_end,
    without_a_call,
    without_a_page,
    receipt_of_nothing,
    past_the_deadline,
    plain_secret,
    same_by_itself,
)


def warnings(scenarios: Sequence[Scenario], known: Known) -> list[Problem]:
    """Return everything there is to say of *scenarios*, each in its place; steps that several use are told once."""
    mask = Masker((one for one in known.secrets if len(one) >= _SHORTEST_SECRET), MaskingRules((), ()))
    found = [
        _problem(scenario, advice, mask)
        for scenario in scenarios
        for check in CHECKS
        for advice in check(scenario, known)
    ]
    return sorted(set(found))


def _verbs(scenario: Scenario, name: str) -> Iterator[tuple[int, Step]]:
    return ((index, step) for index, step in enumerate(scenario.steps) if step.action.full_name == name)


def _texts(part: Any) -> Iterator[str]:
    """Yield every text in an argument, keys too."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        yield from _texts([*part, *part.values()])
    elif isinstance(part, list | tuple):
        for one in part:
            yield from _texts(one)
    elif dataclasses.is_dataclass(part):
        yield from _texts([getattr(part, one.name) for one in dataclasses.fields(part)])


def _holds(text: str, secret: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", text) is not None


def _problem(scenario: Scenario, advice: Advice, mask: Masker) -> Problem:
    """Return the warning in its place: where *spoken* stands at its step, else where the step begins."""
    source = scenario.steps[advice.index].source if advice.index >= 0 else None
    path, first, column = (source.path, source.line, source.column) if source else (scenario.path, 1, 1)
    lines = _lines(path)
    last = _end(scenario, advice.index, len(lines))
    for line in range(first, last + 1):
        at = lines[line - 1].find(advice.spoken, column - 1 if line == first else 0)
        if at >= 0:
            first, column = line, at + 1
            break
    shown = lines[first - 1] if first <= len(lines) else ""
    return Problem(path, first, column, advice.message, advice.hint, mask(shown))


def _lines(path: Path) -> Sequence[str]:
    try:
        return split_lines(read_text(path, what="a scenario")[0])
    except BadInput:
        return ()


def _end(scenario: Scenario, index: int, last: int) -> int:
    """Return the last line that belongs to the step of this *index*: the next one of its file begins below."""
    own = scenario.steps[index].source if index >= 0 else None
    if own is None:
        return last
    below = [step.source.line for step in scenario.steps if step.source and step.source.path == own.path]
    return min((line - 1 for line in below if line > own.line), default=last)
