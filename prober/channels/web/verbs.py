"""The verbs of the web channel."""

from __future__ import annotations

from functools import partial

from prober.channels.web.actions import (
    Back,
    Captcha,
    Check,
    Choose,
    Click,
    Dialog,
    Download,
    Fill,
    Frame,
    NotSee,
    Open,
    Press,
    Read,
    SaveLogin,
    Screenshot,
    Scroll,
    See,
    Tab,
    Upload,
    UseLogin,
    WaitFor,
)
from prober.channels.web.page_checks import Accessible, Broken, Errors, Jargon, LooksLike, Matches, Vitals
from prober.model.run import Layer
from prober.model.scenario import Ordering
from prober.model.verb import Verb

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
