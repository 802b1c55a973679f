"""The JSON Schema of the document, and its keys in words. The tables of docs/results.md are made from these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from prober.model.run import Layer, Outcome, Phase
from prober.model.value import ValueType
from prober.reports.document import VERSION
from prober.reports.words import Mark

Schema = dict[str, Any]


def _words(members: Iterable[StrEnum], *, null: bool = False) -> Schema:
    return {"enum": [*map(str, members), *([None] if null else [])]}


def _objects(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}}


_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_NUMBER: Schema = {"type": "integer", "minimum": 0}
_YES: Schema = {"type": "boolean"}
_SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_PATTERN_OF_INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"
_INSTANT: Schema = {"type": "string", "format": "date-time", "pattern": _PATTERN_OF_INSTANT}
_INSTANT_OR_NULL: Schema = {**_INSTANT, "type": ["string", "null"]}
_SECONDS: Schema = {"type": "number", "minimum": 0}
_SECONDS_OR_NULL: Schema = {"type": ["number", "null"], "minimum": 0}

KEYS: Mapping[str, Mapping[str, tuple[Schema, str]]] = {
    "document": {
        "version": ({"const": VERSION}, "counts up when a key changes its meaning or goes away"),
        "verdict": (_words(Mark), "the gravest of all runs; `running` for one under way"),
        "counts": (
            {"type": "object", "propertyNames": _words(Mark), "additionalProperties": _NUMBER},
            "how many runs ended as what; an interrupted run that had not failed counts as `interrupted`",
        ),
        "runs": (_objects("run"), "the runs, in the order they were asked for"),
    },
    "run": {
        "id": (_TEXT, "what `prober report` calls it by"),
        "scenario": (_TEXT, "the scenario's name"),
        "title": (_TEXT, "its title, for people"),
        "item": (_TEXT_OR_NULL, "the menu item it belongs to"),
        "phase": (_words(Phase, null=True), "where the item stood"),
        "line": (_TEXT, "the line it was played on; empty if none came free"),
        "probe": (_TEXT_OR_NULL, "the probe on whose schedule it was played; null where a person asked for it"),
        "attempt": ({"type": "integer", "minimum": 1}, "2 is a second try"),
        "outcome": (_words(Outcome, null=True), "how it ended; null while under way"),
        "interrupted": (_YES, "whether it never came to its end; it then does not count as passed"),
        "remark": (_TEXT, "what must be known of the run as a whole, such as why it was not played; mostly empty"),
        "planned_at": (_INSTANT, "when it was due"),
        "started_at": (_INSTANT, "when it began"),
        "ended_at": (_INSTANT_OR_NULL, "when it ended; null while under way"),
        "waited_s": (_SECONDS, "for a free line, and for opening the sessions"),
        "took_s": (_SECONDS, "the sum of what its steps took"),
        "scenario_sha256": (_TEXT, "hash of the scenario file"),
        "prompts_sha256": (_TEXT, "hash of the prompt library"),
        "config_sha256": (_TEXT, "hash of the settings"),
        "steps": (_objects("step"), "its steps as they were played"),
        "evidence": (_objects("evidence"), "files of the whole run"),
    },
    "step": {
        "index": (_NUMBER, "its place in the run, from 0"),
        "name": (_TEXT, "its name"),
        "channel": (_TEXT, "`ivr`, `web`, `sms`, or `robot` for the robot's own verbs"),
        "verb": (_TEXT, "what it did"),
        "outcome": (_words(Outcome), "how it ended"),
        "layer": (_words(Layer, null=True), "who answers for the failure"),
        "failure": (
            {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/failure"}]},
            "what went wrong, or why it was skipped; null if nothing",
        ),
        "started_at": (_INSTANT, "when it began"),
        "ended_at": (_INSTANT, "when it ended, its evidence kept"),
        "within_s": (_SECONDS_OR_NULL, "its limit; past it the step fails"),
        "warn_s": (_SECONDS_OR_NULL, "past this it is slow"),
        "soft": (_YES, "whether the run goes on after its failure"),
        "waited_s": (_SECONDS, "for a free line, browser or number"),
        "took_s": (_SECONDS_OR_NULL, "**its latency**; what it counts from is on the page of its channel"),
        "evidence_s": (_SECONDS, "what keeping evidence took, after the clock stopped"),
        "loop_lag_s": (_SECONDS, "how late the robot itself was"),
        "timings": ({"type": "object", "additionalProperties": _SECONDS_OR_NULL}, "named parts of it, in seconds"),
        "facts": (
            {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}},
            "what else was seen, by name",
        ),
        "captures": (_objects("capture"), "values taken out of what was heard, seen or received"),
        "evidence": (_objects("evidence"), "files of this step"),
    },
    "failure": {
        "what": (_TEXT, "what happened, in one line"),
        "expected": (_TEXT, "what should have been seen"),
        "actual": (_TEXT, "what was seen; for an `error`, what to do"),
    },
    "capture": {
        "name": (_TEXT, "what the scenario calls it"),
        "type": (_words(ValueType), "what it was to be read as"),
        "text": (_TEXT, "as it was heard, seen or received"),
        "value": ({"type": ["string", "integer", "null"]}, "as the type (money: integer fen); null: unreadable"),
    },
    "evidence": {
        "kind": (
            _TEXT,
            (
                "`recording`, `ladder`, `messages`, `rtp`, `pcap`, `screenshot`, `page`, `har`, `trace`, `film`, "
                "`approved`, `candidate`, `difference`, `download`, `transcript`"
            ),
        ),
        "path": (_TEXT, "below the evidence folder"),
        "sha256": (_SHA256, "hash of its content"),
        "bytes": (_NUMBER, "its size"),
        "step": ({"type": ["integer", "null"], "minimum": 0}, "index of the step it belongs to; null: the whole run"),
    },
}
"""Every object of the document: its keys, what they hold, and what that is."""


def results_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) that every document of this version keeps to."""
    objects = {name: _object(keys) for name, keys in KEYS.items()}
    document = objects.pop("document")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Results of prober",
        "description": "Instants are ISO 8601 in UTC, durations seconds; null means: not measured. Keys may be added.",
        **document,
        "$defs": objects,
    }


def key_table(name: str) -> str:
    """Return the keys of one object of the document as a table in Markdown."""
    rows = [f"| `{key}` | {_holds(schema)} | {told} |" for key, (schema, told) in KEYS[name].items()]
    return "\n".join(["| key | holds | which is |", "|---|---|---|", *rows])


def _object(keys: Mapping[str, tuple[Schema, str]]) -> Schema:
    properties = {key: {**schema, "description": told} for key, (schema, told) in keys.items()}
    return {"type": "object", "required": list(keys), "properties": properties}


def _holds(schema: Schema) -> str:
    """Return in words what a value of *schema* is."""
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join("null" if word is None else f"`{word}`" for word in schema["enum"])
    if "oneOf" in schema:
        return "object or null"
    if "items" in schema:
        return f"list of {schema['items']['$ref'].rpartition('/')[2]}s".replace("evidences", "evidence")
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    words = {"string": "text", "boolean": "true or false"}
    if schema.get("format") == "date-time":
        words["string"] = "instant"
    return " or ".join(words.get(str(each), str(each)) for each in types)
