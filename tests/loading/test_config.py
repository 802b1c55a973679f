"""config.yaml and the environment."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from prober.errors import BadInput
from prober.loading.config import load_config
from prober.loading.fields import STRICT, Number, Secret, Text, refusal
from prober.loading.masking import Masker
from prober.model.line import SipAccount

WHOLE = """\
store: {url: sqlite:///results/prober.sqlite, durable: true}
lines:
  - name: demo-1
    msisdn: 013800000001
    brand: 全球通
    site: 0010
    secrets: {password: "${env.TEST_PASSWORD}", pin: {file: pin}}
    sip: {user: u, password: p}
    gateway: demo
channels:
  ivr: {server: "127.0.0.1:5062"}
  sms: {gateways: {demo: {port: 2776}}, quarantine: 2m}
"""
SMALL = "lines:\n  - {name: a, msisdn: 10086}\n"


@pytest.fixture
def loaded(written, small_settings):
    """Load a configuration of this text."""
    return lambda text=SMALL: load_config(written(text, "config.yaml"), small_settings)


def a_range(value):
    if "-" not in str(value):
        raise refusal("this is no range")
    return tuple(value.split("-"))


class Listener(BaseModel):
    """A channel with lists and a range."""

    model_config = STRICT
    codecs: tuple[Literal["PCMA", "PCMU"], ...] = Field(default=("PCMA",), description="a list")
    ports: Annotated[tuple[int, int], BeforeValidator(a_range)] = Field(default=(1, 2), description="a range")
    senders: dict[Text, tuple[Text, ...]] = Field(default_factory=dict, description="lists by name")


def refused(loaded, text=SMALL):
    with pytest.raises(BadInput) as bad:
        loaded(text)
    return [(problem.line, problem.message, problem.hint) for problem in bad.value.problems]


def test_a_whole_configuration_is_read(loaded, written, monkeypatch, tmp_path):
    """Lines with their facts and secrets, channels as their own models, and paths from the file's folder."""
    monkeypatch.setenv("TEST_PASSWORD", "s3cret")
    written("2468\n", "pin")

    settings = loaded(WHOLE)
    (line,) = settings.lines

    assert settings.folder == tmp_path
    assert (settings.store.url, settings.store.durable) == (f"sqlite:///{tmp_path}/results/prober.sqlite", True)
    assert settings.evidence.path == tmp_path / "results_db/evidence"
    assert (line.msisdn, line.facts) == ("013800000001", {"brand": "全球通", "site": "0010"})
    assert line.secrets == {"password": "s3cret", "pin": "2468"}
    assert (line.sip, line.gateway) == (SipAccount("u", "p"), "demo")
    assert settings.channels["ivr"].prompts == tmp_path / "scenarios/prompts"
    assert (settings.channels["sms"].gateways["demo"].port, settings.channels["sms"].quarantine) == (2776, 120.0)


def test_a_channel_that_is_not_set_up_is_not_there(loaded):
    """Nothing is made up for it."""
    assert dict(loaded().channels) == {}


@pytest.mark.parametrize("url", ["sqlite:////abs/p.sqlite", "sqlite:///:memory:", "postgresql://host/db"])
def test_other_database_urls_stay_as_they_are(loaded, url):
    """Only a relative path of SQLite is counted from the folder."""
    assert loaded(f"{SMALL}store: {{url: '{url}'}}\n").store.url == url


def test_the_environment_overrides_the_file(loaded, monkeypatch, tmp_path):
    """Any key, also those the file does not have; lists as JSON."""
    monkeypatch.setenv("PROBER__CHANNELS__IVR__SERVER", "10.0.0.1:5060")
    monkeypatch.setenv("PROBER__CHANNELS__SMS__GATEWAYS__DEMO__PORT", "9999")
    monkeypatch.setenv("PROBER__EVIDENCE__PATH", "elsewhere")
    monkeypatch.setenv("PROBER__LINES", json.dumps([{"name": "b", "msisdn": "10000", "gateway": "demo"}]))

    settings = loaded(f"{SMALL}channels: {{ivr: {{server: x}}}}\n")

    assert settings.channels["ivr"].server == "10.0.0.1:5060"
    assert settings.channels["sms"].gateways["demo"].port == 9999
    assert settings.evidence.path == tmp_path / "elsewhere"
    assert settings.lines[0].name == "b"


def test_an_override_that_does_not_fit_names_its_variable(loaded, monkeypatch):
    """The person looks into the environment, not into the file."""
    monkeypatch.setenv("PROBER__STORE__DURABLE", "perhaps")
    monkeypatch.setenv("PROBER__CHANELS__IVR__SERVER", "x")
    monkeypatch.setenv("PROBER__STORE__DURABEL", "true")

    assert refused(loaded) == [
        (
            0,
            "the environment variable ‘PROBER__CHANELS__IVR__SERVER’ names no setting",
            "did you mean ‘channels’?",
        ),
        (
            0,
            "the environment variable ‘PROBER__STORE__DURABEL’ names no setting",
            "did you mean ‘durable’?",
        ),
        (
            0,
            "the environment variable ‘PROBER__STORE__DURABLE’ does not fit: ‘true’ or ‘false’ is wanted here",
            "",
        ),
    ]


def test_an_override_that_is_no_list_is_told(loaded, monkeypatch):
    """By the name of the variable, as every other one is."""
    monkeypatch.setenv("PROBER__LINES", "[{")

    ((_, message, hint),) = refused(loaded)

    assert message.startswith("the environment variable ‘PROBER__LINES’ cannot be read: this bracket is not closed")
    assert hint == "a list is written as in YAML: [a, b]"


@pytest.mark.parametrize(
    ("typed", "codecs"), [("PCMA", ("PCMA",)), ("[PCMA, PCMU]", ("PCMA", "PCMU")), ('["PCMU"]', ("PCMU",))]
)
def test_lists_and_ranges_come_from_the_environment_too(written, monkeypatch, typed, codecs):
    """A list as YAML or JSON, or the one value of it; a range as it stands in the file."""
    monkeypatch.setenv("PROBER__CHANNELS__LISTENER__CODECS", typed)
    monkeypatch.setenv("PROBER__CHANNELS__LISTENER__PORTS", "30000-30010")
    monkeypatch.setenv("PROBER__CHANNELS__LISTENER__SENDERS", "{a: [10086, 0010]}")
    monkeypatch.setenv("PROBER__CHANNELS__LISTENER__SENDERS__B", "10010")

    listener = load_config(written(SMALL, "config.yaml"), {"listener": Listener}).channels["listener"]

    assert (listener.codecs, listener.ports) == (codecs, (30000, 30010))
    assert listener.senders == {"a": ("10086", "0010"), "b": ("10010",)}


@pytest.mark.parametrize(
    ("key", "typed", "reason"),
    [
        ("CODECS", "G729", "‘G729’ is not one of PCMA, PCMU"),
        ("CODECS", "[PCMA, G729]", "‘G729’ is not one of PCMA, PCMU"),
        ("PORTS", "[1, 2]", "this is no range"),
    ],
)
def test_a_list_that_does_not_fit_names_its_variable(written, monkeypatch, key, typed, reason):
    """Whichever of its values is wrong."""
    monkeypatch.setenv(f"PROBER__CHANNELS__LISTENER__{key}", typed)

    with pytest.raises(BadInput) as bad:
        load_config(written(SMALL, "config.yaml"), {"listener": Listener})

    assert [one.message for one in bad.value.problems] == [
        f"the environment variable ‘PROBER__CHANNELS__LISTENER__{key}’ does not fit: {reason}"
    ]


def test_what_is_missing_in_a_section_of_the_environment_is_told_whole(loaded, monkeypatch):
    """The file has no line for it: the key is told in full, with the variable that set the section up."""
    monkeypatch.setenv("PROBER__CHANNELS__IVR__PROMPTS", "elsewhere")

    assert refused(loaded) == [
        (
            0,
            "‘channels.ivr.server’ is missing",
            "the environment variable ‘PROBER__CHANNELS__IVR__PROMPTS’ sets up its section",
        )
    ]


def test_an_unset_variable_is_told_once_and_by_its_name(loaded, monkeypatch):
    """It is not also complained of as a wrong value."""
    monkeypatch.delenv("NO_NUMBER", raising=False)

    assert refused(loaded, "lines:\n  - {name: a, msisdn: '${env.NO_NUMBER}'}\n") == [
        (2, "the environment variable ‘NO_NUMBER’ is not set", "export NO_NUMBER=…")
    ]


def test_the_hash_is_of_the_settings_in_effect_and_holds_no_secret(loaded, monkeypatch):
    """An override changes it; a password, a comment or an explicit default does not."""
    plain = loaded().sha256

    assert loaded(f"# words\n{SMALL}store: {{durable: false}}\n").sha256 == plain
    assert loaded("lines:\n  - {name: a, msisdn: 10086, secrets: {p: x}, sip: {password: y}}\n").sha256 == plain
    monkeypatch.setenv("PROBER__STORE__DURABLE", "true")
    assert loaded().sha256 != plain


class Account(BaseModel):
    """Secrets of every shape, none of whose names says so."""

    model_config = STRICT
    api_key: Annotated[Secret, AfterValidator(str)] = Field(description="a key")
    signing: Secret | None = Field(default=None, description="one that may be left out")
    by_name: dict[Text, Secret] = Field(default_factory=dict, description="some more")
    either: Text | tuple[Secret, ...] | dict[Text, int] = Field(default="", description="secrets, or something else")
    password: Text = Field(default="", description="no secret, whatever it is called")


class Post(BaseModel):
    """A channel with an account."""

    model_config = STRICT
    account: Account | None = Field(default=None, description="the account")
    speed: Number = Field(default=1, description="something that can be mistaken")


POST = f"{SMALL}channels:\n  post: {{account: {{%s}}, speed: %s}}\n"
SECRETS = 'api_key: "hidden-1", signing: hidden-2, by_name: {a: hidden-3}, either: [hidden-4], apikey: hidden-5'


def test_what_is_secret_is_told_by_its_type(written):
    """A problem shows the line it is in without any `Secret`, nor what stands at a mistyped key of one."""
    with pytest.raises(BadInput) as bad:
        load_config(written(POST % (f"{SECRETS}, password: shown", "fast"), "config.yaml"), {"post": Post})

    assert len(bad.value.problems) == 2
    for problem in bad.value.problems:
        assert "hidden" not in problem.source
        assert "password: shown" in problem.source


def test_no_secret_is_in_the_hash_whatever_it_is_called(written):
    """What is no secret is, whatever it is called."""

    def sha256(account: str) -> str:
        return load_config(written(POST % (account, 1), "config.yaml"), {"post": Post}).sha256

    other = SECRETS.replace("hidden", "another").rpartition(",")[0]
    assert sha256("api_key: x") == sha256("api_key: y") == sha256("api_key: y, signing: z")
    assert sha256(SECRETS.rpartition(",")[0]) == sha256(other)
    assert sha256("api_key: x, password: a") != sha256("api_key: x, password: b")


def test_the_hash_is_the_same_wherever_the_workspace_lies(written, small_settings):
    """Two sites with the same settings have the same hash."""
    first, second = (written(SMALL, f"{name}/config.yaml") for name in ("one", "two"))

    assert load_config(first, small_settings).sha256 == load_config(second, small_settings).sha256


def test_what_is_masked_can_be_chosen(loaded):
    """All kinds are masked by default; each can be switched off, and own patterns and fields be added."""
    text = "打13800000001，otp=1，cookie: a，卡89860012345678901234，合同号=x9"
    assert Masker([], loaded().masking)(text) == "打138••••0001，otp=•••，cookie: •••"

    chosen = loaded(
        SMALL
        + "masking: {phone: false, patterns: {iccid: '89860[0-9]{15}'}, fields: [合同号], open_fields: [otp, cookie]}\n"
    )
    assert Masker([], chosen.masking)(text) == "打13800000001，otp=1，cookie: a，卡•••，合同号=•••"


def test_a_mistake_in_the_sections_that_are_read_shows_no_secret_of_another(written):
    """Also where both stand in one line."""
    path = written('{"store": {"ur": "x"}, "lines": [{"name": "a", "secrets": {"pin": "s3cret"}}]}', "config.yaml")
    with pytest.raises(BadInput) as caught:
        load_config(path, {}, only=("store",))
    (problem,) = caught.value.problems
    assert "unknown key" in problem.message
    assert "s3cret" not in problem.source
