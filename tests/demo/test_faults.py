"""The fault switches."""

from __future__ import annotations

import pytest

from prober.demo.faults import KNOWN, Fault, UnknownFault, parse


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
    ],
)
def test_an_unknown_fault_changes_nothing_and_lists_the_known(demo_faults, wish) -> None:
    """The message names every fault there is; the good half of a request is not done either."""
    with pytest.raises(UnknownFault) as unknown:
        demo_faults.change({"web": "wrong-balance", **wish})
    assert all(f"{door}={fault.name}" in str(unknown.value) for door in KNOWN for fault in KNOWN[door])
    assert demo_faults.active("web") is None
