"""Gathers a report of what a time was like: everything that is kept of each item. It blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from prober.app.improving import Improving
from prober.app.qualities import Grading
from prober.model.figures import Figures
from prober.model.incident import Incident, Kind
from prober.model.run import Outcome, Phase
from prober.model.service import Chapter, Objective, Period, ServiceReport, StepFigures, Told
from prober.model.span import Span
from prober.model.verb import ROBOT

_WORST = 5
"""Steps that are told of an item, the worst ones."""
_FAILURES = 2000
"""Failures that are looked through for the last one of a step."""


def gathered(
    gradings: Sequence[Grading], period: Period, label: str, span: Span, *, now: datetime, zone: ZoneInfo
) -> ServiceReport:
    """Return the report of the time of *span*, which is called *label*, on the items that *gradings* grade."""
    chapters = tuple(_Chapter(grading, period, span, now, zone).whole() for grading in gradings)
    robot: list[Incident] = []
    if gradings:
        incidents = gradings[0].store.incidents.find(since=span[0], limit=None)
        robot = [one for one in _open_in(incidents, span) if one.cause.kind is Kind.ROBOT]
    return ServiceReport(period, label, span, str(zone), now, chapters, tuple(robot))


@dataclass(frozen=True)
class _Chapter:
    """The chapter of one item in the making."""

    grading: Grading
    period: Period
    span: Span
    now: datetime
    zone: ZoneInfo

    def whole(self) -> Chapter:
        """Return it."""
        grading, item, store = self.grading, self.grading.item, self.grading.store
        since, until = self.span
        then = (since - (until - since), since)
        channels = ("", *item.channels) if len(item.channels) > 1 else ("",)
        phases = [(phase, part) for phase, stay in grading.stays(until) if (part := _common(stay, self.span))]
        return Chapter(
            item=item,
            phase=self._stood(),
            figures=self._figures(self.span),
            before=self._figures(then),
            graded=tuple(grading.graded(self.span, channel=channel) for channel in channels),
            graded_before=grading.graded(then),
            phases=tuple(grading.graded(part, phase=phase) for phase, part in phases) if len(phases) > 1 else (),
            trend=tuple(grading.graded(part) for part in self._parts()),
            objectives=tuple(self._objectives()),
            by_hour=self._by_hour(),
            by_day=self._by_day(),
            worst=tuple(self._worst()),
            verdicts=tuple(one for one in reversed(store.items.verdicts(item.name)) if since <= one.at < until),
            changes=tuple(one for one in reversed(store.items.changes(item.name)) if since <= one.at < until),
            incidents=tuple(grading.incidents(self.span)),
            improvements=tuple(self._improvements()),
        )

    def _parts(self) -> Iterator[Span]:
        """Yield the parts of the time that a trend is told by: days of a week, weeks of a month, twelfths of a life."""
        since, until = self.span
        lengths = {Period.WEEK: timedelta(days=1), Period.MONTH: timedelta(days=7), Period.LIFE: (until - since) / 12}
        length = lengths.get(self.period)
        while length and since < until:
            yield since, min(since + length, until)
            since += length

    def _figures(self, span: Span) -> Figures:
        since, until = span
        figures = self.grading.store.rollups.figures(since, until, by=(), scenario=self.grading.item.scenarios)
        return figures.get((), Figures())

    def _stood(self) -> Phase:
        """Return where the item stood at the end."""
        changes = self.grading.store.items.changes(self.grading.item.name)
        return next((one.phase for one in changes if one.at < self.span[1]), Phase.PRE_LAUNCH)

    def _by_hour(self) -> Mapping[int, Figures]:
        since, until = self.span
        return self.grading.store.rollups.timeline(
            since, until, lambda at: at.astimezone(self.zone).hour, scenario=self.grading.item.scenarios
        )

    def _by_day(self) -> Mapping[date, Figures]:
        """Return the figures by day; of a day, by the hour."""

        def of(at: datetime) -> date:
            here = at.astimezone(self.zone)
            # An hour that comes twice, when clocks are set back, is two: they differ in their offset.
            return (
                here.astimezone(timezone(here.utcoffset() or timedelta())) if self.period is Period.DAY else here.date()
            )

        since, until = self.span
        return self.grading.store.rollups.timeline(since, until, of, scenario=self.grading.item.scenarios)

    def _objectives(self) -> Iterator[Objective]:
        for one in self.grading.available(self.span):
            counted_s, down_s = one.of.counted.total_seconds(), one.of.down.total_seconds()
            yield Objective(one.probe.name, one.probe.objective, one.of.share, counted_s, down_s)

    def _worst(self) -> Iterator[StepFigures]:
        """Yield the steps that failed most often, then those that were slow most often, then the slowest."""
        store, item, (since, until) = self.grading.store, self.grading.item, self.span
        by = ("scenario", "channel", "step")
        on = (*item.channels, ROBOT)
        found = store.rollups.figures(since, until, by=by, scenario=item.scenarios, channel=on)
        # The robot's own steps, such as `same`, are of interest where they failed alone.
        found = {key: figures for key, figures in found.items() if key[1] != ROBOT or figures.failed}
        ranked = sorted(found.items(), key=lambda pair: _badness(pair[1]), reverse=True)[:_WORST]
        last: dict[tuple[str, ...], str] = {}
        for failure in store.queries.failures(since, until, scenarios=item.scenarios, limit=_FAILURES):
            if failure.outcome is Outcome.FAILED:
                last.setdefault((failure.scenario, failure.channel, failure.name), failure.run_id)
        for (scenario, channel, step), figures in ranked:
            run_id = last.get((scenario, channel, step))
            yield StepFigures(scenario, channel, step, figures, store.queries.run(run_id) if run_id else None)

    def _improvements(self) -> Iterator[Told]:
        """Yield those that were open in this time, or done in it."""
        since, until = self.span
        improving = Improving(self.grading.store)
        for one in reversed(self.grading.store.improvements.find(item=self.grading.item.name)):
            if one.opened_at < until and (one.stage.is_open or (one.since or one.opened_at) >= since):
                yield Told(one, improving.progress(one), improving.compared(one, self.now))


def _badness(figures: Figures) -> tuple[float, float, float]:
    return figures.failed / max(1, figures.n), figures.slow / max(1, figures.n), figures.p95_s or 0.0


def _common(one: Span, other: Span) -> Span | None:
    since, until = max(one[0], other[0]), min(one[1], other[1])
    return (since, until) if since < until else None


def _open_in(incidents: Sequence[Incident], span: Span) -> list[Incident]:
    """Return the incidents that were open in the time of *span*, in the order they were opened."""
    return [one for one in reversed(incidents) if one.opened_at < span[1]]
