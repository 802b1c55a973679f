"""Items are read from config.yaml with the scenarios that judge them; every mistake is told at once, in its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prober.app.items import item_called, items
from prober.channels.fake import VERBS
from prober.cli.problems import plain
from prober.errors import BadInput
from prober.loading.config import Settings, load_config
from prober.loading.vocabulary import Vocabulary
from prober.model.item import Budget, Item, Terms
from prober.model.scenario import Scenario

CONFIG = "lines: [{name: a, msisdn: 13800000001}]\n"


def scenario(name: str = "balance", item: str = "balance-query", **more: Any) -> Scenario:
    step, _ = Vocabulary(VERBS).step({"fake.say": "hello", "name": "greeting"})
    return Scenario(name, "S", Path("s.yaml"), "0", ("ivr",), steps=(step,), item=item, **more)


@pytest.fixture
def settings(tmp_path: Path):
    """Read a config.yaml with these items."""

    def read(written: str) -> Settings:
        (tmp_path / "config.yaml").write_text(f"{CONFIG}items:\n{written}", encoding="utf-8")
        return load_config(tmp_path / "config.yaml", {})

    return read


def test_an_item_is_all_that_config_says_of_it(settings) -> None:
    """Its budget, limits and terms are in it, each under the name the gate calls it by."""
    written = """\
  - name: balance-query
    title: 余额查询
    owner: IVR team
    channels: [ivr]
    scenarios: [balance]
    reference: {ivr: 您的余额为}
    budget: {keys: 3, clicks: 4, messages: 1, time: 90s}
    limits: {greeting: 2s}
    reviews: 2
    gate: {success: 0.95, in_time: 0.9, margin: 0.04, p50: 1.2, p90: 1.4, faults: 0.2, runs: 60, time: 1h, fresh: 1d}
"""
    (found,) = items(settings(written), [scenario(), scenario("other", "other")])
    terms = Terms(0.95, 0.9, 0.04, 1.2, 1.4, 0.2, 60, 3600.0, 86400.0, 2)
    assert found == Item(
        *("balance-query", "余额查询", "IVR team", ("ivr",), ("balance",)),
        reference={"ivr": "您的余额为"},
        budget=Budget(3, 4, 1, 90.0),
        limits={"greeting": 2.0},
        terms=terms,
    )


def test_an_item_has_the_scenarios_that_name_it(settings) -> None:
    """Unless it names its own; its title is its name, and its channels are theirs."""
    (found,) = items(settings("  - {name: balance-query}\n"), [scenario(), scenario("b"), scenario("c", "other")])
    assert (found.title, found.channels, found.scenarios) == ("balance-query", ("ivr",), ("balance", "b"))
    assert found.terms == Terms()
    (none,) = items(settings("  - {name: balance-query, scenarios: []}\n"), [scenario()])
    assert none.scenarios == ()


def test_every_mistake_is_told_in_its_place(settings, monkeypatch, tmp_path) -> None:
    """Names, scenarios, channels, limits, and what no budget of runs can prove."""
    monkeypatch.chdir(tmp_path)
    written = """\
  - {name: one, scenarios: [balence], channels: [ivr]}
  - name: one
    scenarios: [balance]
    channels: [ivr, sms]
    limits: {greting: 2s}
    gate: {success: 0.99, control: ones}
  - {name: same, scenarios: [balance], gate: {control: itself}}
  - {name: none, scenarios: [balance], gate: {control: empty}}
  - {name: empty, scenarios: []}
  - {name: itself, scenarios: [balance], gate: {control: itself, runs: 20}}
"""
    with pytest.raises(BadInput) as refused:
        items(settings(written), [scenario()])
    told = plain(refused.value.problems)
    assert told == Path(__file__).with_name("items.txt").read_text(encoding="utf-8").rstrip("\n")


@pytest.mark.parametrize("said", ["success: 1", "in_time: 1.0", "p50: 1", "success: 2", "faults: nan", "runs: 0"])
def test_terms_that_cannot_be_met_are_refused(settings, said: str) -> None:
    """No number of runs proves that all pass, and a ratio of one leaves no room for chance."""
    with pytest.raises(BadInput):
        settings(f"  - {{name: one, gate: {{{said}}}}}\n")


def test_steps_of_a_python_scenario_are_not_guessed(settings) -> None:
    """What its steps are called is known when it is played."""

    async def play(_: object) -> None: ...

    written = "  - {name: one, scenarios: [balance], limits: {anything: 2s}}\n"
    (found,) = items(settings(written), [scenario(play=play)])
    assert found.limits == {"anything": 2.0}


def test_an_unknown_item_is_bad_input(settings) -> None:
    """It says which there are, or where to add it."""
    read = settings("  - {name: balance-query}\n")
    found = items(read, [])
    assert item_called("balance-query", found, read) is found[0]
    for name, known, hint in (("balance-qeury", found, "did you mean"), ("x", (), "add it under ‘items:’")):
        with pytest.raises(BadInput) as refused:
            item_called(name, known, read)
        assert refused.value.problems[0].hint.startswith(hint)


def test_items_are_no_part_of_what_a_run_is_played_by(settings) -> None:
    """Who answers for an item, or a looser gate, makes no other version of its runs."""
    one, other = settings("  - {name: one}\n"), settings("  - {name: one, owner: somebody, gate: {success: 0.8}}\n")
    assert one.sha256 == other.sha256
