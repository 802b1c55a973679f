"""What people are told, in Chinese or English: short enough for one text message where the way is one, else more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from prober.alerts.languages import LANGUAGES, Language
from prober.model.alarm import Reason, Words
from prober.model.incident import Incident, Kind
from prober.model.verb import ROBOT

_UCS2 = 70
_GSM7 = 160
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 \n!\"#%&'()*+,-./:;<=>?@_$")
"""The characters that take one place each in a text of the smaller alphabet."""
_LEAST = 5
"""A failure that would have fewer places in a text message is left out of it."""
_HEAD = 15
"""So many places what happened, and to what, has at least; else what is less needed is left out."""
_PARAGRAPHS = 10
_LINK_PLACES = 36
"""A longer link leaves no room in a text message: the incident's id stands there instead."""
_NAME_PLACES = 10
_LINE_PLACES = 120
_TITLE_PLACES = 80
_TEXT_BYTES = 1700
"""Together within the 2048 bytes that the strictest of the ways takes (WeCom)."""


@dataclass(frozen=True)
class News:
    """
    What is to be told of *incident*, and for which *reasons*.

    *failed* are the ways that did not get it through. *again*: nobody knows whether it was told before.
    """

    incident: Incident
    reasons: tuple[Reason, ...]
    failed: tuple[str, ...] = ()
    again: bool = False


@dataclass(frozen=True)
class Writer:
    """Writes what is told: instants in *zone*, nothing unmasked. `{incident}` in *link* stands for the incident."""

    zone: str = "Asia/Shanghai"
    link: str = ""
    mask: Callable[[str], str] = str

    def long(self, news: Sequence[News], language: str, now: datetime) -> Words:
        """Return *news* with all that helps to judge them; of several, the gravest first."""
        told = LANGUAGES[language]
        if len(news) == 1:
            return self._cut(self._title(news[0], told), "\n".join(self._details(news[0], told, now)))
        return self._summary(sorted(news, key=_gravity), told)

    def short(self, news: Sequence[News], language: str) -> Words:
        """Return *news* as one text message: what, where, since when, and where to read on."""
        told = LANGUAGES[language]
        if len(news) > 1:
            over = sum(one.incident.closed_at is not None for one in news)
            gravest = min(news, key=_gravity)
            head = told.several.format(count=len(news), over=over)
            return Words("", self._fit(head, self._what(gravest.incident, told), self._rests(gravest, told)))
        head = f"{self._mark(news[0], told)} {self._where(news[0].incident, told)}"
        return Words("", self._fit(head, self._what(news[0].incident, told), self._rests(news[0], told)))

    def test(self, language: str, way: str, now: datetime, *, short: bool) -> Words:
        """Return what tells that a way works."""
        told = LANGUAGES[language]
        return Words("" if short else told.test_title, told.test.format(way=way, at=self.at(now, brief=short)))

    def _summary(self, news: Sequence[News], told: Language) -> Words:
        over = sum(one.incident.closed_at is not None for one in news)
        lines = [f"· {self._title(one, told)}, {self._since(one.incident, told)}" for one in news[:_PARAGRAPHS]]
        if len(news) > _PARAGRAPHS:
            lines.append(told.more.format(count=len(news) - _PARAGRAPHS))
        notes = [*self._notes(news, told), *([self.link] if self.link and "{incident}" not in self.link else [])]
        return self._cut(told.several.format(count=len(news), over=over), "\n".join([*lines, *notes]))

    def _title(self, news: News, told: Language) -> str:
        incident = news.incident
        what = self._what(incident, told)
        return f"{self._mark(news, told)} [{told.severities[incident.severity]}] {self._where(incident, told)}: {what}"

    def _details(self, news: News, told: Language, now: datetime) -> list[str]:
        incident = news.incident
        until = incident.closed_at or now
        lasted = told.lasted(until - incident.opened_at)
        probes = told.several_of(incident.probes)
        if incident.closed_at is None:
            probes = told.probes.format(probes=probes, failing=len(incident.failing))
        acknowledged = (
            incident.acknowledged_at and f"{incident.acknowledged_by} {self.at(incident.acknowledged_at)}".strip()
        )
        lines = {
            told.what: (what := told.what_of(incident)),
            told.said: incident.what if what != incident.what else "",
            told.since: f"{self.at(incident.opened_at)} ({lasted})",
            told.until: incident.closed_at and self.at(incident.closed_at),
            told.concerned: probes,
            told.first_run: incident.first_run,
            told.worked: told.worked_of(incident),
            told.acknowledged: acknowledged,
            told.incident: incident.id,
            told.link: self.link_of(incident),
        }
        details = (f"{name}{told.colon}{_shortened(said, _LINE_PLACES)}" for name, said in lines.items() if said)
        return [*details, *self._notes([news], told)]

    def _notes(self, news: Sequence[News], told: Language) -> list[str]:
        failed = dict.fromkeys(way for one in news for way in one.failed)
        notes = [told.instead.format(ways=told.several_of(tuple(failed)))] if failed else []
        return notes + ([told.again] if any(one.again for one in news) else [])

    def _mark(self, news: News, told: Language) -> str:
        """Return what happened in a word or two, by how the incident stands now."""
        if news.incident.closed_at is not None:
            return told.closed if Reason.CLOSED in news.reasons or Reason.INSTEAD in news.reasons else told.over
        robot = news.incident.cause.kind is Kind.ROBOT
        for reason in (Reason.ESCALATED, Reason.REMINDER, Reason.UPDATED):
            if reason in news.reasons and Reason.OPENED not in news.reasons:
                return told.marks[reason]
        return told.robot if robot else told.failure

    def _where(self, incident: Incident, told: Language) -> str:
        if incident.cause.channel == ROBOT:
            return told.of_robot
        items = told.several_of(incident.items or incident.probes[:1])
        channel = "+".join(told.channels.get(one, one) for one in incident.cause.channels)
        robot = told.of_robot if incident.cause.kind is Kind.ROBOT else ""
        return " ".join(part for part in (items, channel, robot) if part)

    def _what(self, incident: Incident, told: Language) -> str:
        step, what = incident.cause.step, told.what_of(incident)
        return what if not step or step in what or what != incident.what else f"{step}, {what}"

    def _since(self, incident: Incident, told: Language) -> str:
        since = told.since_at.format(at=self.at(incident.opened_at, brief=True))
        if incident.closed_at is None:
            return since
        return f"{since}{told.until_at.format(at=self.at(incident.closed_at, brief=True))}"

    def _rests(self, news: News, told: Language) -> list[str]:
        """Return the end of a text message, which is never cut: in full, and in ever fewer places."""
        link, number = self.link_of(news.incident), f"#{news.incident.id}"
        failed = told.instead_short.format(way=_shortened(news.failed[0], _NAME_PLACES)) if news.failed else ""
        again = told.again_short if news.again else ""
        since = self._since(news.incident, told)
        full = [f"{since}{failed}{again} {link}"] if 0 < _places(link) <= _LINK_PLACES else []
        return [*full, f"{since}{failed}{again} {number}", f"{since}{again} {number}", f"{since} {number}"]

    def link_of(self, incident: Incident) -> str:
        """Return where people read on of *incident*; "" if nowhere."""
        return self.link.replace("{incident}", incident.id)

    def at(self, instant: datetime, *, brief: bool = False) -> str:
        """Return *instant* as people read it."""
        local = instant.astimezone(ZoneInfo(self.zone))
        return f"{local:%m-%d %H:%M}" if brief else f"{local:%Y-%m-%d %H:%M:%S %Z}"

    def _cut(self, title: str, text: str) -> Words:
        return Words(_shortened(self.mask(title), _TITLE_PLACES), _shortened(self.mask(text), _TEXT_BYTES, _bytes))

    def _fit(self, head: str, what: str, rests: Sequence[str]) -> str:
        """Return the three as one message: *what* gives way first, then the longer of *rests*, then *head*."""
        head, what = self.mask(head), self.mask(what)
        masked = [self.mask(rest) for rest in rests]
        leaves = ((_room(head, what, rest) - _places(f" {rest}"), rest) for rest in masked)
        rest = next((rest for left, rest in leaves if left >= min(_HEAD, _places(head))), masked[-1])
        whole = f"{head}: {what}, {rest}"
        room, sign = _room(whole), "..." if _PLAIN.issuperset(whole) else "…"
        if _places(whole) <= room:
            return whole
        left = room - _places(f"{head}: , {rest}")
        if left >= _LEAST:
            return f"{head}: {_shortened(what, left, sign=sign)}, {rest}"
        return f"{_shortened(head, max(len(sign), room - _places(f' {rest}')), sign=sign)} {rest}"


def _gravity(news: News) -> tuple[bool, int, datetime]:
    severities = list(type(news.incident.severity))
    incident = news.incident
    return incident.closed_at is not None, -severities.index(incident.severity), incident.opened_at


def _room(*parts: str) -> int:
    """Return how many places a message of *parts* has."""
    return _GSM7 if all(map(_PLAIN.issuperset, parts)) else _UCS2


def _places(text: str) -> int:
    """Return the places *text* takes in a message: two for what UTF-16 writes with two."""
    return len(text.encode("utf-16-be", "replace")) // 2


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _shortened(text: str, room: int, size: Callable[[str], int] = _places, sign: str = "…") -> str:
    """Return *text*, cut where its *size* is more than *room*, and *sign* after it then."""
    if size(text) <= room:
        return text
    while text and size(f"{text}{sign}") > room:
        text = text[:-1]
    return f"{text.rstrip()}{sign}"
