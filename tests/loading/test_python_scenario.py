"""Scenarios written in Python."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from prober.errors import BadInput, StepFailed
from prober.loading.scenario import load_scenarios
from prober.model.run import Layer, Outcome, StepResult
from prober.model.scenario import Effects, Step
from prober.model.value import Captured, ValueType
from tests.loading.conftest import load_scenario

NOW = datetime(2024, 1, 1, tzinfo=UTC)
TWIN = '''
from prober import scenario


@scenario(item="balance-query", title="余额", effects="orders", deadline="1m")
async def balance_everywhere(ivr, sms, same):
    """The balance."""
    await ivr.dial("10086", within="10s")
    heard = await ivr.hear("balance", capture={"heard": "money"})
    await sms.send(to="10086", text=f"{heard['heard']} ${{secret.code}}")
    await sms.receive("余额", soft=True)
    await same(["heard", "heard"], as_="money")
'''


class Player:
    """Notes the steps it is given; those whose name is in *failing* fail."""

    def __init__(self, *failing: str) -> None:
        self.steps: list[Step] = []
        self._failing = failing

    async def __call__(self, step: Step) -> StepResult:
        self.steps.append(step)
        return StepResult(
            index=len(self.steps),
            name=step.name,
            channel=step.action.channel,
            verb=step.action.verb,
            outcome=Outcome.FAILED if step.action.full_name in self._failing else Outcome.PASSED,
            started_at=NOW,
            ended_at=NOW,
            layer=Layer.CONTENT,
            captures=(Captured("heard", ValueType.MONEY, "86.50元", 8650),),
        )

    @property
    def names(self) -> list[str]:
        return [step.action.full_name for step in self.steps]


def played(written, vocabulary, body: str):
    text = f"from prober import scenario\n\n\n@scenario()\nasync def played(ivr, sms, same):\n    {body}\n"
    return load_scenario(written(text, "played.py"), vocabulary)


def test_the_decorator_says_what_a_header_says(written, small_vocabulary):
    """A Python scenario has the same facts as a YAML one, and what can be read of its steps."""
    scenario = load_scenario(written(TWIN, "twin.py"), small_vocabulary)

    assert (scenario.name, scenario.title, scenario.item) == ("balance-everywhere", "余额", "balance-query")
    assert (scenario.effects, scenario.deadline_s) == (Effects(orders=1), 60.0)
    assert scenario.channels == ("ivr", "sms")
    assert [step.action.full_name for step in scenario.steps] == ["ivr.dial", "ivr.hear", "sms.receive", "same"]
    assert scenario.steps[0].source.line == 8


async def test_every_awaited_call_is_played_as_a_step(written, small_vocabulary):
    """The same steps as in YAML reach the player, with values that only playing could tell, and their lines."""
    scenario = load_scenario(written(TWIN, "twin.py"), small_vocabulary)
    player = Player()

    await scenario.play(player)

    assert player.names == ["ivr.dial", "ivr.hear", "sms.send", "sms.receive", "same"]
    assert player.steps[0].within_s == 10.0
    assert player.steps[2].action.argument.text == "8650 ${secret.code}"
    assert player.steps[4].action.argument.as_ is ValueType.MONEY
    assert [(step.source.line, step.source.column) for step in player.steps[:2]] == [(8, 11), (9, 19)]


@pytest.mark.parametrize("failing", ["ivr.dial", "sms.send"])
async def test_a_failed_step_ends_the_scenario(written, small_vocabulary, failing):
    """Nothing is played after it."""
    scenario = load_scenario(written(TWIN, "twin.py"), small_vocabulary)
    player = Player(failing)

    with pytest.raises(StepFailed):
        await scenario.play(player)

    assert player.names[-1] == failing


async def test_a_soft_step_that_fails_lets_it_go_on(written, small_vocabulary):
    """Soft means the same as in YAML."""
    scenario = load_scenario(written(TWIN, "twin.py"), small_vocabulary)
    player = Player("sms.receive")

    await scenario.play(player)

    assert player.names[-1] == "same"


async def test_bad_input_while_playing_is_told_with_its_line(written, small_vocabulary):
    """What could not be read before is refused when it is spoken, where it is spoken."""
    scenario = played(written, small_vocabulary, 'limit = str(10); await ivr.dial("1", within=limit)')

    with pytest.raises(BadInput) as bad:
        await scenario.play(Player())

    (problem,) = bad.value.problems
    assert (problem.line, problem.message) == (6, "‘10’ is not a duration: write 10s, 500ms or 2m")
    assert problem.path.name == "played.py"
    assert "await ivr.dial" in problem.source


async def test_an_unknown_verb_while_playing_is_bad_input(written, small_vocabulary):
    """A verb reached by a way the text does not show is checked too."""
    scenario = played(written, small_vocabulary, "await getattr(ivr, 'hera')('x')")

    with pytest.raises(BadInput, match=r"unknown verb ‘ivr\.hera’"):
        await scenario.play(Player())


def test_unreadable_values_are_no_mistakes(written, small_vocabulary):
    """Variables, f-strings and ** are left to the playing; what stands beside them is still checked."""
    body = 'more = {}; await sms.send("1", **more); await ivr.dial(f"{more}", witin="3s"); await sms.send(*["a"])'

    with pytest.raises(BadInput) as bad:
        played(written, small_vocabulary, body)

    assert [problem.message for problem in bad.value.problems] == ["‘ivr.dial’ has no ‘witin’"]


def test_a_captured_value_can_be_asked_of_the_result():
    """An unknown name is a KeyError, as of any mapping."""
    result = StepResult(
        index=0, name="", channel="", verb="", outcome=Outcome.PASSED, started_at=NOW, ended_at=NOW,
        captures=(Captured("heard", ValueType.MONEY, "86.50元", 8650),),
    )  # fmt: skip

    assert result["heard"] == 8650
    with pytest.raises(KeyError, match="told"):
        result["told"]


def test_a_file_can_hold_several_scenarios(written, small_vocabulary):
    """Each is one; asking for the one of the file is then bad input."""
    second = '\n\n@scenario(name="other")\nasync def second(sms):\n    await sms.receive("x")\n'
    path = written(TWIN + second, "two.py")

    assert [one.name for one in load_scenarios([path], small_vocabulary)] == ["balance-everywhere", "other"]


def test_loading_leaves_no_file_behind(written, small_vocabulary, tmp_path):
    """The scenarios' folder is people's own: no byte code is written there."""
    load_scenario(written(TWIN, "twin.py"), small_vocabulary)

    assert [path.name for path in tmp_path.iterdir()] == ["twin.py"]


def test_what_a_file_prints_leaves_stdout_alone(written, small_vocabulary, capsys):
    """Standard output may belong to a JSON document."""
    load_scenario(written(f'{TWIN}\nprint("loaded")\n', "twin.py"), small_vocabulary)

    assert tuple(capsys.readouterr()) == ("", "loaded\n")
