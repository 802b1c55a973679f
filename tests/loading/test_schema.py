"""The JSON Schemas for editors."""

from __future__ import annotations

import pytest

from prober.loading.schema import config_schema, scenario_schema


def test_every_verb_and_its_limits_are_in_the_scenario_schema(small_vocabulary):
    """An editor can complete all of them, and only where they belong."""
    schema = scenario_schema(small_vocabulary)
    dial, receive, same = (schema["$defs"][name] for name in ("ivr.dial", "sms.receive", "same"))

    assert {part["$ref"] for part in schema["properties"]["steps"]["items"]["anyOf"]} == {
        f"#/$defs/{name}" for name in small_vocabulary.verbs
    }
    assert dial["required"] == ["ivr.dial"]
    assert dial["properties"]["within"]["default"] == "15s"
    assert {"expect", "warn", "optional", "always"} <= set(dial["properties"])
    assert "capture" not in dial["properties"]
    assert "capture" in receive["properties"]
    assert "within" not in same["properties"]


def test_choices_and_descriptions_reach_the_editor(small_vocabulary, small_settings):
    """What a key is for is told where it is typed."""
    verbs = scenario_schema(small_vocabulary)
    config = config_schema(small_settings)

    assert verbs["properties"]["effects"]["description"]
    assert verbs["$defs"]["ivr.press"]["properties"]["mode"]["enum"] == ["rfc4733", "info"]
    assert verbs["$defs"]["ivr.dial"]["description"] == "Call a number."
    assert verbs["required"] == ["scenario", "steps"]
    assert "not available in this version" in config["properties"]["fleet"]["description"]
    assert config["required"] == ["lines"]


def test_every_reference_leads_somewhere(small_vocabulary, small_settings):
    """A schema with a broken reference is of no use to an editor."""
    for schema in (scenario_schema(small_vocabulary), config_schema(small_settings)):
        assert all(one.removeprefix("#/$defs/") in schema["$defs"] for one in references(schema))


def test_every_key_of_the_configuration_is_described(small_settings):
    """No key is left to be guessed at."""
    schema = config_schema(small_settings)
    bare = [
        f"{name}.{key}"
        for name, model in {"config": schema, **schema["$defs"]}.items()
        for key, field in model.get("properties", {}).items()
        if not field.get("description") and "$ref" not in field
    ]

    assert bare == []


def references(schema):
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for part in schema.values():
            yield from references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from references(part)


@pytest.mark.parametrize("key", ["scenario", "title", "item", "effects", "matrix", "deadline", "let", "steps"])
def test_every_key_of_a_scenario_is_there(small_vocabulary, key):
    """Those of the language, no more and no fewer."""
    assert key in scenario_schema(small_vocabulary)["properties"]
