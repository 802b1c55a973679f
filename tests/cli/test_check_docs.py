"""The language's pages name every word of it, and their examples pass `prober check`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from prober.channels.registry import SETTINGS, VERBS
from prober.cli.main import app
from prober.loading.arguments import fields_of
from prober.loading.schema import config_schema
from prober.loading.vocabulary import LIMITS, Vocabulary
from prober.loading.yaml_scenario import HEADER

CHECKOUT = Path(__file__).parents[2]
SCENARIOS = (CHECKOUT / "docs/scenarios.md").read_text(encoding="utf-8")
CONFIGURATION = (CHECKOUT / "docs/configuration.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```(yaml|python)\n(.+?)^```", SCENARIOS, re.MULTILINE | re.DOTALL)


def test_every_verb_and_its_arguments_are_told():
    """A verb that is not in docs/scenarios.md cannot be found by a person."""
    missing = [
        (verb.full_name, word)
        for verb in VERBS
        for word in (verb.full_name, *list(fields_of(verb.argument))[1:])
        if not re.search(rf"[`.]{re.escape(word)}[`:]", SCENARIOS)
    ]

    assert missing == []


@pytest.mark.parametrize("channel", sorted(SETTINGS))
def test_every_verb_is_in_the_table_of_its_channel(channel):
    """And the table names none that is gone."""
    page = (CHECKOUT / f"docs/channels/{channel}.md").read_text(encoding="utf-8")
    told = re.findall(rf"^\| `({channel}\.\w+)", page, re.MULTILINE)

    assert sorted(told) == sorted(verb.full_name for verb in VERBS if verb.channel == channel)


def test_every_limit_and_header_is_told():
    """All keys a scenario can have stand in docs/scenarios.md."""
    assert [key for key in (*LIMITS, *HEADER, "steps") if f"| `{key}` |" not in SCENARIOS] == []


def test_the_defaults_told_are_the_defaults():
    """The table's limits are those of the verbs."""
    told = dict(re.findall(r"^\| `([\w.]+)` \|.*?\| (\d+)s \|", SCENARIOS, re.MULTILINE))

    assert told == {
        name: f"{verb.within_s:g}" for name, verb in Vocabulary(VERBS).verbs.items() if verb.within_s is not None
    }


def test_every_key_of_the_configuration_is_told():
    """All keys of all sections stand in docs/configuration.md."""
    schema = config_schema(SETTINGS)
    keys = {key for model in (schema, *schema["$defs"].values()) for key in model.get("properties", {})}

    assert [key for key in sorted(keys) if not re.search(rf"[`.# ]{key}[`.\n]", CONFIGURATION)] == []


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_of_a_scenario_passes(number, tmp_path, monkeypatch):
    """What is shown can be copied."""
    language, text = EXAMPLES[number]
    path = tmp_path / f"example.{ {'yaml': 'yaml', 'python': 'py'}[language] }"
    path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(CHECKOUT)

    result = CliRunner().invoke(app, ["check", str(path)])

    assert (result.exit_code, result.stderr) == (0, "")


def test_the_example_of_a_configuration_passes(tmp_path):
    """It is whole."""
    (example,) = re.findall(r"^```yaml\n(.+?)^```", CONFIGURATION, re.MULTILINE | re.DOTALL)
    (tmp_path / "config.yaml").write_text(example, encoding="utf-8")
    (tmp_path / "scenarios").symlink_to(CHECKOUT / "scenarios")

    result = CliRunner().invoke(app, ["check", str(tmp_path / "config.yaml")])

    assert (result.exit_code, result.stderr) == (0, "")
