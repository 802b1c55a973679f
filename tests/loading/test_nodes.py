"""YAML as the person typed it."""

from __future__ import annotations

import pytest

from prober.errors import BadInput
from prober.loading.nodes import find, plain, read_yaml
from prober.loading.scenario import load_scenarios
from prober.loading.text_file import MOST_BYTES

TYPED = ["0123", "0000", "1e3", "no", "12:30", "1_000", "~", "null", "0x1F", "2024-01-01", "1.10", "+1", ".5", "yes"]


def only_problem(path):
    with pytest.raises(BadInput) as bad:
        read_yaml(path, what="a scenario")
    (problem,) = bad.value.problems
    return problem


@pytest.mark.parametrize("text", TYPED)
def test_a_scalar_is_the_text_that_was_typed(written, text):
    """What YAML would take for a number, a truth or a date stays what the person wrote."""
    document = read_yaml(written(f"key: {text}\n{text}: value\nlist: [{text}]\n"), what="a scenario")

    assert plain(document.root) == {"key": text, text: "value", "list": [text]}


def test_nothing_behind_a_colon_is_none_and_quotes_are_an_empty_text(written):
    """An absent value and an empty text are two things."""
    assert plain(read_yaml(written('a:\nb: ""\n'), what="a scenario").root) == {"a": None, "b": ""}


def test_places_count_characters_from_one(written):
    """Lines and columns are those an editor shows, also behind Chinese text and a byte order mark."""
    document = read_yaml(written("\ufeff标题: 一\n步骤:\n  - {手机号: x, 密码: y}\n"), what="a scenario")

    key = find(document.root, ("步骤", 0, "密码"), key=True)
    value = find(document.root, ("步骤", 0, "密码"))

    assert (find(document.root, ("标题",)).line, find(document.root, ("标题",)).column) == (1, 5)
    assert (key.line, key.column) == (3, 14)
    assert (value.line, value.column) == (3, 18)


def test_a_way_that_ends_in_nothing_leads_to_the_last_thing_there_is(written):
    """A missing key is shown where it should have stood."""
    document = read_yaml(written("a:\n  b: c\n"), what="a scenario")

    assert find(document.root, ("a", "union-member", "x")).line == 2


def test_windows_line_ends_change_nothing(written):
    """A file from Windows has the same texts and lines."""
    document = read_yaml(written("a: 1\r\nb: 2  # two\r\n"), what="a scenario")

    assert plain(document.root) == {"a": "1", "b": "2"}
    assert document.lines[1] == "b: 2  # two"


def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path):
    """The line of the first wrong byte is told."""
    path = tmp_path / "gbk.yaml"
    path.write_bytes("scenario: x\ntitle: 余额\n".encode("gbk"))

    problem = only_problem(path)

    assert (problem.message, problem.hint, problem.line) == (
        "this file is not UTF-8 text",
        "save it as UTF-8 in your editor",
        2,
    )


def test_what_is_no_readable_file_is_a_problem(tmp_path):
    """A folder, a missing file, a device and a huge file are told, never a traceback."""
    huge = tmp_path / "huge.yaml"
    huge.write_bytes(b"#" * (MOST_BYTES + 1))
    messages = [only_problem(path).message for path in (tmp_path, tmp_path / "none.yaml", huge)]

    assert messages == [
        "this is a folder, not a scenario",
        "this file cannot be read: No such file or directory",
        "this file is too large for a scenario: more than 512 KiB",
    ]


def test_endless_nesting_is_a_problem(written):
    """A file made to exhaust the parser is refused."""
    assert only_problem(written("[\n" * 1000)).message == "this file is nested too deeply"


def test_aliases_are_never_expanded(written):
    """Ten levels of ten aliases each are one problem a level, told at once."""
    levels = [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 11)]

    with pytest.raises(BadInput) as bad:
        read_yaml(written("a0: &a0 [lol]\n" + "".join(levels)), what="a scenario")

    assert {one.message for one in bad.value.problems} == {"anchors and aliases (& and *) are not used in these files"}
    assert len(bad.value.problems) == 11


def test_a_list_that_holds_itself_spoils_no_other_file(written, small_vocabulary):
    """Its siblings are checked as ever."""
    loop = written("scenario: rec\nsteps: &a\n  - *a\n", "loop.yaml")
    other = written("scenario: other\nsteps:\n  - ivr.dail: 10086\n", "other.yaml")

    with pytest.raises(BadInput) as bad:
        load_scenarios([loop, other], small_vocabulary)

    assert [one.path for one in bad.value.problems] == [loop, other]
