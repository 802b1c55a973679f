"""What is ordered: scenarios on the lines that can play them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prober.app import App, Order, orders
from prober.channels.fake import VERBS
from prober.channels.registry import SETTINGS
from prober.errors import BadInput
from prober.loading.config import load_config
from prober.loading.config_items import ItemSettings
from prober.loading.config_secrets import secret_values
from prober.loading.vocabulary import Vocabulary
from prober.model.item import PhaseChange
from prober.model.order import OrderState
from prober.model.prompt import PromptTable
from prober.model.run import Outcome, Phase
from prober.model.scenario import Effects, Scenario

SMPP = {"host": "127.0.0.1", "port": 2775, "system_id": "robot", "password": "sesame"}
CONFIG = """\
lines:
  - {name: bj, msisdn: 13800000001, province: 北京, secrets: {pin: 1}}
  - {name: sh, msisdn: 13800000002, province: 上海}
"""


@pytest.fixture
def settings(tmp_path):
    """Two lines: one of Beijing with a secret, one of Shanghai without."""
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    return load_config(tmp_path / "config.yaml", {})


def scenario(text="hello", **more) -> Scenario:
    step, _ = Vocabulary(VERBS).step({"fake.say": text})
    more.setdefault("channels", ())
    return Scenario("s", "S", Path("s.yaml"), "0", steps=(step,), **more)


def lines(found):
    return [[line.name for line in order.lines] for order in found]


def test_any_line_that_has_all_that_is_spoken_of(settings):
    """Without a name, a scenario is ordered on the lines that have its facts and secrets."""
    assert lines(orders(settings, [scenario()])) == [["bj", "sh"]]
    assert lines(orders(settings, [scenario("${secret.pin}", secrets=("pin",))])) == [["bj"]]


def test_a_matrix_is_an_order_for_each_combination(settings):
    """Each combination of facts is played on a line that has them."""
    matrix = {"province": ("上海", "北京")}
    assert lines(orders(settings, [scenario(matrix=matrix)])) == [["sh"], ["bj"]]
    assert lines(orders(settings, [scenario(matrix={"province": ("上海",)})])) == [["sh"]]


def test_a_matrix_is_narrowed_to_some_facts(settings):
    """Only lines and combinations with them are left; a scenario that has none of them is not ordered."""
    both = scenario(matrix={"province": ("北京", "上海")})
    only = {"province": ["上海"]}
    assert [(order.facts, [line.name for line in order.lines]) for order in orders(settings, [both], facts=only)] == [
        ({"province": "上海"}, ["sh"])
    ]
    assert lines(orders(settings, [scenario()], facts=only)) == [["sh"]]
    elsewhere = scenario(matrix={"province": ("北京",)})
    assert lines(orders(settings, [elsewhere, both], facts=only)) == [["sh"]]
    with pytest.raises(BadInput, match="no combination of a matrix"):
        orders(settings, [elsewhere], facts=only)
    with pytest.raises(BadInput, match="no line has province 广东"):
        orders(settings, [both], facts={"province": ["广东"]})


@pytest.mark.parametrize(
    ("more", "chosen", "said"),
    [
        ({"matrix": {"province": ("广东",)}}, (), "no line has province 广东"),
        ({"text": "${secret.pin}", "secrets": ("pin",)}, ("sh",), "line sh has no secret.pin"),
        ({"text": "${line.brand}"}, (), "line bj has no line.brand; line sh has no line.brand"),
        ({"channels": ("web",)}, (), "speaks on web, which config.yaml does not set up"),
        ({}, ("nobody",), "there is no line called ‘nobody’"),
    ],
)
def test_what_cannot_be_played_is_bad_input(settings, more, chosen, said):
    """Nothing is ordered, and the sentence says what is lacking."""
    with pytest.raises(BadInput, match=said):
        orders(settings, [scenario(**more)], lines=chosen)


def test_every_secret_of_the_channels_is_known():
    """A gateway's password is found by its type, however deep it lies, so that it can be masked."""
    settings = {"sms": SETTINGS["sms"].model_validate({"gateways": {"g": {"smpp": SMPP}}})}
    assert list(secret_values(settings)) == ["sesame"]


async def test_an_order_that_could_not_be_begun_holds_no_line(settings):
    """A driver that cannot be made gives the claim back: nothing was asked of the operator."""
    app = App(settings, PromptTable(settings.folder, {}, {}, "0"))
    ordering = scenario(channels=("sms",), effects=Effects(orders=1, cost_fen=1))
    with pytest.raises(KeyError, match="sms"):
        await app.play(Order(ordering, settings.lines[:1]))
    states = [placed.state for placed in app.store.orders.placed(still_open=False)]
    await app.close()
    assert states == [OrderState.UNPLACED]


async def test_a_scenario_of_the_robots_own_verbs_alone_is_played(settings):
    """It has no channel to open, and its run is kept as any other."""
    app = App(settings, PromptTable(settings.folder, {}, {}, "0"))
    pause, _ = Vocabulary(VERBS).step({"wait": "10ms"})
    run = await app.play(Order(Scenario("s", "S", Path("s.yaml"), "0", (), (pause,)), settings.lines))
    await app.close()
    assert run is not None
    assert (run.outcome, [step.verb for step in run.steps]) == (Outcome.PASSED, ["wait"])


async def test_a_run_bears_the_phase_its_item_stands_in(settings):
    """Of an item that config.yaml knows; a phase that is asked for goes before, and of others nobody knows any."""
    known = (*settings.items, ItemSettings(name="balance-query"))
    app = App(replace(settings, items=known), PromptTable(settings.folder, {}, {}, "0"))
    pause, _ = Vocabulary(VERBS).step({"wait": "10ms"})
    one = Scenario("s", "S", Path("s.yaml"), "0", (), (pause,), item="balance-query")
    await app.store.items.put_phase(PhaseChange("balance-query", Phase.LAUNCH, datetime.now(UTC), "x", "y"))
    played = [
        await app.play(order)
        for order in (
            Order(one, settings.lines),
            Order(one, settings.lines, phase=Phase.PRE_LAUNCH),
            Order(replace(one, item="other"), settings.lines),
        )
    ]
    await app.close()
    assert [run and run.phase for run in played] == [Phase.LAUNCH, Phase.PRE_LAUNCH, None]
