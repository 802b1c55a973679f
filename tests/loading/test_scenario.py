"""Scenarios from YAML."""

from __future__ import annotations

from pathlib import Path

import pytest

from prober.errors import BadInput
from prober.loading.robot_verbs import Let, Same
from prober.loading.scenario import load_scenarios
from prober.loading.selection import select
from prober.model.prompt import Prompt, PromptTable
from prober.model.run import Layer
from prober.model.scenario import Effects, Pattern, Retry
from prober.model.value import Capture, ValueType
from tests.loading.conftest import load_scenario

WHOLE = """\
scenario: balance
title: 余额
item: balance-query
effects: orders
matrix: {province: [北京, 上海]}
deadline: 2m
let: {word: 余额}
steps:
  - ivr.dial: 0010
    expect: 486
    within: 10s
    warn: 500ms
    retry: never
  - ivr.press: {keys: "*12#", gap: 50ms}
    name: 按键
    optional: true
  - ivr.hear: balance
    capture: {heard: money}
    soft: true
  - sms.send: {to: 10086, text: "${word} ${secret.code} ${secret.code}"}
  - sms.receive: /余额(?P<told>\\d+)/
  - same: [heard, told]
    as: money
    tolerance: 0.05
  - ivr.hang_up:
    always: true
"""


def problems(text, written, vocabulary):
    with pytest.raises(BadInput) as bad:
        load_scenario(written(text), vocabulary)
    return [problem.message for problem in bad.value.problems]


def test_a_whole_scenario_is_read(written, small_vocabulary):
    """Header, limits, shorthand and long form, captures and secrets all arrive in the model."""
    scenario = load_scenario(written(WHOLE), small_vocabulary)
    dial, press, hear, send, receive, same, hang_up = scenario.steps

    assert (scenario.name, scenario.title, scenario.item) == ("balance", "余额", "balance-query")
    assert (scenario.effects, scenario.deadline_s, scenario.let) == (Effects(orders=1), 120.0, {"word": "余额"})
    assert scenario.matrix == {"province": ("北京", "上海")}
    assert (scenario.channels, scenario.secrets) == (("ivr", "sms"), ("code",))
    assert (dial.action.argument.number, dial.action.argument.expect) == ("0010", 486)
    assert (dial.within_s, dial.warn_s, dial.retry, dial.layer) == (10.0, 0.5, Retry.NEVER, Layer.CONTENT)
    assert (press.name, press.optional, press.within_s) == ("按键", True, 10.0)
    assert (press.action.argument.keys, press.action.argument.gap) == ("*12#", 0.05)
    assert (hear.action.captures, hear.soft) == ((Capture("heard", ValueType.MONEY),), True)
    assert send.name == "sms.send 10086"
    assert receive.action.argument.text == Pattern("余额(?P<told>\\d+)", regex=True)
    assert same.action.argument == Same(("heard", "told"), ValueType.MONEY, tolerance=5)
    assert (same.within_s, same.action.full_name) == (None, "same")
    assert (hang_up.always, hang_up.name) == (True, "ivr.hang_up")


def test_a_step_knows_where_it_was_written(written, small_vocabulary):
    """A failure can be shown in the file it comes from."""
    scenario = load_scenario(written(WHOLE), small_vocabulary)

    assert [(step.source.line, step.source.column) for step in scenario.steps][:2] == [(9, 5), (14, 5)]


def test_the_default_name_never_holds_a_value_filled_into_a_form(written, small_vocabulary):
    """Only the labels of a form are in the name: a value may be a secret."""
    scenario = load_scenario(
        written("scenario: a\nsteps:\n  - web.fill: {手机号: 1, 密码: hidden}\n"), small_vocabulary
    )

    assert scenario.steps[0].name == "web.fill 手机号, 密码"


def test_a_mapping_is_the_value_where_the_verb_takes_one(written, small_vocabulary):
    """Labels are not taken for the verb's own fields, and its own fields not for labels."""
    text = "scenario: a\nsteps:\n  - web.find: {role: button}\n  - web.fill: {fields: {a: b}, in: form}\n"

    find, fill = load_scenario(written(text), small_vocabulary).steps

    assert find.action.argument.what == {"role": "button"}
    assert (fill.action.argument.fields, fill.action.argument.in_) == ({"a": "b"}, "form")


def test_used_steps_stand_where_they_are_used(written, small_vocabulary):
    """The other scenario's steps, its `let` and its place come along, and change the hash."""
    written("scenario: log-in\nlet: {who: x}\nsteps:\n  - sms.send: {to: '${who}', text: a}\n", "parts/in.yaml")
    outer = written("scenario: outer\nsteps:\n  - use: parts/in.yaml\n  - ivr.hang_up:\n", "outer.yaml")

    scenario = load_scenario(outer, small_vocabulary)
    before = scenario.sha256
    written("scenario: log-in\nlet: {who: y}\nsteps:\n  - sms.send: {to: '${who}', text: a}\n", "parts/in.yaml")

    assert [step.action.full_name for step in scenario.steps] == ["let", "sms.send", "ivr.hang_up"]
    assert scenario.steps[0].action.argument == Let({"who": "x"})
    assert scenario.steps[1].source.path.name == "in.yaml"
    assert scenario.channels == ("sms", "ivr")
    assert load_scenario(outer, small_vocabulary).sha256 != before


def test_a_scenario_of_the_same_folder_is_used_by_its_name(written, small_vocabulary):
    """It needs not be loaded itself."""
    written("scenario: part\nsteps:\n  - ivr.hang_up:\n", "any-file.yaml")

    scenario = load_scenario(written("scenario: a\nsteps:\n  - use: part\n"), small_vocabulary)

    assert [step.name for step in scenario.steps] == ["ivr.hang_up"]


def test_prompt_names_given_are_checked(written, small_vocabulary):
    """Those of a library replace those of the vocabulary."""
    path = written("scenario: a\nsteps:\n  - ivr.hear: other\n")
    table = PromptTable(path.parent, {"other": Prompt("other", path)}, {}, sha256="")

    assert load_scenario(path, small_vocabulary.knowing(table)).name == "a"
    assert problems("scenario: a\nsteps:\n  - ivr.hear: other\n", written, small_vocabulary) == [
        "unknown prompt ‘other’"
    ]


def test_a_folder_is_every_scenario_in_it(written, tmp_path, small_vocabulary):
    """Prompts, drafts and hidden files beside scenarios are none."""
    for name in ("b.yaml", "deep/a.yml", "_draft.yaml", ".hidden.yaml", "prompts/prompts.yaml"):
        written(f"scenario: {name[0]}-scenario\nsteps:\n  - ivr.hang_up:\n", name)

    assert [one.name for one in load_scenarios([tmp_path], small_vocabulary)] == ["b-scenario", "d-scenario"]


def test_a_file_named_twice_is_one_scenario(written, tmp_path, small_vocabulary):
    """A file, its folder and another way to it do not make it several scenarios of the same name."""
    path = written("scenario: a\nsteps:\n  - ivr.hang_up:\n", "deep/a.yaml")

    assert len(load_scenarios([path, tmp_path, tmp_path / "deep/../deep/a.yaml"], small_vocabulary)) == 1


def test_a_path_that_leads_nowhere_hides_no_other_mistake(written, tmp_path, small_vocabulary):
    """What is there is checked all the same."""
    bad = written("scenario: a\nsteps:\n  - ivr.hear: welcom\n")

    with pytest.raises(BadInput) as found:
        load_scenarios([tmp_path / "nowhere.yaml", bad], small_vocabulary)

    assert {one.message for one in found.value.problems} == {
        "there is no such file or folder",
        "unknown prompt ‘welcom’",
    }


def test_an_empty_selection_is_bad_input(tmp_path):
    """Nothing to play is never success."""
    told = [[one.message for one in select(paths)[1]] for paths in ([], [tmp_path], [tmp_path / "none.yaml"])]

    assert told == [
        ["no scenario was given"],
        ["there is no scenario (*.yaml, *.py) in this folder"],
        ["there is no such file or folder"],
    ]


def test_a_link_that_leads_back_is_not_followed(written, tmp_path):
    """A folder that holds itself is walked once."""
    path = written("scenario: a\nsteps:\n  - ivr.hang_up:\n", "deep/a.yaml")
    (tmp_path / "deep/up").symlink_to(tmp_path)

    assert select([tmp_path]) == ([path], [])


def test_what_is_no_scenario_is_told(written):
    """A file of another kind is not read as YAML."""
    files, (problem,) = select([written("# words", "README.md")])

    assert (files, problem.message) == ([], "this is no scenario")


def test_the_nearest_scenario_is_named_for_one_that_is_not_there(written, tmp_path, monkeypatch):
    """A person who gives a name finds its file."""
    written("", "scenarios/web-only.yaml")
    monkeypatch.chdir(tmp_path)

    hints = [select([Path(name)])[1][0].hint for name in ("webonly", "scenarios/webonly.yaml", "web-only", "xyz")]

    assert hints == [*["did you mean scenarios/web-only.yaml?"] * 3, ""]
