"""The six qualities of an item, on all of its channels or on one, out of what was measured and what people said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import mean
from typing import Any

from prober.app.availability import Available, availabilities
from prober.app.reviewing import latest_of_each
from prober.app.work import Work
from prober.judge import agreement, qualities
from prober.judge.qualities import Heard, Need
from prober.loading.config import Settings
from prober.model.figures import Figures
from prober.model.incident import Incident, Kind
from prober.model.item import Item
from prober.model.probe import Probe
from prober.model.prompt import PromptTable
from prober.model.quality import Grade, Graded, Quality
from prober.model.review import Opinion, Review
from prober.model.run import Layer, Outcome, Phase, Run, StepResult
from prober.model.scenario import Scenario
from prober.model.span import Span
from prober.model.wording import Experience, Told
from prober.store.store import Store

LATELY = 200
"""Runs, the latest of the window, that are read for what customers need and are told."""
_CLICKS = frozenset({"click", "choose", "check", "press", "upload"})
_CONTENT = (Layer.PROMPT, Layer.CONTENT)
_ANSWERS = frozenset({"ivr.hear", "web.see", "web.read", "sms.receive"})
_RIGHT = (Outcome.PASSED, Outcome.SLOW)


@dataclass(frozen=True)
class Grading:
    """Grades one item. *work* is what is played round the clock; None: nothing is. Everything blocks."""

    item: Item
    scenarios: Mapping[str, Scenario]
    prompts: PromptTable
    settings: Settings
    experience: Experience
    store: Store
    work: Work | None = None

    def stays(self, now: datetime) -> list[tuple[Phase, Span]]:
        """Return the phases the item stood in up to *now* and when, the last stay in each, in their order."""
        changes = [one for one in reversed(self.store.items.changes(self.item.name)) if one.at <= now]
        phase, since = Phase.PRE_LAUNCH, self.life(now)[0]
        stays: dict[Phase, Span] = {}
        for change in changes:
            stays[phase] = (since, change.at)
            phase, since = change.phase, change.at
        stays[phase] = (since, now)
        return [(phase, stays[phase]) for phase in Phase if phase in stays]

    def life(self, now: datetime) -> Span:
        """Return the whole life of the item up to *now*: since its first run, or the first word of where it stands."""
        changes = self.store.items.changes(self.item.name)
        begun = (self.store.queries.first_at(self.item.scenarios), *(one.at for one in changes))
        return min((at for at in begun if at is not None and at <= now), default=now), now

    def graded(self, span: Span, *, channel: str = "", phase: Phase | None = None) -> Graded:
        """Return the qualities in *span*, on *channel* or on all, of the runs of *phase* or of any."""
        whole = self._figures(span, channel, phase)
        steps = self._figures(span, channel, phase, of_steps=True)
        runs = self._lately(span, phase)
        reviews = latest_of_each(self.store.reviews.of(self.item.name, since=span[0], until=span[1]))
        opinions = self.store.reviews.opinions(self.item.name, since=span[0], until=span[1])
        opinions = [one for one in opinions if not channel or one.channel == channel]
        grades = (
            self._simplicity(runs, channel),
            qualities.reliability(whole.passed + whole.slow, whole.n),
            self._comprehensibility(runs, reviews, channel),
            qualities.timeliness(steps.passed, steps.slow, steps.failed),
            self._stability(span, channel, phase, whole),
            self._consistency(runs, channel, phase, span),
        )
        return Graded(
            *(channel, phase, span, whole.n, {grade.quality: grade for grade in grades}),
            agreement.by_quality(reviews),
            _means(opinions),
            len(reviews),
            len(opinions),
        )

    def _figures(self, span: Span, channel: str, phase: Phase | None, *, of_steps: bool = False) -> Figures:
        """Return the figures of whole runs, or of the steps of *channel*: of every one but the robot's own."""
        on = {"channel": channel or self.item.channels} if channel or of_steps else {}
        return self._counted(span, phase, **on)

    def _counted(self, span: Span, phase: Phase | None, **wanted: str | Sequence[str]) -> Figures:
        since, until = span
        if phase is not None:
            wanted["phase"] = str(phase)
        found = self.store.rollups.figures(since, until, by=(), scenario=self.item.scenarios, **wanted)
        return found.get((), Figures())

    def _lately(self, span: Span, phase: Phase | None) -> list[Run]:
        found = [
            run
            for name in self.item.scenarios
            for run in self.store.queries.runs(scenario=name, since=span[0], until=span[1], limit=LATELY)
        ]
        return [run for run in found if run.attempt == 1 and (phase is None or run.phase is phase)]

    def _simplicity(self, runs: Sequence[Run], channel: str) -> Grade:
        needs = [_need(run, channel) for run in runs if run.outcome in _RIGHT]
        return qualities.simplicity(needs, self.item.budget)

    def _comprehensibility(self, runs: Sequence[Run], reviews: Sequence[Review], channel: str) -> Grade:
        channels = (channel,) if channel else self.item.channels
        steps = [step for run in runs for step in run.steps if step.channel in channels]
        mos = [step.facts.get("estimated_mos") for step in steps]
        return qualities.comprehensibility(
            [one for one in self.told() if one.channel in channels] if runs else [],
            self.experience.wording,
            heard=[_heard(step) for step in steps if (step.channel, step.verb) == ("ivr", "hear")],
            mos=[value for value in mos if isinstance(value, float)],
            scores=[
                one.scores[Quality.COMPREHENSIBILITY] for one in reviews if Quality.COMPREHENSIBILITY in one.scores
            ],
        )

    def told(self) -> list[Told]:
        """Return the texts the item tells customers: its references, and its prompts."""
        found = [Told(channel, text, "reference") for channel, text in self.item.reference.items()]
        for name in self.item.scenarios:
            for step in self.scenarios[name].steps:
                known = (self.prompts.prompts.get(name) for name in getattr(step.action.argument, "prompts", ()))
                found += [Told("ivr", prompt.text, prompt.name) for prompt in known if prompt and prompt.text]
        return list({(one.channel, one.where): one for one in found}.values())

    def incidents(self, span: Span) -> list[Incident]:
        """Return the incidents of the item's channels that were open in the time of *span*, in their order."""
        probes = {probe.name for probe in self.probes}
        found = self.store.incidents.find(since=span[0], limit=None)
        ours = [one for one in found if self.item.name in one.items or probes & {*one.probes}]
        return [one for one in reversed(ours) if one.cause.kind is Kind.CHANNEL and one.opened_at < span[1]]

    def available(self, span: Span) -> list[Available]:
        """Return how available the channels of the item's probes were in the time of *span*."""
        if self.work is None or not self.probes:
            return []
        since, until = span
        found = availabilities(self.work, self.store, now=until, lasting=until - since)
        return [one for one in found if one.probe in self.probes]

    @property
    def probes(self) -> list[Probe]:
        """The probes that play one of the item's scenarios."""
        return [
            probe for probe in (self.work.probes if self.work else ()) if probe.scenario.name in self.item.scenarios
        ]

    def _stability(self, span: Span, channel: str, phase: Phase | None, whole: Figures) -> Grade:
        since, until = span
        incidents = [one for one in self.incidents(span) if not channel or channel in one.cause.channels]
        p50_s, p95_s = self._spread(span, channel, phase) if channel else (whole.p50_s, whole.p95_s)
        shares = [] if channel else [one.of.share for one in self.available(span) if one.of.share is not None]
        return qualities.stability(
            availability=min(shares, default=None),
            incidents=len(incidents),
            window_s=(until - since) / timedelta(seconds=1),
            p50_s=p50_s,
            p95_s=p95_s,
        )

    def _spread(self, span: Span, channel: str, phase: Phase | None) -> tuple[float, float]:
        """Return the p50 and the p95 of the steps of *channel*, each added up: steps that are unlike do not mix."""
        wanted: dict[str, Any] = {} if phase is None else {"phase": str(phase)}
        found = self.store.rollups.figures(
            *span, by=("scenario", "step"), scenario=self.item.scenarios, channel=channel, **wanted
        )
        return sum(one.p50_s or 0.0 for one in found.values()), sum(one.p95_s or 0.0 for one in found.values())

    def _consistency(self, runs: Sequence[Run], channel: str, phase: Phase | None, span: Span) -> Grade:
        same = Figures() if channel else self._counted(span, phase, verb="same")
        equal = [True] * (same.passed + same.slow) + [False] * same.failed
        return qualities.consistency(equal=equal, right=list(_right(runs, channel)))


def _right(runs: Sequence[Run], channel: str) -> Iterator[bool]:
    """Yield for each answer that came whether its content was right."""
    for step in (step for run in runs for step in run.steps):
        if f"{step.channel}.{step.verb}" in _ANSWERS and channel in {"", step.channel}:
            if step.outcome in _RIGHT:
                yield True
            elif step.outcome is Outcome.FAILED and step.layer in _CONTENT:
                yield False


def _need(run: Run, channel: str) -> Need:
    """Return what *run* needed of a customer; what its channels do not count is None."""
    steps = {one: [step for step in run.steps if step.channel == one] for one in ("ivr", "web", "sms")}
    keys = [step.facts.get("keys") for step in steps["ivr"] if step.verb == "press"]
    clicks = [_fields(step) if step.verb == "fill" else step.verb in _CLICKS for step in steps["web"]]
    whole_s = (run.steps[-1].ended_at - run.steps[0].started_at) / timedelta(seconds=1) if run.steps else None
    if whole_s is not None:  # what the person thought who attended it, no customer needs
        whole_s -= sum(
            (step.ended_at - step.started_at) / timedelta(seconds=1) for step in run.steps if step.verb == "ask"
        )
    counted = all(isinstance(key, int) for key in keys)  # secret keys are not counted
    return Need(
        scenario=run.scenario,
        keys=sum(key for key in keys if isinstance(key, int)) if counted and _of("ivr", channel, steps) else None,
        clicks=sum(clicks) if _of("web", channel, steps) else None,
        messages=sum(step.verb == "send" for step in steps["sms"]) if _of("sms", channel, steps) else None,
        seconds=None if channel else whole_s,
    )


def _of(one: str, channel: str, steps: Mapping[str, Sequence[StepResult]]) -> bool:
    return channel in {"", one} and bool(steps[one])


def _fields(step: StepResult) -> int:
    """Return how many fields were filled in: a locator each."""
    locators = step.facts.get("locator")
    return len(locators.split("; ")) if isinstance(locators, str) else 1


def _heard(step: StepResult) -> Heard:
    level, clipped = step.facts.get("level_dbfs"), step.facts.get("clipped")
    return Heard(
        level if isinstance(level, float) else None,
        clipped if isinstance(clipped, float) else None,
        step.timings.get("length_s"),
    )


def _means(opinions: Sequence[Opinion]) -> dict[Quality | None, float]:
    """Return the mean score of each quality, and of the whole, 0..100."""
    by: dict[Quality | None, list[float]] = {}
    for one in opinions:
        by.setdefault(one.quality, []).append(one.score)
    return {quality: mean(scores) for quality, scores in by.items()}
