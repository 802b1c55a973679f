"""What a customer does on the web: the arguments of the verbs that act, wait and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from prober.loading.fields import Duration, Expectation, Text

ELEMENT = "what the element is called on the page, or css:, xpath:, testid: or a role (button:, link: …) and its name"


INSIDE = {"alias": "in", "description": "look only inside this element"}


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

    element: Text = field(metadata={"description": ELEMENT})
    in_: Text | None = field(default=None, metadata=INSIDE)


@dataclass(frozen=True)
class Fill:
    """Type texts into fields, by their labels. What was there is replaced."""

    fields: Mapping[Text, Text] = field(metadata={"description": "label: text, one or more"})
    in_: Text | None = field(default=None, metadata=INSIDE)


@dataclass(frozen=True)
class Choose:
    """Choose an option of a list, or of a group of radio buttons, by their labels."""

    options: Mapping[Text, Text] = field(metadata={"description": "label: option, one or more"})
    in_: Text | None = field(default=None, metadata=INSIDE)


@dataclass(frozen=True)
class Check:
    """Tick a box (or with `checked: false` untick it), by its label."""

    element: Text = field(metadata={"description": ELEMENT})
    checked: bool = field(default=True, metadata={"description": "false takes the tick away"})
    in_: Text | None = field(default=None, metadata=INSIDE)


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
    in_: Text | None = field(default=None, metadata=INSIDE)


@dataclass(frozen=True)
class Download:
    """
    Click on what offers a file, and wait until it is there, complete.

    The file is kept as evidence; values are captured from its text where it has one.
    """

    element: Text = field(metadata={"description": ELEMENT})
    file: Expectation | None = field(default=None, metadata={"description": "what the file's name must hold"})
    text: Expectation | None = field(default=None, metadata={"description": "what the file itself must hold"})
    in_: Text | None = field(default=None, metadata=INSIDE)


@dataclass(frozen=True)
class Scroll:
    """Scroll an element into view, or to an end of the page; what a page loads only then is waited for by `see`."""

    to: Text = field(metadata={"description": f"top, bottom, or {ELEMENT}"})
    in_: Text | None = field(default=None, metadata=INSIDE)


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

    element: Text = field(metadata={"description": ELEMENT})
    state: State = field(
        default=State.VISIBLE,
        metadata={"description": "visible, hidden, enabled, disabled, checked or unchecked"},
    )
    in_: Text | None = field(default=None, metadata=INSIDE)


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
    in_: Text | None = field(default=None, metadata=INSIDE)


@dataclass(frozen=True)
class Screenshot:
    """Keep the page as it looks now, as evidence."""

    caption: Text = field(default="", metadata={"description": "what the picture is called in the report"})
    whole: bool = field(default=False, metadata={"description": "true: the whole page, not only what is in view"})


@dataclass(frozen=True)
class See:
    """Wait until the page shows a text."""

    text: Expectation = field(metadata={"description": "plain text, or a /regular expression/"})
    in_: Text | None = field(default=None, metadata=INSIDE)


@dataclass(frozen=True)
class NotSee:
    """Wait until the page, once it is there, does not show a text."""

    text: Expectation = field(metadata={"description": "plain text, or a /regular expression/"})
    in_: Text | None = field(default=None, metadata=INSIDE)


@dataclass(frozen=True)
class Read:
    """Wait for an element with a text, and bring its text back."""

    element: Text = field(metadata={"description": ELEMENT})
    in_: Text | None = field(default=None, metadata=INSIDE)
