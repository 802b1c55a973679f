"""From what was seen to an outcome, a layer and a sentence: the table of outcomes."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from prober.errors import RobotBroken
from prober.judge import chinese
from prober.model.run import Failure, Layer, Observation, Outcome, Seen
from prober.model.scenario import Step
from prober.model.value import Captured


@dataclass(frozen=True)
class Judgement:
    """How a step ended, who answers for it, and why."""

    outcome: Outcome
    layer: Layer | None = None
    failure: Failure | None = None


_LAYERS: dict[Seen, Layer] = {
    Seen.REFUSED: Layer.SIGNALLING,
    Seen.WRONG_ANSWER: Layer.SIGNALLING,
    Seen.NO_ANSWER: Layer.SIGNALLING,
    Seen.HUNG_UP: Layer.MEDIA,
    Seen.NO_MEDIA: Layer.MEDIA,
    Seen.ONE_WAY: Layer.MEDIA,
    Seen.DROPOUT: Layer.MEDIA,
    Seen.POOR_QUALITY: Layer.MEDIA,
    Seen.SILENCE: Layer.PROMPT,
    Seen.TONE: Layer.PROMPT,
    Seen.MUSIC: Layer.PROMPT,
    Seen.OTHER_PROMPT: Layer.PROMPT,
    Seen.WRONG_CONTENT: Layer.CONTENT,
    Seen.HTTP_ERROR: Layer.PAGE,
    Seen.MISSING_ELEMENT: Layer.PAGE,
    Seen.AMBIGUOUS_ELEMENT: Layer.PAGE,
    Seen.PAGE_CRASHED: Layer.PAGE,
    Seen.DIALOG: Layer.PAGE,
    Seen.PAGE_ERRORS: Layer.PAGE,
    Seen.POOR_FIGURES: Layer.PAGE,
    Seen.INACCESSIBLE: Layer.PAGE,
    Seen.OTHER_LOOK: Layer.PAGE,
    Seen.UNREACHABLE: Layer.PAGE,
    Seen.BARRED: Layer.ROBOT,
    Seen.GATEWAY_REFUSED: Layer.GATEWAY,
    Seen.THROTTLED: Layer.GATEWAY,
    Seen.DESTINATION_REFUSED: Layer.GATEWAY,
    Seen.RECEIPT_FAILED: Layer.DELIVERY,
    Seen.UNEXPECTED_MESSAGE: Layer.DELIVERY,
}
"""Who answers for what was seen; `NOTHING` falls to the layer of the step's own verb."""

_ABSENT = frozenset({Seen.NOTHING, Seen.SILENCE, Seen.MISSING_ELEMENT})
"""What makes an optional step absent rather than wrong."""
_NOTHING_CAME = frozenset({Seen.NOTHING, Seen.NO_ANSWER, Seen.NO_MEDIA, Seen.SILENCE, Seen.MISSING_ELEMENT})
"""What a robot that stands still sees, whatever the channel does."""
_STALL_S = 1.0
"""A shorter stall of the robot's does not make it miss what was there."""


def judge(step: Step, seen: Observation) -> Judgement:
    """Return how *step* ended, by the table of outcomes. The limits are held against `took_s`."""
    if seen.seen is Seen.NOT_ASKED:
        return Judgement(
            Outcome.SKIPPED, None, Failure("was not asked", seen.expected, seen.actual, chinese.SEEN[seen.seen])
        )
    if seen.seen is Seen.EXPECTED:
        return _in_time(step, seen)
    if step.optional and seen.seen in _ABSENT:
        absent = Failure("was absent, which is fine here", seen.expected, seen.actual, chinese.ABSENT)
        return Judgement(Outcome.SKIPPED, None, absent)
    what = f"{step.name}: nothing came" if seen.seen is Seen.NOTHING else f"{step.name}: {seen.seen}"
    return _failed(seen, what, chinese.SEEN[seen.seen], _LAYERS.get(seen.seen, step.layer))


def _in_time(step: Step, seen: Observation) -> Judgement:
    took_s = seen.took_s
    if took_s is None:
        return Judgement(Outcome.PASSED)
    if step.within_s is not None and took_s > step.within_s:
        what = f"{step.name}: right, but too late ({took_s:.3f} s, limit {step.within_s:g} s)"
        zh = chinese.TOO_LATE.format(took_s=took_s, within_s=step.within_s)
        return _failed(seen, what, zh, step.layer)
    if step.warn_s is not None and took_s > step.warn_s:
        return Judgement(Outcome.SLOW)
    return Judgement(Outcome.PASSED)


def _failed(seen: Observation, what: str, zh: str, layer: Layer) -> Judgement:
    outcome = Outcome.ERROR if layer is Layer.ROBOT else Outcome.FAILED
    return Judgement(outcome, layer, Failure(what, seen.expected, seen.actual, zh))


def of_self_check(judged: Judgement, broken: RobotBroken) -> Judgement:
    """Return *judged*, a failure in doubt, as the robot's own: its self-check has failed as well."""
    seen = judged.failure or Failure("nothing was told")
    what = f"{seen.what}, but the robot cannot do better by itself: {broken.what}"
    return Judgement(
        Outcome.ERROR, Layer.ROBOT, Failure(what, _both(seen), broken.cure, f"{seen.zh}{chinese.SELF_CHECK}")
    )


def of_broken(what: str, cure: str) -> Judgement:
    """Return how a step ended that the robot could not do: *what* happened, and the *cure* a person can try."""
    return Judgement(Outcome.ERROR, Layer.ROBOT, Failure(what, actual=cure, zh=chinese.NOT_DONE))


def of_deadline(judged: Judgement, deadline_s: float) -> Judgement:
    """Return *judged*, a failure, with the word that the scenario's deadline ended the wait."""
    failure = judged.failure or Failure("nothing was told")
    what = f"{failure.what}; the deadline of the scenario ({deadline_s:g} s) ended the wait"
    zh = f"{failure.zh}{chinese.CUT.format(deadline_s=deadline_s)}"
    return replace(judged, failure=replace(failure, what=what, zh=zh))


def of_stall(step: Step, judged: Judgement, seen: Observation, stalled_s: float) -> Judgement:
    """
    Return *judged*, unless the robot stood still for so long that the channel may have been in time.

    *stalled_s*: the longest time for which the event loop did not run in this step.
    """
    if judged.outcome is not Outcome.FAILED or judged.failure is None or step.within_s is None:
        return judged
    late = seen.seen is Seen.EXPECTED and seen.took_s is not None and seen.took_s - stalled_s <= step.within_s
    missed = seen.seen in _NOTHING_CAME and stalled_s > step.within_s / 10
    if stalled_s < _STALL_S or not (late or missed):
        return judged
    what = f"{judged.failure.what}, but the robot itself stood still for {stalled_s:.1f} s"
    cure = "Run less on this machine, or fewer runs at once."
    zh = f"{judged.failure.zh}{chinese.STOOD_STILL.format(stalled_s=stalled_s)}"
    return Judgement(Outcome.ERROR, Layer.ROBOT, Failure(what, _both(judged.failure), cure, zh))


def _both(failure: Failure) -> str:
    """Return what was expected and what was seen: what is to be done stands in the place of the latter."""
    return "; but ".join(filter(None, (failure.expected, failure.actual)))


def of_captures(step: Step, judged: Judgement, captured: Sequence[Captured]) -> Judgement:
    """Return *judged*, unless a value that was to be captured cannot be read as its type."""
    unread = [one for one in captured if one.value is None]
    if not unread:
        return judged
    wanted = ", ".join(f"{one.name} ({one.type})" for one in unread)
    told = "; ".join(f"«{one.text}»" for one in unread)
    unreadable = Failure(f"{step.name}: a value cannot be read", wanted, told, chinese.UNREADABLE)
    return Judgement(Outcome.FAILED, Layer.CONTENT, unreadable)


def of_exception(exc: Exception) -> Judgement:
    """Return how a Python scenario that raised *exc* ended: its own assertion FAILED, anything else is an ERROR."""
    where = traceback.extract_tb(exc.__traceback__)[-1]
    said = "".join(traceback.format_exception_only(exc)).strip()
    asserted = isinstance(exc, AssertionError)
    zh = chinese.ASSERTION if asserted else chinese.SCENARIO
    told = Failure(f"{PurePath(where.filename).name}, line {where.lineno}: {said}", actual=where.line or "", zh=zh)
    if asserted:
        return Judgement(Outcome.FAILED, Layer.CONTENT, told)
    return Judgement(Outcome.ERROR, Layer.ROBOT, told)


def of_run(outcomes: Sequence[Outcome], *, unasked: bool = False, interrupted: bool = False) -> Outcome:
    """
    Return the outcome of a run: FAILED beats ERROR beats SLOW beats PASSED; SKIPPED if nothing was asked.

    *unasked*: a step could not be asked for the line's sake (its number is in quarantine), so the run never passed.
    *interrupted*: the robot could not ask to the end, so it is an ERROR unless a step FAILED.
    """
    if interrupted:
        return Outcome.FAILED if Outcome.FAILED in outcomes else Outcome.ERROR
    for outcome in (Outcome.FAILED, Outcome.ERROR):
        if outcome in outcomes:
            return outcome
    asked = () if unasked else (Outcome.SLOW, Outcome.PASSED)
    return next((outcome for outcome in asked if outcome in outcomes), Outcome.SKIPPED)
