"""Elements as a person calls them: 登录 is the button so labelled, or the link, or else whatever carries that text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from prober.channels.web.engine import Frame, Locator, Page
from prober.channels.web.window import Window

_CLICKABLE = ("button", "link", "tab", "menuitem", "checkbox", "radio", "switch", "option", "treeitem")
_PLACES = ("region", "form", "dialog", "group", "table", "navigation", "tabpanel", "list", "article", "main")
_LISTED = ("row", "listitem", "article")
_ROLES = frozenset({*_CLICKABLE, *_PLACES, *_LISTED, "heading", "textbox", "combobox", "cell", "img", "radiogroup"})
_PREFIX = re.compile(r"([a-z]+)\s*:\s*(.+)", re.DOTALL)
_FIELDS = "input:not([type=hidden]), textarea, select, [contenteditable], [role=textbox], [role=combobox]"

_FILES = "file field"
_UNSEEN = frozenset({_FILES})
"""How things are found that customers do not see, but only what stands for them."""

_TELL = "els => window.__prober ? els.map(el => window.__prober.tell(el)) : []"


@dataclass(frozen=True)
class Level:
    """An element's text (the first level), or that of one around it; *since_s* is the instant it became so."""

    since_s: float
    text: str


@dataclass(frozen=True)
class Found:
    """What a name stands for on the page: *says* describes each element that bears it, *levels* the first one."""

    locator: Locator
    how: str
    says: tuple[str, ...]
    levels: tuple[Level, ...]


Tier = tuple[str, Locator]
"""How an element was found, and where such ones are."""

Root = Page | Frame | Locator
"""In what an element is looked for."""

Naming = Callable[["Root", str], Iterator[Tier]]


def levels(window: Window, told: list[dict[str, Any]]) -> tuple[Level, ...]:
    """Return what the page said of an element and those around it."""
    return tuple(Level(window.clock(one["origin"]).at_s(one["since"]), one["text"]) for one in told)


def clickable(root: Root, name: str) -> Iterator[Tier]:
    """Yield where what is to be clicked may be, the most likely first; the whole name before a part of it."""
    for exact in (True, False):
        how = "" if exact else "part of "
        yield f"{how}role", _any(root.get_by_role(_role(role), name=name, exact=exact) for role in _CLICKABLE)
        others = (root.get_by_label, root.get_by_title, root.get_by_alt_text, root.get_by_placeholder)
        yield f"{how}label", _any(get_by(name, exact=exact) for get_by in others)
        yield f"{how}text", root.get_by_text(name, exact=exact)


def fillable(root: Root, name: str) -> Iterator[Tier]:
    """Yield where the field may be: by label (bare, or with a colon or star), placeholder, name, part of a label."""
    fields = root.locator(_FIELDS)
    decorated = re.compile(rf"^[\s*＊]*{re.escape(name)}[\s:：*＊]*$")
    yield "label", fields.and_(root.get_by_label(name, exact=True))
    yield "label", fields.and_(root.get_by_label(decorated))
    yield "placeholder", fields.and_(root.get_by_placeholder(name, exact=True))
    yield "name", root.locator(f"css=[name={_quoted(name)}]").and_(fields)
    yield "part of label", fields.and_(root.get_by_label(name))
    yield "part of placeholder", fields.and_(root.get_by_placeholder(name))


def uploadable(root: Root, name: str) -> Iterator[Tier]:
    """Yield where the field for a file may be, which most pages hide, then the button that asks for one."""
    fields = root.locator("input[type=file]")
    for exact in (True, False):
        yield _FILES, fields.and_(root.get_by_label(name, exact=exact))
    yield _FILES, root.locator(f"css=[name={_quoted(name)}]").and_(fields)
    yield from clickable(root, name)


def anything(root: Root, name: str) -> Iterator[Tier]:
    """Yield where an element of any kind may be: a field by its label, then what can be clicked, then any text."""
    yield from fillable(root, name)
    yield from clickable(root, name)


def readable(root: Root, name: str) -> Iterator[Tier]:
    """Yield where what is to be read may be: a labelled field or region, then the text itself."""
    for exact in (True, False):
        yield "label", root.get_by_label(name, exact=exact)
        yield "text", root.get_by_text(name, exact=exact)


def place(root: Root, name: str) -> Iterator[Tier]:
    """Yield where a part of the page may be: by its own name, then the row or list item that holds the text."""
    yield "name", _any(root.get_by_role(_role(role), name=name, exact=True) for role in _PLACES)
    yield "label", root.get_by_label(name, exact=True)
    yield "row", _any(root.get_by_role(_role(role)).filter(has_text=name) for role in _LISTED)


async def find(window: Window, naming: Naming, said: str, inside: str | None = None) -> Found | None:
    """Return the visible elements that *said* names, *inside* another if given; None while there are none."""
    root: Root = window.front.root
    if inside:
        outer = await find(window, place, inside)
        if outer is None or len(outer.says) > 1:
            return outer
        root = outer.locator
    for how, tier in _tiers(root, naming, said):
        locator = tier if how in _UNSEEN else tier.locator("visible=true")
        told = await window.ask(locator, _TELL)
        if told:
            return Found(locator, how, tuple(one["says"] for one in told), levels(window, told[0]["levels"]))
    return None


def _tiers(root: Root, naming: Naming, said: str) -> Iterator[Tier]:
    prefix = _PREFIX.fullmatch(said.strip())
    kind, name = (prefix[1], prefix[2].strip()) if prefix else ("", said.strip())
    if kind in {"css", "xpath"}:
        yield kind, root.locator(f"{kind}={name}")
    elif kind == "testid":
        yield kind, root.get_by_test_id(name)
    elif kind in _ROLES:
        yield kind, root.get_by_role(_role(kind), name=name, exact=True)
        yield f"part of {kind}", root.get_by_role(_role(kind), name=name)
    else:
        yield from naming(root, said.strip())


def option_of(root: Root, group: str, option: str) -> Iterator[Tier]:
    """Yield where the radio button *option* of *group* may be."""
    for exact in (True, False):
        groups = _any(root.get_by_role(_role(role), name=group, exact=exact) for role in ("radiogroup", "group"))
        yield "radio", groups.get_by_role("radio", name=option, exact=exact)


def _any(locators: Iterator[Locator]) -> Locator:
    first = next(locators)
    for other in locators:
        first = first.or_(other)
    return first


def _role(name: str) -> Any:
    return name  # Playwright types roles as literals; ours come from the lists above


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
