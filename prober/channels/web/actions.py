"""The verbs of the web channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from prober.loading.fields import Duration, Expectation, Number, Text
from prober.loading.limits import MOST, Longest, Share, number
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
class Back:
    """Go back to the page before, and wait until it has loaded, or until it shows *ready*."""

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
class Upload:
    """Choose files for fields that take them, by their labels."""

    files: Mapping[Text, Text] = field(
        metadata={"description": "label: the file's name in the folder `files` of channels.web, one or more"}
    )
    in_: Text | None = field(default=None, metadata=_INSIDE)


@dataclass(frozen=True)
class Download:
    """
    Click on what offers a file, and wait until it is there, complete.

    The file is kept as evidence; values are captured from its text where it has one.
    """

    element: Text = field(metadata={"description": _ELEMENT})
    file: Expectation | None = field(default=None, metadata={"description": "what the file's name must hold"})
    text: Expectation | None = field(default=None, metadata={"description": "what the file itself must hold"})
    in_: Text | None = field(default=None, metadata=_INSIDE)


@dataclass(frozen=True)
class Scroll:
    """Scroll an element into view, or to an end of the page; what a page loads only then is waited for by `see`."""

    to: Text = field(metadata={"description": f"top, bottom, or {_ELEMENT}"})
    in_: Text | None = field(default=None, metadata=_INSIDE)


class State(StrEnum):
    """What an element is waited to be."""

    VISIBLE = "visible"
    HIDDEN = "hidden"
    ENABLED = "enabled"
    DISABLED = "disabled"
    CHECKED = "checked"
    UNCHECKED = "unchecked"


@dataclass(frozen=True)
class WaitFor:
    """Wait until an element is there and can be seen, or is hidden, enabled, disabled, checked or unchecked."""

    element: Text = field(metadata={"description": _ELEMENT})
    state: State = field(
        default=State.VISIBLE,
        metadata={"description": "visible, hidden, enabled, disabled, checked or unchecked"},
    )
    in_: Text | None = field(default=None, metadata=_INSIDE)


class Answer(StrEnum):
    """What is answered to a dialog of the browser."""

    ACCEPT = "accept"
    DISMISS = "dismiss"


@dataclass(frozen=True)
class Dialog:
    """
    Answer the browser's dialog (alert, confirm, prompt) that the step before has opened.

    A dialog that no such step answers fails the step that meets it.
    """

    answer: Answer = field(metadata={"description": "accept or dismiss"})
    says: Expectation | None = field(default=None, metadata={"description": "what it must say"})
    type: Text | None = field(default=None, metadata={"description": "what is typed into it before it is accepted"})


@dataclass(frozen=True)
class Tab:
    """Go to another tab, by its title or its address. A new one comes to the front by itself."""

    page: Expectation = field(metadata={"description": "a part of its title or address, or a /regular expression/"})
    close: bool = field(default=False, metadata={"description": "true closes the tab that is left"})


@dataclass(frozen=True)
class Frame:
    """
    Look and act inside a frame of the page from now on.

    The frame goes with its page: after another page has come, steps are on the whole page again.
    """

    frame: Text = field(metadata={"description": "the frame's title, name or part of its address; top for the page"})


def _none(value: Any) -> Any:
    return 0 if value == "none" else value


_NO_MORE = {"description": "none, or how many there may be"}
_Most = Annotated[Number, BeforeValidator(_none), MOST, Field(ge=0), WithJsonSchema({"type": ["integer", "string"]})]


@dataclass(frozen=True)
class Matches:
    """Wait until the page tells all that it is to tell: each sentence of a text, whatever stands between them."""

    text: Text = field(
        default="item.text",
        metadata={"description": "item.text, the item's own `reference` for the web, or the text itself"},
    )
    in_: Text | None = field(default=None, metadata=_INSIDE)


@dataclass(frozen=True)
class Jargon:
    """Hold the words on the page against those that customers do not use (`experience.wording` adds some)."""

    most: _Most = field(default=0, metadata=_NO_MORE)
    except_: tuple[Expectation, ...] = field(default=(), metadata={"alias": "except", "description": "words allowed"})
    in_: Text | None = field(default=None, metadata=_INSIDE)


@dataclass(frozen=True)
class Broken:
    """
    Ask for every link of the page, as a stranger without the customer's cookies would, and look at its pictures.

    A link that leads to an error, or a picture that is none, is broken.
    """

    most: _Most = field(default=0, metadata=_NO_MORE)
    except_: tuple[Expectation, ...] = field(
        default=(), metadata={"alias": "except", "description": "addresses that are not asked for"}
    )


class Impact(StrEnum):
    """How much a broken rule hinders people, by axe-core, the least first."""

    MINOR = "minor"
    MODERATE = "moderate"
    SERIOUS = "serious"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Accessible:
    """Hold the page against the rules of axe-core, for people who see, hear or move with difficulty."""

    impact: Impact = field(
        default=Impact.SERIOUS,
        metadata={"description": "the least impact that counts: minor, moderate, serious or critical"},
    )
    most: _Most = field(default=0, metadata=_NO_MORE)
    except_: tuple[Text, ...] = field(
        default=(), metadata={"alias": "except", "description": "rules that do not count, by axe's ids: color-contrast"}
    )


@dataclass(frozen=True)
class LooksLike:
    """Wait until the page looks as the picture that a person has approved (`prober approve`)."""

    picture: Text = field(metadata={"description": "what the approved picture is called"})
    tolerance: Share = field(
        default=0.001, metadata={"description": "how many of the pixels may look otherwise, such as 1%"}
    )
    hide: tuple[Text, ...] = field(default=(), metadata={"description": "what is covered: elements that always differ"})
    whole: bool = field(default=False, metadata={"description": "true: the whole page, not only what is in view"})
    in_: Text | None = field(default=None, metadata=_INSIDE)


@dataclass(frozen=True)
class SaveLogin:
    """Keep who the customer is to the site (cookies and storage) for other scenarios on the same line."""

    login: Text = field(metadata={"description": "what the login is called"})


@dataclass(frozen=True)
class UseLogin:
    """Be to the site who another scenario on the same line has logged in as. It stands before `open`."""

    login: Text = field(metadata={"description": "what the login was called when it was saved"})
    max_age: Duration = field(default=8 * 3600.0, metadata={"description": "how old it may be, such as 30m"})


@dataclass(frozen=True)
class Captcha:
    """Have the program that is named in the settings read a picture, and type its answer, or drag a slider so far."""

    element: Text = field(metadata={"description": "the field for the answer, or the slider's handle"})
    picture: Text | None = field(
        default=None, metadata={"description": "the picture; else the one nearest to the field"}
    )
    drag: bool = field(
        default=False, metadata={"description": "true: the answer is by how many pixels the handle is dragged"}
    )
    in_: Text | None = field(default=None, metadata=_INSIDE)


@dataclass(frozen=True)
class Screenshot:
    """Keep the page as it looks now, as evidence."""

    caption: Text = field(default="", metadata={"description": "what the picture is called in the report"})
    whole: bool = field(default=False, metadata={"description": "true: the whole page, not only what is in view"})


@dataclass(frozen=True)
class Errors:
    """
    Hold the troubles since the page was opened against a limit: exceptions, console errors, requests that failed.

    What is told of each step besides (`console_errors`, `exceptions`, `failed_requests`) stays a fact.
    """

    most: _Most = field(default=0, metadata=_NO_MORE)
    except_: tuple[Expectation, ...] = field(
        default=(), metadata={"alias": "except", "description": "what does not count: a part of its words, or address"}
    )


def _shift(value: Any) -> float:
    return number(value, "", (0, 100), "a number such as 0.1")


def _bytes(value: Any) -> int:
    typed = str(value).strip()
    for unit, times in {"kB": 1000, "KB": 1000, "MB": 1_000_000, "B": 1}.items():
        if typed.endswith(unit):
            return round(number(typed, unit, (0, 1e6), "an amount such as 800 kB or 2 MB") * times)
    return round(number(value, "", (0, 1e12), "an amount such as 800 kB or 2 MB"))


_Shift = Annotated[float, PlainValidator(_shift), MOST, WithJsonSchema({"type": ["number", "string"]})]
_Bytes = Annotated[int, PlainValidator(_bytes), MOST, WithJsonSchema({"type": ["integer", "string"]})]
_Count = Annotated[Number, MOST, Field(ge=0), WithJsonSchema({"type": ["integer", "string"]})]


@dataclass(frozen=True)
class Vitals:
    """Hold the page's own figures so far against limits. One that the page does not have keeps to none."""

    ttfb: Longest | None = field(default=None, metadata={"description": "time to first byte, such as < 800ms"})
    fcp: Longest | None = field(default=None, metadata={"description": "first contentful paint, such as < 1.8s"})
    lcp: Longest | None = field(default=None, metadata={"description": "largest contentful paint, such as < 2.5s"})
    inp: Longest | None = field(
        default=None, metadata={"description": "interaction to next paint of the slowest input, such as < 200ms"}
    )
    cls: _Shift | None = field(default=None, metadata={"description": "cumulative layout shift, such as < 0.1"})
    load: Longest | None = field(default=None, metadata={"description": "navigation start → load, such as < 4s"})
    bytes: _Bytes | None = field(default=None, metadata={"description": "all that was fetched, such as < 2 MB"})
    requests: _Count | None = field(default=None, metadata={"description": "how many requests there were"})
    slowest: Longest | None = field(default=None, metadata={"description": "the slowest request, such as < 1s"})


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

_INPUTS = {"click": Click, "fill": Fill, "choose": Choose, "check": Check, "press": Press, "upload": Upload}
_CONDITIONS = {"see": See, "not_see": NotSee, "read": Read, "wait_for": WaitFor}
_ORDERS_NOTHING = {"fill", "upload"}
_SHOWS_NOTHING = {"not_see", "wait_for"}


_verb = partial(Verb, channel="web", layer=Layer.PAGE, needs="web.open", ordering=Ordering.NEITHER)


def _input(name: str, argument: type) -> Verb:
    ordering = Ordering.NEITHER if name in _ORDERS_NOTHING else Ordering.PLACES
    return _verb(name=name, argument=argument, within_s=5.0, took=_EFFECT, ordering=ordering, timings=_INPUT_TIMINGS)


def _condition(name: str, argument: type) -> Verb:
    return _verb(
        name=name,
        argument=argument,
        within_s=10.0,
        took=_TRUE,
        ordering=Ordering.SHOWS,
        waits=True,
        captures=name not in _SHOWS_NOTHING,
    )


_ARRIVED = "navigation start → load, or the `ready` text shown"
_NO_TIME = "nothing: it asks for no time"

VERBS: tuple[Verb, ...] = (
    _verb(name="open", argument=Open, within_s=15.0, took=_ARRIVED, needs="", timings=_PAGE_TIMINGS),
    _verb(name="back", argument=Back, within_s=15.0, took=_ARRIVED, timings=_PAGE_TIMINGS),
    *(_input(name, argument) for name, argument in _INPUTS.items()),
    *(_condition(name, argument) for name, argument in _CONDITIONS.items()),
    _verb(
        name="download",
        argument=Download,
        within_s=30.0,
        took="input dispatched to the page → the file is complete",
        ordering=Ordering.PLACES,
        timings={**_INPUT_TIMINGS, "began_s": "input dispatched → the browser began to fetch the file"},
        captures=True,
    ),
    _verb(name="scroll", argument=Scroll, within_s=5.0, took="scrolled → painted there"),
    _verb(
        name="dialog",
        argument=Dialog,
        within_s=5.0,
        took="stimulus → the dialog stands before the page",
        ordering=Ordering.PLACES,
        waits=True,
        captures=True,
    ),
    _verb(name="tab", argument=Tab, within_s=10.0, took="stimulus → such a tab is open", waits=True),
    _verb(name="frame", argument=Frame, within_s=10.0, took="stimulus → such a frame has a page", waits=True),
    _verb(name="matches", argument=Matches, within_s=10.0, took=_NO_TIME, ordering=Ordering.SHOWS, waits=True),
    _verb(name="jargon", argument=Jargon, within_s=None, took=_NO_TIME),
    _verb(name="broken", argument=Broken, within_s=30.0, took=_NO_TIME),
    _verb(name="accessible", argument=Accessible, within_s=None, took=_NO_TIME),
    _verb(name="looks_like", argument=LooksLike, within_s=10.0, took=_NO_TIME, ordering=Ordering.SHOWS, waits=True),
    _verb(name="save_login", argument=SaveLogin, within_s=None, took=_NO_TIME),
    _verb(name="use_login", argument=UseLogin, within_s=None, took=_NO_TIME, needs=""),
    _verb(name="captcha", argument=Captcha, within_s=30.0, took=_NO_TIME),
    _verb(name="screenshot", argument=Screenshot, within_s=None, took=_NO_TIME),
    _verb(name="errors", argument=Errors, within_s=None, took=_NO_TIME),
    _verb(name="vitals", argument=Vitals, within_s=None, took=_NO_TIME),
)
