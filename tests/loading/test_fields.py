"""The types of what a person writes."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from prober.loading import fields
from prober.model.scenario import Pattern


def read(kind, value, **known):
    return TypeAdapter(kind).validate_python(value, context=fields.context(**known))


def refused(kind, value, **known):
    with pytest.raises(ValidationError) as error:
        read(kind, value, **known)
    return error.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    ("text", "seconds"), [("10s", 10.0), ("500ms", 0.5), ("2m", 120.0), ("1h", 3600.0), ("0.3s", 0.3), ("7d", 604800.0)]
)
def test_a_duration_is_read_as_seconds(text, seconds):
    """Every unit there is, and fractions, exactly."""
    assert read(fields.Duration, text) == seconds


def test_what_is_played_lasts_a_week_at_most():
    """What is kept may be kept much longer, and not for ever."""
    assert read(fields.Duration, "7d", played=True) == 604800.0
    assert read(fields.Duration, "3650d") == 3650 * 86400.0
    assert refused(fields.Duration, "169h", played=True) == "‘169h’ is too long: 7d is the most there can be"
    assert refused(fields.Duration, "999999999999h") == "‘999999999999h’ is too long: 36500d is the most there can be"


@pytest.mark.parametrize("value", ["10", "10 sec", "-1s", "1m30s", "s", 10, 1.5, "١s", True])
def test_what_is_no_duration_is_refused_with_what_to_write(value):
    """A number without its unit is never guessed at."""
    assert refused(fields.Duration, value) == f"‘{value}’ is not a duration: write 10s, 500ms or 2m"


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("余额", Pattern("余额")),
        ("/余额(?P<a>\\d+)/", Pattern("余额(?P<a>\\d+)", regex=True)),
        ("/login", Pattern("/login")),
        ("//", Pattern("//")),
        ("/${line.msisdn}[0-9]{2}/", Pattern("${line.msisdn}[0-9]{2}", regex=True)),
    ],
)
def test_an_expectation_is_plain_or_between_slashes(text, pattern):
    """Only a text in slashes is an expression."""
    assert read(fields.Expectation, text) == pattern


def test_a_prompt_is_checked_against_the_library_where_there_is_one():
    """Unknown without a library is unknown to us, not wrong; a reference is known only when played."""
    assert read(fields.PromptName, "welcome") == "welcome"
    assert read(fields.PromptName, "${line.greeting}", prompts=["welcome"]) == "${line.greeting}"
    assert refused(fields.PromptName, "welcom", prompts=["welcome"]) == "unknown prompt ‘welcom’"


def test_python_values_are_taken_where_they_are_natural():
    """A Python scenario may write a number for a number or for a text, and nothing else for a text."""
    assert read(fields.Text, 10086) == "10086"
    assert read(fields.Number, 486) == 486
    assert read(fields.Keys, 1) == "1"
    assert refused(fields.Text, True) == "a text is wanted here, not True"
    assert refused(fields.Number, 4.5) == "‘4.5’ is not a whole number"


@pytest.mark.parametrize(("text", "fen"), [("0.50", 50), ("1", 100), ("86.5", 8650), ("3元", 300), (0.1, 10)])
def test_money_is_fen(text, fen):
    """Amounts are whole fen, never floats."""
    assert read(fields.Money, text) == fen


def test_a_secret_can_stand_in_a_file(tmp_path):
    """The file's last line end is not part of the secret."""
    (tmp_path / "password").write_text("24 68\n", encoding="utf-8")

    assert read(fields.Secret, {"file": "password"}, folder=tmp_path) == "24 68"


def test_the_nearest_word_is_suggested_and_a_few_are_listed():
    """A close word is named; of far ones all are, if they are few."""
    assert fields.did_you_mean("welcom", ["welcome", "balance"]) == "did you mean ‘welcome’?"
    assert fields.did_you_mean("xyz", ["b", "a"]) == "known: a, b"
    assert fields.did_you_mean("xyz", []) == ""
