"""JSON Schema (draft 2020-12) of the files people write, for their editors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from prober.loading.arguments import Field, fields_of
from prober.loading.config import config_model
from prober.loading.config_sections import UNAVAILABLE
from prober.loading.fields import DURATION_PATTERN
from prober.loading.vocabulary import LIMITS, Vocabulary
from prober.loading.yaml_scenario import HEADER
from prober.model.verb import Verb

_DRAFT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def scenario_schema(vocabulary: Vocabulary) -> Schema:
    """Return the schema of a scenario file."""
    definitions: Schema = {}
    header = {name: _of_field(field, definitions) for name, field in HEADER.items()}
    limits = {name: _of_field(field, definitions) for name, field in LIMITS.items()}
    for verb in vocabulary.verbs.values():
        definitions[verb.full_name] = _of_verb(verb, limits, definitions)
    steps = [{"$ref": f"#/$defs/{name}"} for name in vocabulary.verbs]
    return {
        "$schema": _DRAFT,
        "title": "A scenario",
        "description": "Ordered steps over one or more channels",
        "type": "object",
        "properties": {
            **header,
            "steps": {"type": "array", "description": "one verb each", "minItems": 1, "items": {"anyOf": steps}},
        },
        "required": ["scenario", "steps"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def config_schema(channel_settings: Mapping[str, type[BaseModel]]) -> Schema:
    """Return the schema of config.yaml."""
    schema = config_model(channel_settings).model_json_schema()
    _write_durations(schema)
    for name, reason in UNAVAILABLE.items():
        section = schema["properties"][name]
        section["description"] += f" (not available in this version: {reason})"
        section["deprecated"] = True
    return {"$schema": _DRAFT, **schema, "title": "config.yaml"}


def _write_durations(schema: Any) -> None:
    """Turn the defaults of durations, which are seconds, into what a person writes."""
    match schema:
        case {"pattern": pattern, "default": float() as seconds} if pattern == DURATION_PATTERN:
            schema["default"] = f"{seconds:g}s"
        case dict():
            for part in schema.values():
                _write_durations(part)
        case list():
            for part in schema:
                _write_durations(part)


def _of_field(field: Field, definitions: Schema) -> Schema:
    schema = field.adapter.json_schema()
    definitions.update(schema.pop("$defs", {}))
    return {**schema, "description": field.description} if field.description else schema


def _of_verb(verb: Verb, limits: Schema, definitions: Schema) -> Schema:
    fields = fields_of(verb.argument)
    own = {name: _of_field(field, definitions) for name, field in fields.items()}
    return {
        "type": "object",
        "description": (verb.argument.__doc__ or "").strip(),
        "properties": {
            verb.full_name: _of_argument(own, fields),
            **dict(list(own.items())[1:]),
            **_of_limits(verb, limits),
        },
        "required": [verb.full_name],
        "additionalProperties": False,
    }


def _of_argument(own: Schema, fields: Mapping[str, Field]) -> Schema:
    """Return the schema of what stands behind the colon: the first field, all of them in a mapping, or nothing."""
    if not own:
        return {"type": "null"}
    first = next(iter(fields.values()))
    choices = [own[first.name]]
    if len(own) > 1:
        required = [field.name for field in fields.values() if field.required]
        choices.append({"type": "object", "properties": own, "required": required, "additionalProperties": False})
    if not first.required:
        choices.append({"type": "null"})
    return {"anyOf": choices} if len(choices) > 1 else choices[0]


def _of_limits(verb: Verb, limits: Schema) -> Schema:
    left_out = set() if verb.captures else {"capture"}
    if verb.within_s is None:
        left_out |= {"within", "warn"}
    kept = {name: schema for name, schema in limits.items() if name not in left_out}
    if verb.within_s is not None:
        kept["within"] = {**kept["within"], "default": f"{verb.within_s:g}s"}
    return kept
