"""config.yaml -> Settings: every mistake at once, in its place, or by the variable it comes from."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError, create_model

from prober.errors import BadInput, Problem
from prober.loading import mistakes
from prober.loading.config_alerts import Understood, Unfillable, alerts_that_clash
from prober.loading.config_items import ItemSettings
from prober.loading.config_lines import lines_that_clash
from prober.loading.config_secrets import without_secrets
from prober.loading.config_sections import (
    UNAVAILABLE,
    EvidenceSettings,
    ExperienceSettings,
    LineSettings,
    OrderSettings,
    Sections,
    StoreSettings,
)
from prober.loading.config_service import (
    AlertSettings,
    MaintenanceSettings,
    ProbeSettings,
    RetentionSettings,
    ServeSettings,
    TelemetrySettings,
    TicketSettings,
)
from prober.loading.fields import STRICT, context, did_you_mean
from prober.loading.masking import MaskingRules
from prober.loading.mistakes import Mistake
from prober.loading.nodes import Document, MapNode, Node, ScalarNode, Where, find, leads_on, parse_yaml, plain
from prober.loading.overrides import Overrides, merged, read_overrides
from prober.loading.shapes import keys_at
from prober.loading.templates import REFERENCE
from prober.loading.text_file import unreadable_is_bad
from prober.loading.yaml_scenario import spoken_at
from prober.model.line import Line, SipAccount

_LISTS = "a list is written as in YAML: [a, b]"
_SQLITE = re.compile(r"(sqlite(?:\+\w+)?:///)(?!/|:memory:)(.+)")


_SERVICE = ("items", "probes", "maintenance", "alerts", "tickets", "serve", "telemetry", "retention")
"""The sections that say when, what for and who is told; no run is played by them."""


@dataclass(frozen=True)
class Settings:
    """
    What config.yaml and the environment say, complete: every path is absolute, every secret read.

    *channels* holds the channels that are set up, each as its own settings model. *sha256* is of what a run is played
    by, without the secrets, and the same wherever the workspace lies: when, what for and who is told changes no run.
    """

    path: Path
    store: StoreSettings
    evidence: EvidenceSettings
    masking: MaskingRules
    lines: tuple[Line, ...]
    orders: OrderSettings
    channels: Mapping[str, Any]
    sha256: str
    items: tuple[ItemSettings, ...] = ()
    experience: ExperienceSettings = field(default_factory=ExperienceSettings)
    probes: tuple[ProbeSettings, ...] = ()
    maintenance: tuple[MaintenanceSettings, ...] = ()
    alerts: tuple[AlertSettings, ...] = ()
    tickets: tuple[TicketSettings, ...] = ()
    serve: ServeSettings = field(default_factory=ServeSettings)
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)

    @property
    def folder(self) -> Path:
        """The workspace: the folder of config.yaml."""
        return self.path.parent


@unreadable_is_bad()
def load_config(
    path: Path,
    channel_settings: Mapping[str, type[BaseModel]],
    understood: Understood | None = None,
    *,
    unfillable: Unfillable | None = None,
    only: Collection[str] = (),
) -> Settings:
    """
    Return the settings in the file at *path*, with what the environment overrides.

    *understood* says whether there is a way of telling at an address, *unfillable* why a ticket's template does not go
    with incidents; None: that is not checked. *only* these sections are read, if any are named: whatever is wrong with
    the others, as long as the file is YAML, what was kept can be looked at.

    Raises:
        BadInput: Every mistake in the file and in the environment at once.
    """
    whole = document = parse_yaml(path, what="the configuration")
    model = config_model(channel_settings)
    if only:
        document = parse_yaml(path, what="the configuration", only=only)
        model = create_model("Config", __base__=model, lines=(tuple[LineSettings, ...], ()))
    loading = _Loading(
        without_secrets(document, model, whole.root),
        model,
        partial(alerts_that_clash, understood=understood, unfillable=unfillable),
        only,
    )
    settings = loading.settings()
    if settings is None or loading.problems:
        raise BadInput(list(dict.fromkeys(loading.problems)))
    return settings


def config_model(channel_settings: Mapping[str, type[BaseModel]]) -> type[Sections]:
    """Return the model of config.yaml, with a section under `channels` for each of *channel_settings*."""
    fields: dict[str, Any] = {
        name: (settings | None, Field(default=None, description=_first_line(settings)))
        for name, settings in channel_settings.items()
    }
    channels = create_model("Channels", __config__=STRICT, __doc__="How each channel is reached.", **fields)
    section: Any = (channels, Field(default_factory=channels, description="how each channel is reached"))
    return create_model("Config", __base__=Sections, __doc__=Sections.__doc__, channels=section)


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().partition("\n")[0]


class _Loading:
    """One load of one file."""

    def __init__(
        self,
        document: Document,
        model: type[Sections],
        clashes: Callable[[Sections], Iterable[Mistake]],
        only: Collection[str],
    ) -> None:
        self._document = document
        self._root = document.root
        self._model = model
        self._clashes = clashes
        self._only = only
        self._folder = document.path.resolve().parent
        self._overrides = Overrides({}, {})
        self._unfilled: set[str] = set()
        self.problems = list(self._document.problems)

    def settings(self) -> Settings | None:
        """Return the settings; None if there is no making any, and *problems* say why."""
        if not self._document.whole:
            return None
        if not isinstance(self._root, MapNode):
            self._note(self._root, "the configuration is a mapping", "begin with ‘lines:’ and ‘channels:’")
            return None
        self._read_overrides()
        written = merged(self._with_environment(plain(self._root)), self._overrides.values)
        for section in [name for name in UNAVAILABLE if name in written]:
            message = f"‘{section}’ is not available in this version: {UNAVAILABLE[section]}"
            self._tell([Mistake((section,), message, key=True)])
            del written[section]
        self._tell(lines_that_clash(written))
        try:
            config = self._model.model_validate(written, context=context(folder=self._folder))
        except ValidationError as error:
            self._tell([self._with_hint(one) for one in mistakes.of_validation(error, written)])
            return None
        self._tell(tuple(self._clashes(config)))
        return self._made(config)

    def _made(self, config: Sections) -> Settings:
        channels = {name: value for name, value in config.channels if value is not None}  # type: ignore[attr-defined]
        return Settings(
            path=self._document.path.resolve(),
            store=config.store.model_copy(update={"url": self._rooted_url(config.store.url)}),
            evidence=_rooted(config.evidence, self._folder),
            masking=config.masking.rules(),
            lines=tuple(_line(line) for line in config.lines),
            orders=config.orders,
            channels=_rooted(channels, self._folder),
            sha256=_sha256(config, self._folder),
            experience=_rooted(config.experience, self._folder),
            **{name: getattr(config, name) for name in _SERVICE},
        )

    def _with_environment(self, written: Any) -> Any:
        """Return *written* with every `${env.X}` filled in."""
        match written:
            case str():
                return REFERENCE.sub(lambda found: self._environment(found[0], found[1]), written)
            case list():
                return [self._with_environment(part) for part in written]
            case dict():
                return {key: self._with_environment(value) for key, value in written.items()}
            case _:
                return written

    def _environment(self, spoken: str, name: str) -> str:
        scope, _, variable = name.rpartition(".")
        value = os.environ.get(variable) if scope == "env" else None
        if value is None:
            message, hint = f"‘{spoken}’ means nothing here", "config.yaml knows ${env.NAME} only"
            if scope == "env":
                message, hint = f"the environment variable ‘{variable}’ is not set", f"export {variable}=…"
            self._unfilled.add(spoken)
            self.problems.append(spoken_at(self._document, self._root, spoken, message, hint))
            return spoken
        return value

    def _read_overrides(self) -> None:
        self._overrides = read_overrides(self._model, self._only)
        for variable, reason in self._overrides.broken.items():
            self._note(None, f"the environment variable ‘{variable}’ cannot be read: {reason}", _LISTS)
        for variable in self._overrides.unknown:
            message = f"the environment variable ‘{variable}’ names no setting"
            self._note(None, message, self._nearest(self._overrides.variables[variable]))

    def _nearest(self, where: Where) -> str:
        """Return a hint for the first part of *where* that the model does not know."""
        for position, part in enumerate(where):
            known = keys_at(self._model, where[:position])
            if known and part not in known:
                return did_you_mean(str(part), known)
        return ""

    def _with_hint(self, mistake: Mistake) -> Mistake:
        if mistake.hint or not mistake.message.startswith("unknown key"):
            return mistake
        return replace(mistake, hint=self._nearest(mistake.where))

    def _tell(self, found: Sequence[Mistake]) -> None:
        for mistake in found:
            variable = self._overrides.variable_of(mistake.where)
            if variable:
                message = f"the environment variable ‘{variable}’ does not fit: {mistake.message}"
                self._note(None, message, mistake.hint)
                continue
            if section_of := self._set_up_by(mistake.where):
                message = f"‘{'.'.join(map(str, mistake.where))}’ is missing"
                self._note(None, message, f"the environment variable ‘{section_of}’ sets up its section")
                continue
            value = find(self._root, mistake.where)
            if not (isinstance(value, ScalarNode) and self._unfilled & set(_references(value.text or ""))):
                place = find(self._root, mistake.where, key=mistake.key)
                self._note(place, mistake.message, mistake.hint or value.hint)

    def _set_up_by(self, where: Where) -> str | None:
        """Return a variable that sets up the section *where* stands in, if the file has no such section."""
        if leads_on(self._root, where[:-1]):
            return None
        return self._overrides.variable_of(where[:-1])

    def _note(self, node: Node | None, message: str, hint: str = "") -> None:
        whole = Problem(self._document.path, 0, 0, message, hint)
        self.problems.append(self._document.problem(node, message, hint) if node else whole)

    def _rooted_url(self, url: str) -> str:
        found = _SQLITE.fullmatch(url)
        return f"{found[1]}{self._folder / found[2]}" if found else url


def _line(line: LineSettings) -> Line:
    return Line(
        name=line.name,
        msisdn=line.msisdn,
        facts=dict(line.model_extra or {}),
        secrets=dict(line.secrets),
        sip=SipAccount(
            user=line.sip.user,
            password=line.sip.password,
            caller=line.sip.caller,
            registrar=line.sip.registrar,
            expires_s=line.sip.expires,
            proxy=line.sip.proxy,
        ),
        gateway=line.gateway,
    )


def _rooted(value: Any, folder: Path) -> Any:
    """Return *value* with every relative path in it counted from *folder*."""
    match value:
        case Path():
            return folder / value
        case BaseModel():
            return value.model_copy(update={name: _rooted(part, folder) for name, part in value})
        case dict():
            return {key: _rooted(part, folder) for key, part in value.items()}
        case tuple():
            return tuple(_rooted(part, folder) for part in value)
        case _:
            return value


def _references(text: str) -> list[str]:
    return [found[0] for found in REFERENCE.finditer(text)]


def _sha256(config: Sections, folder: Path) -> str:
    def neutral(value: Any) -> Any:
        match value:
            case dict():
                # A secret is None in JSON; what is not set does not count either.
                return {key: neutral(part) for key, part in value.items() if part is not None}
            case list():
                return [neutral(part) for part in value if part is not None]
            case str():
                return value.removeprefix(f"{folder}{os.sep}")
            case _:
                return value

    effective = json.dumps(
        neutral(config.model_dump(mode="json", exclude={*_SERVICE, "experience"})), sort_keys=True, ensure_ascii=False
    )
    return hashlib.sha256(effective.encode()).hexdigest()
