"""What counts as an answer to the stimulus."""

from __future__ import annotations

import pytest

from prober.channels.ivr import answer
from prober.channels.ivr.actions import Until
from prober.channels.ivr.answer import Question
from prober.channels.ivr.call import Call
from prober.channels.ivr.hearing.events import Confirmed, Diverged, ReadOut, SoundEnded, SoundStarted, Started
from prober.channels.ivr.messages import Heard


def started(prompt: str, at_s: float) -> Heard:
    return Heard(Started(prompt, at_s, at_s, at_s + 0.3, 0.9, 0.5, None), at_s, at_s, at_s + 0.3)


def confirmed(prompt: str, at_s: float, ended_s: float) -> Heard:
    return Heard(Confirmed(prompt, at_s, at_s, ended_s, 0.05, 1.0), at_s, at_s, ended_s, ended_at_s=ended_s)


def diverged(prompt: str, cut_s: float) -> Heard:
    return Heard(Diverged(prompt, cut_s, 0.4), cut_s, cut_s, cut_s)


def sound(*edges: float) -> list[Heard]:
    kinds = (SoundStarted, SoundEnded)
    return [Heard(kinds[index % 2](at_s, -20.0), at_s, at_s, at_s) for index, at_s in enumerate(edges)]


def call_of(*heard: Heard) -> Call:
    return Call("10086", heard=list(heard))


BALANCE = Question("balance", Until.CONFIRMED, since_s=10.0)


@pytest.mark.parametrize(("at_s", "answers"), [(9.9, False), (9.98, True), (10.5, True)])
def test_what_began_before_the_stimulus_is_no_answer(at_s, answers):
    """Two frames of doubt are allowed for."""
    assert (answer.candidate(call_of(started("balance", at_s)), BALANCE) is not None) == answers


def test_a_withdrawn_start_is_no_answer():
    """What turned out not to be the prompt is passed over, and the true one is found."""
    call = call_of(started("balance", 10.2), diverged("balance", 10.5), started("balance", 12.0))
    found = answer.candidate(call, BALANCE)
    assert found
    assert found.started.at_s == 12.0
    cut = answer.cut_off(call, BALANCE)
    assert cut
    assert cut.started.at_s == 10.2


def test_a_playing_answers_only_once():
    """What has answered an earlier `hear` does not answer the next."""
    question = Question("balance", Until.CONFIRMED, since_s=10.0, after_s=10.2)
    call = call_of(started("balance", 10.2), confirmed("balance", 10.2, 11.0))
    assert answer.candidate(call, question) is None
    call.take(started("balance", 14.0))
    assert answer.candidate(call, question) is not None


def test_a_number_belongs_to_the_playing_before_it():
    """The read-out is kept with its prompt."""
    read = Heard(ReadOut("balance", ("d8", "yuan"), "八元", 11.0, 12.0), 11.0, 11.0, 12.4, ended_at_s=12.0)
    call = call_of(started("balance", 10.2), confirmed("balance", 10.2, 11.0), read)
    assert answer.occurrences(call)[0].read_out is read


def test_silence_is_what_no_sound_covers():
    """A tail of what was being played before counts as sound."""
    call = call_of(*sound(8.0, 10.2, 11.0))
    assert answer.silence_s(call, 10.0, 11.0) == pytest.approx(0.8)


def test_a_prompt_that_goes_on_past_a_tail_is_told():
    """It was being played at the stimulus, and still is."""
    call = call_of(started("main_menu", 8.0))
    assert answer.going_on(call, BALANCE, 10.4) is None
    assert answer.going_on(call, BALANCE, 12.0) is not None


def test_an_unknown_sound_may_yet_be_the_prompt():
    """Another prompt that has been followed for long may not."""
    assert answer.undecided(call_of(*sound(10.0)), BALANCE, 11.0)
    assert not answer.undecided(call_of(), BALANCE, 11.0)
    assert not answer.undecided(call_of(*sound(10.0), started("packages", 10.0)), BALANCE, 11.0)
    assert answer.undecided(call_of(*sound(10.0), started("packages", 11.0)), BALANCE, 11.0)


def test_a_gap_in_a_prompt_does_not_make_it_another():
    """Lost and found again a tenth of a second later, it is one playing, whole if enough of it was followed."""
    lost, again, end = diverged("balance", 11.0), started("balance", 10.3), diverged("balance", 13.0)
    call = call_of(started("balance", 10.2), lost, again)
    assert [(one.started.at_s, one.gaps, one.withdrawn) for one in answer.occurrences(call)] == [(10.2, 1, False)]
    call.take(end)
    assert [one.confirmed for one in answer.occurrences(call)] == [True]
    call = call_of(started("balance", 10.2), lost, started("balance", 12.5))
    assert [one.withdrawn for one in answer.occurrences(call)] == [True, False]
