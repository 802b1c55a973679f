"""What a reviewer would look at on a page: its texts, its words, its links and pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urldefrag, urlsplit

from prober.channels.web import locate
from prober.channels.web.engine import BrowserContext, Gone, NotFetched, TooLong, spoken
from prober.channels.web.moment import Moment, excerpt, missing
from prober.channels.web.page_checks import Broken, Jargon, Matches
from prober.channels.web.window import Look, Window
from prober.errors import RobotBroken
from prober.judge import telling, wording
from prober.judge.expect import match
from prober.model.briefing import Briefing
from prober.model.run import Observation, Seen
from prober.model.scenario import Pattern
from prober.model.wording import Fault, Told

ITEM_TEXT = "item.text"
"""Stands for what the item's own reference has for the web."""
_SHOWN = 5
_AT_ONCE = 6
_LINK_S = 10.0
_MOST_LINKS = 300


async def matches(window: Window, wanted: Matches, moment: Moment, briefing: Briefing) -> Observation:
    """Return whether the page tells every sentence of the reference."""
    reference = briefing.reference.get("web", "") if wanted.text == ITEM_TEXT else wanted.text
    if not reference:
        raise RobotBroken(
            "there is no reference text to hold the page against",
            cure="Give the scenario's item a `reference: {web: …}` in config.yaml, or write the text in the step.",
        )
    expected = f"all that is to be told: {excerpt(reference)}"
    best: list[telling.Untold] | None = None

    async def told() -> bool | None:
        nonlocal best
        text = await _text(window, wanted.in_, moment.left_s)
        if text is None:
            return None
        best = telling.untold(reference, text)
        return True if not best else None

    if await window.watch(told, moment.until_s):
        return Observation(Seen.EXPECTED, expected=expected, actual=f"{len(telling.sentences(reference))} sentences")
    if best is None:
        return await missing(window, wanted.in_ or "", "place", expected=expected)
    actual = "; ".join(
        f"not told: «{one.sentence}»" + (f", but «{one.instead}»" if one.instead else "") for one in best[:_SHOWN]
    )
    return Observation(Seen.WRONG_CONTENT, expected=expected, actual=actual, facts={"untold": len(best)})


async def jargon(window: Window, wanted: Jargon, moment: Moment, briefing: Briefing) -> Observation:
    """Return whether the page speaks to customers in words of theirs."""
    text = await _text(window, wanted.in_, moment.left_s)
    if text is None:
        return await missing(window, wanted.in_ or "", "place", expected="no jargon")
    remarks = wording.remarks(Told("web", text, "page"), briefing.wording)
    words = {one.what: one.instead for one in remarks if one.fault is Fault.JARGON}
    counted = {word: instead for word, instead in words.items() if not _excepted(word, wanted.except_)}
    actual = "; ".join(f"«{word}» (customers say {instead})" for word, instead in counted.items())
    return Observation(
        Seen.WRONG_CONTENT if len(counted) > wanted.most else Seen.EXPECTED,
        expected="no jargon" if not wanted.most else f"at most {wanted.most} words of jargon",
        actual=actual or "no jargon",
        facts={"jargon": len(counted)},
    )


@dataclass(frozen=True)
class _Link:
    url: str
    says: str


_THINGS = """() => ({
  links: [...document.querySelectorAll("a[href], area[href]")].map((el) => [el.href, el.innerText || el.title || ""]),
  images: [...document.images].filter((el) => el.complete && !el.naturalWidth && el.currentSrc)
    .map((el) => [el.currentSrc, el.alt])})"""


async def broken(window: Window, wanted: Broken, moment: Moment) -> Observation:
    """
    Return whether every link of the page leads somewhere, and every picture is one.

    Links are asked for as a stranger would, without the customer's cookies: asking must not do anything in their name.
    """
    things = await window.ask(None, _THINGS)
    if things is None:
        raise Gone("the page was left")
    links = _to_ask([_Link(url, says) for url, says in things["links"]], wanted)
    answers = await _asked(window, links[:_MOST_LINKS], moment.left_s)
    found = [f"link «{link.says.strip()[:40]}» to {link.url}: {why}" for link, why in answers.items() if why]
    found += [f"picture {url}" for url, _ in things["images"] if not _excepted(url, wanted.except_)]
    unasked = sum(why is None for why in answers.values()) + max(len(links) - _MOST_LINKS, 0)
    actual = "; ".join(found[:_SHOWN]) + (f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")
    return Observation(
        Seen.WRONG_CONTENT if len(found) > wanted.most else Seen.EXPECTED,
        expected="no broken links or pictures" if not wanted.most else f"at most {wanted.most} broken",
        actual=actual or f"{len(answers)} links lead somewhere" + (f", {unasked} were not asked" if unasked else ""),
        facts={"broken": len(found), "links": len(links), "links_not_asked": unasked},
    )


def _to_ask(links: Iterable[_Link], wanted: Broken) -> list[_Link]:
    """Return each address once, of those that are asked for by HTTP."""
    kept: dict[str, _Link] = {}
    for link in links:
        url = urldefrag(link.url)[0]
        if urlsplit(url).scheme in {"http", "https"} and not _excepted(url, wanted.except_):
            kept.setdefault(url, _Link(url, link.says))
    return list(kept.values())


async def _asked(window: Window, links: list[_Link], within_s: float) -> Mapping[_Link, str | None]:
    """Return by link why it is broken: "" if it is not, None where there was no time to ask."""
    answers: dict[_Link, str | None] = dict.fromkeys(links)
    room = asyncio.Semaphore(_AT_ONCE)
    stranger = await window.stranger()

    async def ask(link: _Link) -> None:
        async with room:
            answers[link] = await _why_broken(window, stranger, link.url)

    tasks = [asyncio.ensure_future(ask(link)) for link in links]
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=max(within_s, 0.0))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await window.part(stranger)
    return answers


async def _why_broken(window: Window, stranger: BrowserContext, url: str) -> str:
    try:
        with spoken(window.browser):
            answer = await stranger.request.get(url, timeout=_LINK_S * 1000, max_redirects=10)
    except NotFetched as exc:
        return exc.code
    except TooLong:
        return f"no answer in {_LINK_S:g} s"
    except (Gone, RobotBroken) as exc:
        return str(exc).splitlines()[0][:160]
    return f"HTTP {answer.status}" if answer.status >= 400 else ""


async def _text(window: Window, inside: str | None, within_s: float) -> str | None:
    """Return what the page, or the part of it called *inside*, says; None where that is not there."""
    look: Look | None = await window.look(within_s)
    if look is None or inside is None:
        return look.text if look else None
    found = await locate.find(window, locate.place, inside)
    if found is None:
        return None
    texts: list[Any] = await window.ask(found.locator, "els => els.map(el => el.innerText)") or []
    return "\n".join(texts)


def _excepted(text: str, patterns: Iterable[Pattern]) -> bool:
    return any(match(one, text) for one in patterns)
