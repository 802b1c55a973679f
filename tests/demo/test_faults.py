"""The fault switches."""

from __future__ import annotations

import pytest

from prober.demo.faults import KNOWN, Fault, UnknownFault, known, parse, parse_all


def test_a_fault_is_on_until_it_is_taken_away(demo_faults) -> None:
    """A name switches on, None off, and the other doors stay as they are."""
    demo_faults.change({"ivr": "wrong-prompt", "web": "wrong-balance"})
    assert demo_faults.active("ivr") == Fault("wrong-prompt")
    assert demo_faults.active("sms") is None
    demo_faults.change({"ivr": None})
    assert demo_faults.active("ivr") is None
    assert demo_faults.active("web") == Fault("wrong-balance")
    demo_faults.clear()
    assert demo_faults.active("web") is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("sms=late-reply", 20.0), ("sms=late-reply,seconds=5", 5.0), ("sms=late-reply,seconds=.5", 0.5)],
)
def test_a_fault_on_the_command_line_may_have_arguments(demo_faults, text, seconds) -> None:
    """What is not said is the fault's own default."""
    demo_faults.change(dict([parse(text)]))
    assert demo_faults.active("sms") == Fault("late-reply", {"seconds": seconds})


@pytest.mark.parametrize(
    "wish",
    [
        {"sms": "late"},
        {"fax": "late-reply"},
        {"sms": 7},
        {"sms": {}},
        {"sms": {"name": "late-reply", "minutes": 1}},
        {"sms": {"name": "late-reply", "seconds": "soon"}},
        {"sms": {"name": "late-reply", "seconds": -1}},
        {"sms": {"name": "late-reply", "seconds": "nan"}},
        {"ivr": {"name": "reject", "code": 200}},
        {"ivr": {"name": "packet-loss", "percent": 101}},
    ],
)
def test_an_unknown_fault_changes_nothing_and_lists_the_known(demo_faults, wish) -> None:
    """The message names every fault there is; the good half of a request is not done either."""
    with pytest.raises(UnknownFault) as unknown:
        demo_faults.change({"web": "wrong-balance", **wish})
    assert all(f"{door}={fault.name}" in str(unknown.value) for door in KNOWN for fault in KNOWN[door])
    assert demo_faults.active("web") is None


def test_a_watcher_hears_of_every_change_and_of_nothing_else(demo_faults) -> None:
    """The door, what was on and what is on now; the same again is no change."""
    heard = []
    demo_faults.watch(lambda *change: heard.append(change))
    for wish in ({"web": "slow", "sms": None}, {"web": "slow"}, {"web": {"name": "slow", "seconds": 5}}):
        demo_faults.change(wish)
    demo_faults.clear()
    three, five = Fault("slow", {"seconds": 3.0}), Fault("slow", {"seconds": 5.0})
    assert heard == [("web", None, three), ("web", three, five), ("web", five, None)]


def test_a_command_line_names_a_door_once() -> None:
    """The second fault for a door is refused, not taken in place of the first."""
    assert parse_all(["web=slow,seconds=5", "sms=lost"]) == {
        "web": {"name": "slow", "seconds": "5"},
        "sms": {"name": "lost"},
    }
    with pytest.raises(UnknownFault, match="web is named twice"):
        parse_all(["web=slow", "web=wrong-text"])


def test_a_sentence_is_told_with_its_arguments() -> None:
    """Numbers stand where the catalogue has the names of arguments."""
    assert known("web", "slow").told({"seconds": 0.5}) == "Every page comes 0.5 seconds late."
    for faults in KNOWN.values():
        for fault in faults:
            assert "`" not in fault.told(fault.defaults)
            assert all(fault.defaults[name] in values for name, values in fault.choices.items())
