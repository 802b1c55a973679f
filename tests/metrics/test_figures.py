"""What the robot counts, read by the parsers of Prometheus itself."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain

from prober.metrics import Figures, table
from prober.metrics.table import Type
from prober.model.incident import Cause, Incident, Kind
from prober.model.probe import Missed, Probe, Schedule, Severity, Start
from prober.model.run import Layer, Outcome
from prober.model.scenario import Action, Scenario, Step

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def read(figures: Figures, name: str, **labels: str) -> float | None:
    """Return one sample, as Prometheus reads it."""
    for family in plain(figures.exposition()[0].decode()):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    return None


async def test_a_run_is_counted_by_its_probe_and_outcome(run):
    """Scenario, item, probe, outcome and attempt tell runs apart; the probe's last run has its instant."""
    figures = Figures()
    await figures.run_started(run())
    assert read(figures, "prober_runs_under_way") == 1
    await figures.run_finished(run())
    await figures.run_finished(run(outcome=Outcome.FAILED, attempt=2))
    labels = {"scenario": "balance-query", "item": "balance", "probe": "balance"}
    assert read(figures, "prober_runs_total", outcome="passed", attempt="1", **labels) == 1
    assert read(figures, "prober_runs_total", outcome="failed", attempt="2", **labels) == 1
    assert read(figures, "prober_runs_under_way") == 0
    ended = run().ended_at.timestamp()
    assert read(figures, "prober_probe_last_run_timestamp_seconds", probe="balance") == ended
    assert read(figures, "prober_run_waited_seconds_sum") == pytest.approx(0.4)


async def test_a_run_whose_end_was_not_told_does_not_stay_under_way(run):
    """The next run of its probe takes its place: the store may break between the two."""
    figures = Figures()
    await figures.run_started(run())
    await figures.run_started(run(id="20261122T080500-00000002"))
    assert read(figures, "prober_runs_under_way") == 1


async def test_a_step_is_counted_and_timed(run, step):
    """Its latency falls into its bucket; the failure's layer is a label."""
    figures = Figures()
    await figures.step_finished(run(), step())
    await figures.step_finished(run(), step(outcome=Outcome.FAILED, layer=Layer.PROMPT, took_s=None))
    labels = {"scenario": "balance-query", "step": "welcome", "channel": "ivr", "verb": "hear"}
    assert read(figures, "prober_step_seconds_bucket", le="0.2", **labels) == 0
    assert read(figures, "prober_step_seconds_bucket", le="0.5", **labels) == 1
    assert read(figures, "prober_step_seconds_count", **labels) == 1
    assert read(figures, "prober_steps_total", outcome="failed", layer="prompt") == 1


@pytest.mark.parametrize(
    ("more", "timed"),
    [
        ({"outcome": Outcome.SLOW, "took_s": 3.0}, 1),
        ({"outcome": Outcome.FAILED, "took_s": 4.5}, 1),
        ({"outcome": Outcome.FAILED, "took_s": 0.01}, None),
        ({"outcome": Outcome.ERROR, "took_s": 0.01}, None),
    ],
)
async def test_only_right_answers_are_timed(run, step, more, timed):
    """A refusal is quick; a latency that took it in would look better for it. One that came too late counts."""
    figures = Figures()
    await figures.step_finished(run(), step(**more))
    assert read(figures, "prober_step_seconds_count") == timed


async def test_steps_of_one_name_are_two_series(run, step):
    """The menu heard a second time is no other latency of the first."""
    figures, again = Figures(), step(index=1, took_s=3.9)
    whole = run(steps=(step(), again))
    for one in whole.steps:
        await figures.step_finished(whole, one)
    assert read(figures, "prober_step_seconds_sum", step="welcome") == 0.4
    assert read(figures, "prober_step_seconds_sum", step="welcome (2)") == 3.9


async def test_a_bucket_names_the_run_that_fell_into_it_last(run, step):
    """In OpenMetrics a slow bucket leads to a run that was so slow."""
    figures = Figures()
    await figures.step_finished(run(), step())
    text, content_type = figures.exposition("application/openmetrics-text; version=1.0.0,text/plain;q=0.5")
    assert content_type.startswith("application/openmetrics-text")
    steps = next(family for family in open_metrics(text.decode()) if family.name == "prober_step_seconds")
    told = [sample.exemplar.labels for sample in steps.samples if sample.exemplar]
    assert told == [{"run_id": run().id}]


async def test_both_formats_tell_the_same(run, step):
    """Whatever a person calls a scenario comes through either format, and both can be read to the end."""
    figures = Figures()
    odd = 'a "quoted" \\ name\nof 余额'
    await figures.step_finished(run(scenario=odd), step(name=odd))
    await figures.run_finished(run(scenario=odd, probe=odd))
    told = [
        {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for one in families
            for sample in one.samples
        }
        for families in (
            list(plain(figures.exposition()[0].decode())),
            list(open_metrics(figures.exposition("application/openmetrics-text")[0].decode())),
        )
    ]
    assert told[0] == told[1]
    assert any(dict(labels).get("step") == odd for _, labels in told[0])


def test_labels_are_bounded():
    """Past the most that are told apart a step is `other`, and a figure says that it happened."""
    figures = Figures()
    for number in range(table.STEP.most + 5):
        figures.observe(table.STEP, 0.1, "s", f"step {number}", "web", "see")
    figures.observe(table.STEP, 0.1, "s", "step 3", "web", "see")
    assert read(figures, "prober_step_seconds_count", scenario="other", step="other", verb="see") == 5
    assert read(figures, "prober_step_seconds_count", step="step 3") == 2
    assert read(figures, "prober_label_capped_total", metric="prober_step_seconds") == 5


def test_what_a_person_can_name_is_capped():
    """Every label that has as many values as people write is told of as such."""
    written = {"scenario", "item", "probe", "step", "line"}
    for metric in table.TABLE:
        assert written.intersection(metric.labels) == set(metric.open), metric.name
        assert bool(metric.open) == bool(metric.most), metric.name


def test_names_keep_to_the_customs_of_prometheus():
    """A counter ends in _total, a histogram in its unit; and all begin with the robot's name."""
    assert len({metric.name for metric in table.TABLE}) == len(table.TABLE)
    for metric in table.TABLE:
        assert metric.name.startswith("prober_")
        assert metric.name.endswith("_total") == (metric.type is Type.COUNTER), metric.name
        assert metric.name.endswith("_seconds") or metric.type is not Type.HISTOGRAM, metric.name
        assert list(metric.buckets) == sorted(metric.buckets)
        assert metric.help.endswith(".")


def test_the_wrong_number_of_labels_is_refused():
    """A label that is missing would be a figure that nobody finds."""
    with pytest.raises(ValueError, match=r"shorter|longer"):
        Figures().set(table.DISK_FREE, 0.5)


def test_missed_starts_are_counted_by_reason():
    """Several in a row count as many; a reason that never occurred reads 0."""
    figures = Figures()
    figures.missed(Start("balance", AT, missed=Missed.DOWN, count=12))
    assert read(figures, "prober_missed_starts_total", reason="down") == 12
    assert read(figures, "prober_missed_starts_total", reason="overlap") == 0


def probe(name: str, scenario: str = "balance-query") -> Probe:
    return Probe(name, Scenario(scenario, "S", Path("s.yaml"), "0", ("ivr",), item="balance"), Schedule(every_s=60), ())


async def test_a_first_failure_is_seen_to_rise(run):
    """Prometheus sees a series rise only where it was there before; a reload takes nothing back."""
    figures = Figures()
    figures.probes([probe("balance")])
    labels = {"scenario": "balance-query", "item": "balance", "probe": "balance", "attempt": "1"}
    assert [read(figures, "prober_runs_total", outcome=one, **labels) for one in Outcome] == [0] * 5
    await figures.run_finished(run(outcome=Outcome.FAILED))
    figures.probes([probe("balance"), probe("new")])
    assert read(figures, "prober_runs_total", outcome="failed", **labels) == 1
    assert read(figures, "prober_runs_total", outcome="failed", probe="new") == 0


async def test_a_step_that_breaks_for_the_first_time_is_seen_to_rise(run, step):
    """It was 0 while it was under way."""
    figures = Figures()
    labels = {"channel": "ivr", "verb": "hear", "outcome": "failed", "layer": "prompt"}
    await figures.step_started(run(), 0, Step(Action("ivr", "hear", None), "welcome", Layer.PROMPT))
    assert read(figures, "prober_steps_total", **labels) == 0
    await figures.step_finished(run(), step(outcome=Outcome.FAILED, layer=Layer.PROMPT))
    assert read(figures, "prober_steps_total", **labels) == 1


async def test_a_run_that_could_ask_nothing_is_not_the_last_run_of_its_probe(run):
    """Its instant would say that all is well with a probe that is only ever skipped."""
    figures = Figures()
    await figures.run_finished(run(outcome=Outcome.SKIPPED))
    assert read(figures, "prober_probe_last_run_timestamp_seconds", probe="balance") is None
    await figures.run_finished(run(outcome=Outcome.FAILED))
    assert read(figures, "prober_probe_last_run_timestamp_seconds", probe="balance") is not None


async def test_a_probe_that_is_gone_takes_its_figures_along(run):
    """After a reload only those on the schedule are told of, and what people played by hand."""
    figures = Figures()
    for name in ("balance", "gone", None):
        await figures.run_finished(run(probe=name))
    figures.probes([probe("balance"), probe("new")])
    assert read(figures, "prober_probes") == 2
    assert read(figures, "prober_runs_total", probe="gone") is None
    assert read(figures, "prober_probe_last_run_timestamp_seconds", probe="gone") is None
    assert read(figures, "prober_runs_total", probe="balance", outcome="passed") == 1
    assert read(figures, "prober_runs_total", probe="") == 1


def test_open_incidents_are_told_by_kind_and_severity():
    """Each kind and severity has its number, 0 included, and a closed one leaves it."""
    figures = Figures()
    cause = Cause(Kind.CHANNEL, "ivr", Layer.SIGNALLING, "ivr.dial")
    incident = Incident("1", cause, Severity.CRITICAL, AT, "no answer", "r1", "r1", ("balance",))
    figures.incidents([incident])
    assert read(figures, "prober_open_incidents", kind="channel", severity="critical") == 1
    assert read(figures, "prober_open_incidents", kind="robot", severity="minor") == 0
    figures.incidents([])
    assert read(figures, "prober_open_incidents", kind="channel", severity="critical") == 0


async def test_a_scrape_of_5000_probes_is_cheap():
    """It costs less than a third of a second of the processor, and other work on the loop goes on meanwhile."""
    figures = Figures()
    figures.probes([probe(f"probe-{number}", f"scenario-{number % 60}") for number in range(5000)])
    for number in range(5000):
        figures.set(table.LAST_RUN, AT.timestamp(), f"probe-{number}")
    for number in range(480):
        figures.observe(table.STEP, 0.4, f"scenario-{number % 60}", f"step {number // 60}", "ivr", "hear")
    began_s = time.process_time()
    scrape = asyncio.create_task(asyncio.to_thread(figures.exposition))
    turns = 0
    while not scrape.done():
        figures.count(table.RUNS, "s", "", f"new {turns}", "passed", "1")
        turns += 1
        await asyncio.sleep(0.001)
    took_s = time.process_time() - began_s
    text, _ = await scrape
    assert text.count(b"\n") > 38_000
    assert turns > 3
    assert took_s < 0.35
