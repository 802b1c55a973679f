"""The words of the scenario language: from a verb and what was written beside it to a Step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from prober.loading import robot_verbs
from prober.loading.arguments import REST, UNREADABLE, Field, Written, build, fields_of, spread
from prober.loading.fields import Duration, Text, context, did_you_mean
from prober.loading.mistakes import Mistake
from prober.loading.robot_verbs import Name
from prober.model.prompt import PromptTable
from prober.model.scenario import Action, Retry, Step
from prober.model.value import Capture, ValueType
from prober.model.verb import ROBOT, Verb

_LONGEST_NAME = 40


@dataclass(frozen=True)
class Limits:
    """What can stand beside any verb."""

    within: Duration | None = field(
        default=None, metadata={"description": "the step fails when it takes longer; every verb has a default"}
    )
    warn: Duration | None = field(
        default=None, metadata={"description": "the step is SLOW when it takes longer; shorter than ‘within’"}
    )
    name: Text | None = field(default=None, metadata={"description": "what reports call this step"})
    optional: bool = field(default=False, metadata={"description": "its absence is fine: SKIPPED, and the run goes on"})
    soft: bool = field(
        default=False, metadata={"description": "a failure does not end the run, which FAILS at its end"}
    )
    always: bool = field(default=False, metadata={"description": "played even after a failure: hang up, log out"})
    retry: Retry = field(
        default=Retry.ALLOWED, metadata={"description": "‘never’: a failed run is not played again at once"}
    )
    capture: dict[Name, ValueType] = field(
        default_factory=dict,
        metadata={"description": "values to take out of what was heard, seen or received: {name: money}"},
    )


LIMITS: Mapping[str, Field] = fields_of(Limits)


class Vocabulary:
    """
    All the verbs a scenario can use: those of the channels given, and the robot's own.

    *prompts* and *sayings* are the names of what is recorded of the IVR and of the customer; None where no library is
    known, so that none is checked. *speech*: whether it can be recognised, *voice*: whether a text can be spoken; None
    where that is not known.
    """

    def __init__(
        self,
        verbs: Iterable[Verb],
        *,
        prompts: Iterable[str] | None = None,
        sayings: Iterable[str] | None = None,
        speech: bool | None = None,
        voice: bool | None = None,
    ) -> None:
        self.verbs: Mapping[str, Verb] = {verb.full_name: verb for verb in (*verbs, *robot_verbs.VERBS)}
        self._known = context(prompts=prompts, sayings=sayings, speech=speech, voice=voice, played=True)
        for verb in self.verbs.values():
            if taken := LIMITS.keys() & fields_of(verb.argument).keys():
                raise ValueError(f"{verb.full_name}: {', '.join(taken)} is a limit of every step")

    def knowing(self, table: PromptTable, *, speech: bool | None = None, voice: bool | None = None) -> Vocabulary:
        """Return the same vocabulary that knows the names in *table*, of *speech* recognition, and of a *voice*."""
        names = {"prompts": table.prompts, "sayings": table.sayings}
        return Vocabulary(self.verbs.values(), **names, speech=speech, voice=voice)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels there are, without the robot."""
        return tuple(dict.fromkeys(verb.channel for verb in self.verbs.values() if verb.channel != ROBOT))

    def unknown_verb(self, name: str) -> Mistake:
        """Return what to tell a person who wrote *name* for a verb."""
        channel, dot, _ = name.partition(".")
        own = [verb for verb in self.verbs if verb.startswith(f"{channel}.")]
        if dot and not own:
            hint = did_you_mean(name, self.verbs)
            hint = hint if hint.startswith("did") else did_you_mean(channel, self.channels)
            return Mistake((name,), f"unknown channel ‘{channel}’", hint, key=True)
        return Mistake((name,), f"unknown verb ‘{name}’", did_you_mean(name, own or self.verbs), key=True)

    def verb_of(self, step: Mapping[str, Any]) -> tuple[Verb | None, list[Mistake]]:
        """Return the verb that a step's mapping begins with, and what is wrong with its choice."""
        first = next(iter(step), "")
        verb = self.verbs.get(first)
        if verb is not None:
            return verb, []
        later = next((key for key in step if key in self.verbs), None)
        if later is not None:
            return None, [Mistake((later,), f"‘{later}’ must be the first key of its step", key=True)]
        return None, [self.unknown_verb(next((key for key in step if key not in LIMITS), first))]

    def step(self, written: Mapping[str, Any]) -> tuple[Step | None, list[Mistake]]:
        """
        Return the step a mapping stands for (its first key the verb), and every mistake in it.

        None with no mistakes: it holds an UNREADABLE value, and what can be read of it is right.
        """
        verb, found = self.verb_of(written)
        if verb is None:
            return None, found
        argument, limits = self._sort(verb, written, found)
        action, more = build(verb.argument, argument, self._known)
        given, faults = build(Limits, limits, self._known)
        found += more + faults
        if isinstance(given, Limits):
            found += _contradictions(verb, given, limits)
        if found or action is None or not isinstance(given, Limits) or REST in written:
            return None, found
        return _step(verb, action, given), []

    def _sort(
        self, verb: Verb, written: Mapping[str, Any], found: list[Mistake]
    ) -> tuple[dict[str, Written], dict[str, Written]]:
        """Tell the verb's own fields from the limits, and note what is neither, twice or missing."""
        fields = fields_of(verb.argument)
        argument, mistakes = spread(verb.argument, verb.full_name, written[verb.full_name])
        found += mistakes
        limits: dict[str, Written] = {}
        for key, value in list(written.items())[1:]:
            if key == REST:
                continue
            if key in LIMITS:
                limits[key] = Written(value, (key,))
            elif key not in fields:
                found.append(self._unknown_key(verb, key))
            elif key in argument:
                found.append(Mistake((key,), f"‘{key}’ is given twice", key=True))
            else:
                argument[key] = Written(value, (key,))
        if not mistakes and not any(value is UNREADABLE for value in written.values()):
            found += _missing(verb, fields, argument)
        return argument, limits

    def _unknown_key(self, verb: Verb, key: str) -> Mistake:
        if key in self.verbs:
            return Mistake((key,), f"a second verb, ‘{key}’, in one step", "begin a new step: - " + key, key=True)
        known = [*LIMITS, *fields_of(verb.argument)]
        return Mistake((key,), f"‘{verb.full_name}’ has no ‘{key}’", did_you_mean(key, known), key=True)


def _missing(verb: Verb, fields: Mapping[str, Field], argument: Mapping[str, Written]) -> list[Mistake]:
    first = next(iter(fields), None)
    found = []
    for name, one in fields.items():
        if one.required and name not in argument:
            message = f"‘{verb.full_name}’ needs ‘{name}’"
            if name == first:
                message = f"‘{verb.full_name}’ needs a value: {one.description or name}"
            found.append(Mistake((verb.full_name,), message, key=True))
    return found


def _contradictions(verb: Verb, limits: Limits, written: Mapping[str, Written]) -> list[Mistake]:
    found = []
    if verb.within_s is None:
        found += [
            Mistake((key,), f"‘{verb.full_name}’ has no time of its own: leave ‘{key}’ out", key=True)
            for key in ("within", "warn")
            if key in written
        ]
    elif limits.within == 0:
        found.append(Mistake(("within",), "within 0 s nothing can be done"))
    else:
        within_s = verb.within_s if limits.within is None else limits.within
        if limits.warn is not None and limits.warn >= within_s:
            found.append(Mistake(("warn",), f"‘warn’ must be shorter than ‘within’, which is {within_s:g} s here"))
    if limits.capture and not verb.captures:
        found.append(Mistake(("capture",), f"‘{verb.full_name}’ brings back no text to capture from", key=True))
    return found


def _step(verb: Verb, argument: Any, limits: Limits) -> Step:
    captures = tuple(Capture(name, kind) for name, kind in limits.capture.items())
    action = Action(verb.channel, verb.name, argument, captures, verb.ordering, verb.needs)
    return Step(
        action=action,
        name=limits.name or _default_name(action),
        layer=verb.layer,
        within_s=verb.within_s if limits.within is None else limits.within,
        warn_s=limits.warn,
        optional=limits.optional or verb.attended,
        soft=limits.soft,
        always=limits.always,
        retry=limits.retry,
    )


def _default_name(action: Action) -> str:
    short = action.subject
    short = f"{short[: _LONGEST_NAME - 1]}…" if len(short) > _LONGEST_NAME else short
    return f"{action.full_name} {short}".strip()
