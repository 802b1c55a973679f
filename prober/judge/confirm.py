"""Whether a broken run is played again at once to confirm it, and on which lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from prober.judge.attempts import of_run
from prober.model.line import Line
from prober.model.order import masked
from prober.model.probe import Probe
from prober.model.run import Layer, Outcome, Run
from prober.model.scenario import Retry

AT_ONCE = timedelta(seconds=60)
"""A failure that is older, because the robot was ended in between, is not repeated: it would be another time's."""
_WRONG_SECRET = re.compile(
    r"密码.{0,8}(错误|不正确|有误|不符|不对)|已(被)?锁定"
    r"|(wrong|incorrect|invalid) ([\w ]{0,20} )?(password|passcode|pin)\b|account (is |has been )?locked",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Confirmation:
    """*lines* are those a second attempt may be played on; none: it is not played, and *why* is the reason."""

    lines: tuple[Line, ...] = ()
    why: str = ""


def confirmation(probe: Probe, run: Run, now: datetime) -> Confirmation:
    """
    Return whether *run*, which has ended, is to be repeated at the instant *now*, and on which lines.

    Only a failure is: an error is the robot's own, and needs nobody to confirm it. What orders, what must not be
    repeated, and a wrong secret (five of them lock a customer out) is never repeated. On another customer's line where
    there is one; where the only number still owes the reply that did not come, its quarantine is waited out instead.
    """
    if of_run(run) is not Outcome.FAILED:
        return Confirmation()
    if why := _never(probe, run, now):
        return Confirmation(why=why)
    failed = next((line for line in probe.lines if line.name == run.line), None)
    others = tuple(line for line in probe.lines if failed is None or line.msisdn != failed.msisdn)
    if others:
        return Confirmation(others)
    if failed is not None and _owes_a_reply(run):
        return Confirmation(why=f"its only number, {masked(failed.msisdn)}, is in quarantine after a missing reply")
    return Confirmation(tuple(probe.lines))


def _never(probe: Probe, run: Run, now: datetime) -> str:
    if probe.scenario.effects.orders:
        return "the scenario orders"
    if unrepeatable := next((step for step in probe.scenario.steps if step.retry is Retry.NEVER), None):
        return f"‘{unrepeatable.name}’ says retry: never"
    if probe.scenario.secrets and _WRONG_SECRET.search(_told(run)):
        return "the operator says that a password is wrong, and would lock the customer out"
    if run.ended_at is not None and now - run.ended_at > AT_ONCE:
        return "the robot was ended before it could be"
    return ""


def _told(run: Run) -> str:
    """Return what was seen instead of what was expected, at every step that broke."""
    failures: Sequence[str] = [step.failure.actual for step in run.steps if step.failure is not None]
    return " ".join(failures)


def _owes_a_reply(run: Run) -> bool:
    step = run.failed_step
    return step is not None and step.channel == "sms" and step.layer is Layer.DELIVERY
