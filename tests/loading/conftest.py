"""A small vocabulary to read scenarios with, which changes with no channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from prober.loading.fields import Duration, Expectation, Keys, Number, PromptName, Secret, Text
from prober.loading.scenario import load_scenarios
from prober.loading.vocabulary import Vocabulary
from prober.model.run import Layer
from prober.model.scenario import Ordering, Scenario
from prober.model.verb import Verb


class Mode(StrEnum):
    """How keys are sent."""

    RFC4733 = "rfc4733"
    INFO = "info"


@dataclass(frozen=True)
class Dial:
    """Call a number."""

    number: Text = field(metadata={"description": "the number to call"})
    expect: Number = 200


@dataclass(frozen=True)
class Hear:
    """Wait for a prompt."""

    prompt: PromptName
    strict: bool = False


@dataclass(frozen=True)
class Press:
    """Press keys."""

    keys: Keys
    mode: Mode = Mode.RFC4733
    gap: Duration = 0.1


@dataclass(frozen=True)
class HangUp:
    """End the call."""


@dataclass(frozen=True)
class Fill:
    """Fill in fields."""

    fields: dict[Text, Text]
    in_: Text | None = field(default=None, metadata={"alias": "in"})


@dataclass(frozen=True)
class Find:
    """Find an element: by its text, or by what it is."""

    what: Text | dict[Text, Text]


@dataclass(frozen=True)
class Send:
    """Send a text."""

    to: Text
    text: Text


@dataclass(frozen=True)
class Receive:
    """Wait for the reply."""

    text: Expectation


def _verb(name: str, argument: type, within_s: float = 10.0, *, captures: bool = False) -> Verb:
    channel, _, verb = name.partition(".")
    return Verb(
        channel=channel,
        name=verb,
        argument=argument,
        within_s=within_s,
        layer=Layer.CONTENT,
        took="",
        ordering=Ordering.NEITHER,
        needs="",
        captures=captures,
    )


VERBS = (
    _verb("ivr.dial", Dial, 15.0),
    _verb("ivr.hear", Hear, 6.0, captures=True),
    _verb("ivr.press", Press),
    _verb("ivr.hang_up", HangUp),
    _verb("web.fill", Fill),
    _verb("web.find", Find, captures=True),
    _verb("sms.send", Send),
    _verb("sms.receive", Receive, 60.0, captures=True),
)


class IvrSettings(BaseModel):
    """How the robot calls."""

    model_config = ConfigDict(extra="forbid")
    server: Text = Field(description="the server")
    prompts: Path = Field(default=Path("scenarios/prompts"), description="the recorded prompts")


class Gateway(BaseModel):
    """A way to the SMSC."""

    model_config = ConfigDict(extra="forbid")
    port: int = Field(default=2775, description="the port")
    password: Secret = Field(default="", description="the password")


class SmsSettings(BaseModel):
    """How the robot texts."""

    model_config = ConfigDict(extra="forbid")
    gateways: dict[str, Gateway] = Field(default_factory=dict, description="the gateways, by name")
    quarantine: Duration = Field(default=150.0, description="how long a number is left alone")


def load_scenario(path: Path, vocabulary: Vocabulary) -> Scenario:
    """Return the one scenario in a file."""
    (scenario,) = load_scenarios([path], vocabulary)
    return scenario


@pytest.fixture(scope="session")
def small_vocabulary() -> Vocabulary:
    """A few verbs of three channels, and four prompts."""
    return Vocabulary(VERBS, prompts=["welcome", "balance", "main_menu", "goodbye"])


@pytest.fixture(scope="session")
def small_settings() -> dict[str, type[BaseModel]]:
    """The settings of two channels."""
    return {"ivr": IvrSettings, "sms": SmsSettings}


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a file and return its path."""

    def write(text: str, name: str = "scenario.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write
