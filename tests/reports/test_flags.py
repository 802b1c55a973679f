"""The marks of a recording can be read, however close to each other they are."""

from __future__ import annotations

from itertools import combinations

import pytest

from prober.model.run import Run
from prober.reports.flags import Flag, cue_flags, step_flags
from prober.reports.riff import Cue, Kind

CALL = [(0.0, "100 Trying to our INVITE"), (0.0, "200 OK to our INVITE"), (0.02, "prompt welcome")]
BARGED_IN = [(3.81, "prompt main_menu, broken off"), (3.94, "key 3"), (3.96, "prompt new_item")]
ENDING = [
    (11.3, "key 1"),
    (11.36, "key 9"),
    (10.9, "prompt 主菜单"),
    (12.3, "prompt goodbye"),
    (12.45, "200 OK to our BYE"),
]
CROWDED = [(0.1 * at, f"prompt prompt_{at}") for at in range(120)]


def _covered(flag: Flag) -> tuple[float, float]:
    """Return from where to where a name may be written, in percent."""
    return (flag.left - flag.room, flag.left) if flag.before else (flag.left, flag.left + flag.room)


@pytest.mark.parametrize("told", [CALL + BARGED_IN + ENDING, CROWDED, BARGED_IN * 3], ids=["call", "crowded", "same"])
def test_no_name_lies_over_another_or_over_a_staff(told: list[tuple[float, str]]) -> None:
    """Within their rooms, names keep off each other and off what reaches through their row."""
    flags = [flag for flag in cue_flags([Cue(*one) for one in sorted(told)], 12.5) if flag.kind is not Kind.KEY]
    for flag, other in combinations(flags, 2):
        near, far = sorted((flag, other), key=lambda each: each.row)
        (start, end), (other_start, other_end) = _covered(near), _covered(far)
        if near.row == far.row:
            assert end <= other_start + 1e-9 or other_end <= start + 1e-9
        assert not start + 1e-9 < far.left < end - 1e-9
    assert all(0 <= start <= end <= 100 + 1e-9 for start, end in map(_covered, flags))


def test_names_fit_where_there_are_not_too_many() -> None:
    """Of an ordinary call none is cut on paper; at the end of the picture they stand before their staffs."""
    flags = cue_flags([Cue(*one) for one in CALL + BARGED_IN + ENDING], 12.5)
    assert all(flag.room >= flag.width for flag in flags if flag.kind is Kind.PROMPT)
    assert {flag.name: (flag.row, flag.before) for flag in flags if flag.kind is Kind.PROMPT} == {
        "welcome": (0, False), "main_menu —": (1, False), "new_item": (0, False),
        "主菜单": (1, False), "goodbye": (0, True),
    }  # fmt: skip


def test_what_stands_in_one_place_shares_a_flag() -> None:
    """Keys pressed at once are read together, and every SIP message of an instant is in the tooltip."""
    sip, keys = (
        [flag for flag in cue_flags([Cue(*one) for one in CALL + ENDING], 12.5) if flag.kind is kind]
        for kind in (Kind.SIP, Kind.KEY)
    )
    assert sip[0].title == "100 Trying to our INVITE · 0 ms\n200 OK to our INVITE · 0 ms"
    assert [(flag.name, flag.title) for flag in keys] == [("19", "key 1 · 11.30 s\nkey 9 · 11.36 s")]


def test_a_number_without_room_is_left_out(passed: Run) -> None:
    """Numbers are staggered; where even that is not enough, the mark stays, with its tooltip."""
    marks = [(passed.steps[at % 4], 5.0 + at / 100) for at in range(6)]
    flags = step_flags(marks, 10.0)
    assert [(flag.name, flag.row) for flag in flags][2:] == [("3", 3), ("4", 2), ("1", 1), ("2", 0)]
    assert [flag.name for flag in flags][:2] == ["", ""]
    assert flags[0].title.endswith("5.00 s")
