"""The verbs of the web channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prober.loading.fields import Expectation, Text
from prober.model.run import Layer
from prober.model.scenario import Ordering
from prober.model.verb import Verb

_ELEMENT = "what the element is called on the page, or css:, xpath:, testid: or a role (button:, link: …) and its name"


_INSIDE = {"alias": "in", "description": "look only inside this element"}


@dataclass(frozen=True)
class Open:
    """Go to a page, and wait until it has loaded, or until it shows *ready*."""

    url: Text = field(metadata={"description": "a path such as /login, or a whole address"})
    ready: Expectation | None = field(default=None, metadata={"description": "the text that makes the page ready"})


@dataclass(frozen=True)
class Click:
    """Click on what is called so: a button, a link, a tab, or any text."""

    element: Text = field(metadata={"description": _ELEMENT})
    in_: Text | None = field(default=None, metadata=_INSIDE)


@dataclass(frozen=True)
class Fill:
    """Type texts into fields, by their labels. What was there is replaced."""

    fields: Mapping[Text, Text] = field(metadata={"description": "label: text, one or more"})
    in_: Text | None = field(default=None, metadata=_INSIDE)


@dataclass(frozen=True)
class Choose:
    """Choose an option of a list, or of a group of radio buttons, by their labels."""

    options: Mapping[Text, Text] = field(metadata={"description": "label: option, one or more"})
    in_: Text | None = field(default=None, metadata=_INSIDE)


@dataclass(frozen=True)
class Check:
    """Tick a box (or with `checked: false` untick it), by its label."""

    element: Text = field(metadata={"description": _ELEMENT})
    checked: bool = field(default=True, metadata={"description": "false takes the tick away"})
    in_: Text | None = field(default=None, metadata=_INSIDE)


@dataclass(frozen=True)
class Press:
    """Press a key on the keyboard, where the focus is."""

    key: Text = field(metadata={"description": "Enter, Tab, Escape, ArrowDown, a letter, Control+A …"})


@dataclass(frozen=True)
class See:
    """Wait until the page shows a text."""

    text: Expectation = field(metadata={"description": "plain text, or a /regular expression/"})
    in_: Text | None = field(default=None, metadata=_INSIDE)


@dataclass(frozen=True)
class NotSee:
    """Wait until the page, once it is there, does not show a text."""

    text: Expectation = field(metadata={"description": "plain text, or a /regular expression/"})
    in_: Text | None = field(default=None, metadata=_INSIDE)


@dataclass(frozen=True)
class Read:
    """Wait for an element with a text, and bring its text back."""

    element: Text = field(metadata={"description": _ELEMENT})
    in_: Text | None = field(default=None, metadata=_INSIDE)


_PAGE_TIMINGS = {
    "dns_s": "looking up the host's address, where it was looked up",
    "connect_s": "connecting, TLS included, where a connection was made",
    "tls_s": "the TLS handshake",
    "ttfb_s": "navigation start → first byte of the answer",
    "dom_content_loaded_s": "navigation start → DOMContentLoaded",
    "load_s": "navigation start → load",
    "fcp_s": "navigation start → first contentful paint",
    "lcp_s": "navigation start → largest contentful paint so far",
}
_INPUT_TIMINGS = {
    "actionable_s": "the step's start → the input's dispatch: waiting until the element can take it",
    "input_delay_s": "how long of that the input itself waited in the browser, because the page was busy",
}
_EFFECT = "input dispatched to the page → the page has handled it"
_TRUE = "stimulus → condition true in the page"

_INPUTS = {"click": Click, "fill": Fill, "choose": Choose, "check": Check, "press": Press}
_CONDITIONS = {"see": See, "not_see": NotSee, "read": Read}


def _input(name: str, argument: type) -> Verb:
    return Verb(
        channel="web",
        name=name,
        argument=argument,
        within_s=5.0,
        layer=Layer.PAGE,
        took=_EFFECT,
        ordering=Ordering.NEITHER if name == "fill" else Ordering.PLACES,
        needs="web.open",
        timings=_INPUT_TIMINGS,
    )


def _condition(name: str, argument: type) -> Verb:
    return Verb(
        channel="web",
        name=name,
        argument=argument,
        within_s=10.0,
        layer=Layer.PAGE,
        took=_TRUE,
        ordering=Ordering.SHOWS,
        needs="web.open",
        waits=True,
        captures=name != "not_see",
    )


VERBS: tuple[Verb, ...] = (
    Verb(
        channel="web",
        name="open",
        argument=Open,
        within_s=15.0,
        layer=Layer.PAGE,
        took="navigation start → load, or the `ready` text shown",
        ordering=Ordering.NEITHER,
        needs="",
        timings=_PAGE_TIMINGS,
    ),
    *(_input(name, argument) for name, argument in _INPUTS.items()),
    *(_condition(name, argument) for name, argument in _CONDITIONS.items()),
)
