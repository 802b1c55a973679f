"""What a scenario asks a person, who attends the run or does not."""

from __future__ import annotations

import asyncio
import os
from contextlib import nullcontext

import pytest
from rich.console import Console

from prober.cli import attending
from prober.cli.attending import Attending
from prober.model.run import Layer, Outcome
from tests.runner.playing import outcomes, scenario

STEPS = ({"ask": "念得清楚吗？"}, {"fake.say": "bye"})


class Person:
    """Says the same to everything."""

    def __init__(self, *said: object) -> None:
        self.said = said
        self.asked_of = []

    async def asked(self, question):
        self.asked_of.append(question)
        return self.said


async def test_without_anybody_the_run_goes_on(played):
    """The question is SKIPPED, and says why; the run passes by what was played."""
    run = await played(scenario(*STEPS), {})
    assert (outcomes(run), run.outcome) == (["skipped", "passed"], Outcome.PASSED)
    assert run.steps[0].failure.actual == "nobody attends this run"


@pytest.mark.parametrize(
    ("said", "expected", "ending"),
    [
        ((True, ""), ["passed", "passed"], Outcome.PASSED),
        ((False, "太快"), ["failed", "skipped"], Outcome.FAILED),
        ((None, ""), ["skipped", "passed"], Outcome.PASSED),
    ],
)
async def test_who_attends_it_decides(played, said, expected, ending):
    """No is a failure of the content, with what else was said; how long it took is no latency."""
    person = Person(*said)
    run = await played(scenario(*STEPS), {}, attendant=person)
    assert (outcomes(run), run.outcome, person.asked_of) == (expected, ending, ["念得清楚吗？"])
    assert run.steps[0].took_s is None
    if ending is Outcome.FAILED:
        assert (run.steps[0].layer, run.steps[0].failure.actual) == (Layer.CONTENT, "no, 太快")
        assert run.steps[0].facts["answer"] == "no, 太快"


async def test_who_does_not_answer_was_not_there(played):
    """After the step's own limit it goes on."""

    class Asleep:
        async def asked(self, question):
            await asyncio.Event().wait()

    run = await played(scenario({"ask": "x", "within": "50ms"}, STEPS[1]), {}, attendant=Asleep())
    assert outcomes(run) == ["skipped", "passed"]
    assert run.steps[0].failure.actual == "nobody answered in 0.05 s"


async def test_the_person_at_the_terminal_is_asked_until_it_is_understood(monkeypatch, capsys):
    """Lines that come at once are answers to several questions; where there is no line any more, there is no answer."""
    reading, writing = os.pipe()
    os.write(writing, "perhaps\n否，太快\nyes\n".encode())
    os.close(writing)

    class Stdin:
        @staticmethod
        def fileno():
            return reading

        @staticmethod
        def isatty():
            return False

    monkeypatch.setattr(attending.sys, "stdin", Stdin)
    person = Attending(Console(), nullcontext)
    try:
        assert await person.asked("清楚吗？") == (False, "太快")
        assert await person.asked("好看吗？") == (True, "")
        assert await person.asked("还有吗？") == (None, "")
    finally:
        os.close(reading)
    assert capsys.readouterr().out.count("清楚吗？") == 2
