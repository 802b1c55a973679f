"""Alerts and tickets of config.yaml: what can be wrong between them and the rest, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from jinja2 import TemplateError, meta
from jinja2.sandbox import SandboxedEnvironment

from prober.loading.config_sections import Sections
from prober.loading.config_service import AlertSettings, QuietSettings, TicketSettings
from prober.loading.fields import did_you_mean
from prober.loading.mistakes import Mistake
from prober.loading.nodes import Where
from prober.model.alarm import Quiet, Way

TICKET_WORDS = (
    "acknowledged_by",
    "channel",
    "first_run",
    "id",
    "items",
    "kind",
    "last_run",
    "layer",
    "link",
    "opened_at",
    "probes",
    "severity",
    "step",
    "teams",
    "text",
    "title",
    "what",
    "worked",
)
"""What a template of a ticket may speak of."""

Understood = Callable[[str], bool]
"""Says whether there is a way of telling at an address."""
Unfillable = Callable[[TicketSettings], str]
"""Says why a ticket's template does not go with incidents; "" if it does."""


def ways(settings: Sequence[AlertSettings]) -> tuple[Way, ...]:
    """Return the ways of config.yaml; of one that texts several numbers, one a number: `oncall.1`, `oncall.2`."""
    own = {one.name: _names(one) for one in settings}
    return tuple(
        Way(
            name=name,
            url=one.url or "",
            number=number,
            line=one.line,
            items=one.items,
            channels=one.channels,
            teams=one.teams,
            kinds=one.kinds,
            severity=one.severity,
            after_s=one.after,
            remind_s=one.remind,
            quiet=_quiet(one.quiet),
            language=one.language,
            otherwise=own.get(one.otherwise, ()),
        )
        for one in settings
        for name, number in zip(own[one.name], one.sms or ("",), strict=True)
    )


def alerts_that_clash(
    config: Sections, understood: Understood | None = None, unfillable: Unfillable | None = None
) -> Iterator[Mistake]:
    """Yield the mistakes that no alert and no system of tickets has by itself."""
    yield from _given_twice("alerts", [one.name for one in config.alerts])
    yield from _given_twice("tickets", [one.name for one in config.tickets])
    following = {one.name: one.otherwise for one in reversed(config.alerts)}
    for index, alert in enumerate(config.alerts):
        yield from _of_alert(config, index, understood)
        if _in_a_ring(alert.name, following):
            message = f"‘otherwise’ leads from ‘{alert.name}’ back to itself"
            yield Mistake(("alerts", index, "otherwise"), message, "let the last way of the row have none")
    for index, system in enumerate(config.tickets):
        if not system.url.startswith(("http://", "https://")):
            yield Mistake(("tickets", index, "url"), "an address begins with http:// or https://")
        for name, value in system.headers.items():
            if not f"{name}{value}".isascii() or not f"{name}{value}".isprintable():
                message = "a header holds plain characters only, and no line break"
                yield Mistake(("tickets", index, "headers", name), message)
        mistakes = [*_of_template(system.body, ("tickets", index, "body"))]
        if not mistakes and unfillable and (why := unfillable(system)):
            mistakes = [Mistake(("tickets", index, "body"), why, "try it: {{ items[0] if items else probes[0] }}")]
        yield from mistakes


def _quiet(settings: QuietSettings | None) -> Quiet | None:
    return None if settings is None else Quiet(settings.cron, settings.lasts, settings.timezone, settings.critical)


def _names(settings: AlertSettings) -> tuple[str, ...]:
    if len(settings.sms) < 2:
        return (settings.name,)
    return tuple(f"{settings.name}.{number}" for number in range(1, len(settings.sms) + 1))


def _of_alert(config: Sections, index: int, understood: Understood | None) -> Iterator[Mistake]:
    alert, where = config.alerts[index], ("alerts", index)
    if alert.otherwise and alert.otherwise not in (names := [one.name for one in config.alerts]):
        message = f"there is no way called ‘{alert.otherwise}’"
        yield Mistake((*where, "otherwise"), message, did_you_mean(alert.otherwise, names))
    if alert.line and alert.line not in (lines := [line.name for line in config.lines]):
        yield Mistake((*where, "line"), f"there is no line called ‘{alert.line}’", did_you_mean(alert.line, lines))
    elif alert.sms:
        yield from _of_gateway(config, alert.line, (*where, "line"))
    for name in _names(alert):
        if whose := next(
            (one.name for one in config.alerts[:index] if name in _names(one) and alert.name != one.name), ""
        ):
            message = f"‘{whose}’ has a way called ‘{name}’ already: a way of several numbers is one for each"
            yield Mistake((*where, "name"), message, "give it another name")
    if alert.url is not None and understood is not None and not understood(alert.url):
        # The address holds a token: it is not repeated here.
        message = "Apprise does not understand this address"
        yield Mistake((*where, "url"), message, "docs/alerts.md has one for each kind: dingtalk://TOKEN, mailto://…")


def _of_gateway(config: Sections, name: str, where: Where) -> Iterator[Mistake]:
    """Yield why the line called *name* can send no texts; a gateway that is not there is a mistake of its own."""
    channels = dict(getattr(config, "channels", ()))
    if "sms" not in channels:
        return  # whoever loads this knows nothing of the channel
    gateways = list(channels["sms"].gateways) if channels["sms"] else []
    line = next(one for one in config.lines if one.name == name)
    if not gateways:
        message = "texts need a gateway, and there is none under ‘channels.sms.gateways’"
        yield Mistake(where, message, "see docs/channels/sms.md")
    elif not line.gateway and len(gateways) > 1:
        message = f"line ‘{name}’ names no gateway, and there are several: {', '.join(gateways)}"
        yield Mistake(where, message, f"give the line one: gateway: {gateways[0]}")


def _given_twice(section: str, names: Sequence[str]) -> Iterator[Mistake]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Mistake((section, index, "name"), f"‘{name}’ is given twice in ‘{section}’")


def _in_a_ring(name: str, otherwise: dict[str, str]) -> bool:
    seen: list[str] = []
    following = otherwise[name]
    while following and following not in seen:
        seen.append(following)
        following = otherwise.get(following, "")
    return name in seen


def _of_template(body: str, where: tuple[str | int, ...]) -> Iterator[Mistake]:
    environment = SandboxedEnvironment()
    try:
        spoken = meta.find_undeclared_variables(environment.parse(body))
        environment.compile(body)
    except TemplateError as exc:
        yield Mistake(where, f"the template does not compile: {exc.message}", "see docs/alerts.md#tickets")
        return
    for name in sorted(spoken.difference(TICKET_WORDS)):
        yield Mistake(where, f"a ticket knows no ‘{name}’", did_you_mean(name, TICKET_WORDS))
