"""Gets a message to people: the only import of Apprise, and the door to our own texts."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from prober.alerts.base import Texter
from prober.alerts.refusals import let_refuse
from prober.errors import RobotBroken
from prober.loading.masking import MASK
from prober.model.alarm import MAYBE, Way, Words

if TYPE_CHECKING:
    from apprise import NotifyBase

LIMIT_S = 20.0
"""How long a way may take."""
_READ_S = LIMIT_S + 5.0
"""Apprise would give up after 4 s and call it a refusal: whoever is slow would be told for ever. Here it is a doubt."""
_SECRET = 6
"""A part of an address of so many characters is taken for secret."""
_BROKEN_OFF = ("Connection aborted", "Read timed out")
"""How `requests` calls the end of a connection over which the message may have gone."""
_LOG = logging.getLogger("apprise")
_OPENING = threading.Lock()
"""Doors are opened one by one: filters of warnings are the whole process's."""
_UNDER_WAY: set[str] = set()
"""The ways that a thread waits for."""


@dataclass(frozen=True)
class Sender:
    """Sends messages by any way. Nothing it says holds an address, for that holds a token."""

    texter: Texter
    limit_s: float = LIMIT_S

    async def send(self, way: Way, words: Words, *, well: bool = False) -> None:
        """
        Send *words*, and return when the other side has taken them; *well*: they are good news.

        Raises:
            RobotBroken: They were not taken. Where nobody can say, `MAYBE` stands in it.
        """
        if way.url:
            await _in_thread(way.name, lambda: _door(way.url))  # the first takes its time, and nobody else's
        try:
            async with asyncio.timeout(self.limit_s):
                if way.number:
                    await self.texter.text(way.line, way.number, words.text)
                else:
                    await _in_thread(way.name, lambda: _notify(way, words, well=well))
        except TimeoutError:
            raise RobotBroken(
                f"‘{way.name}’ did not answer in {self.limit_s:g} s; {MAYBE}",
                cure="Look whether what its address leads to is overloaded.",
            ) from None
        except RobotBroken:
            raise
        except Exception as exc:
            # A hundred plugins by as many hands: whatever one stumbles over, the message was not told.
            raise RobotBroken(f"‘{way.name}’ could not be told: {type(exc).__name__}", cure=_CURE) from exc


def understood(url: str) -> bool:
    """Return whether Apprise has a way of telling at *url*."""
    return _door(url) is not None


@dataclass(frozen=True)
class Address:
    """Where messages of a way go, by name and port; *by_http*: through the proxy of the environment, if any."""

    host: str
    port: int
    tls: bool
    verified: bool = True
    by_http: bool = True


def address_of(url: str) -> Address | None:
    """Return where Apprise sends what goes to *url*; None where it alone knows. Nothing is sent."""
    door: Any = _door(url)
    if door is None:
        return None
    if smtp := getattr(door, "smtp_host", ""):
        tls = getattr(door, "secure_mode", "") == "ssl"
        return Address(smtp, door.port or 25, tls, door.verify_certificate, by_http=False)
    if getattr(door, "mode", "") == "cloud":
        return http_address(str(getattr(door, "cloud_notify_url", "")), verified=door.verify_certificate)
    for name in ("webhook_url", "api_url", "notify_url"):
        if found := http_address(str(getattr(door, name, "")), verified=door.verify_certificate):
            return found
    if door.host and any("{host}" in template for template in door.templates or ()):
        tls = bool(door.secure)
        return Address(door.host, door.port or (443 if tls else 80), tls, door.verify_certificate)
    return None


def http_address(url: str, *, verified: bool = True) -> Address | None:
    """Return where *url* leads; None if it is no address of HTTP."""
    parts = urlsplit(url)
    tls = parts.scheme == "https"
    if parts.scheme not in ("http", "https") or not parts.hostname or "{" in parts.hostname:
        return None
    return Address(parts.hostname, parts.port or (443 if tls else 80), tls, verified)


def _notify(way: Way, words: Words, *, well: bool) -> None:
    door = _door(way.url)
    if door is None:
        raise RobotBroken(f"Apprise does not understand the address of ‘{way.name}’", cure=_CURE)
    from apprise import NotifyFormat, NotifyType  # noqa: PLC0415 - see `_door`

    kind = NotifyType.SUCCESS if well else NotifyType.FAILURE
    with _Heard(way.url) as heard:
        told = door.notify(body=words.text, title=words.title, notify_type=kind, body_format=NotifyFormat.TEXT)
    if not told:
        doubt = f"; {MAYBE}" if heard.broken_off else ""
        raise RobotBroken(f"‘{way.name}’ did not take it: {heard.said}{doubt}", cure=_CURE)


_CURE = "Look at its address under alerts: in config.yaml, and try it: prober alerts test WAY."


@cache
def _door(url: str) -> NotifyBase | None:
    """Return what speaks to *url*: the same for all messages, for it keeps to the pace that the other side allows."""
    with _OPENING, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what its plugins' libraries say is nothing a user could mend
        import apprise  # noqa: PLC0415 - it takes a second, which only who tells somebody has to wait for
        from apprise.plugins import dingtalk, feishu, lark, wecombot  # noqa: PLC0415

        for plugin in (dingtalk, feishu, lark, wecombot):
            let_refuse(plugin)
        with _Heard(url):
            door = apprise.Apprise.instantiate(url, suppress_exceptions=True) or None
        return door and _patient(door)


def _patient(door: NotifyBase) -> NotifyBase:
    """Let *door* wait as long as its way may take, and keep its pace by a clock that nobody sets."""
    door.socket_read_timeout = _READ_S
    if isinstance(door, import_module("apprise.plugins.email").NotifyEmail):
        door.socket_connect_timeout = _READ_S  # which is how long it waits for each answer, too
    door.throttle = _Pace(door.request_rate_per_sec)  # type: ignore[method-assign]
    return door


class _Pace:
    """Stands in for Apprise's own, which goes by the wall clock: set back an hour, it would sleep for one."""

    def __init__(self, gap_s: float) -> None:
        self._gap_s = gap_s
        self._free_s = 0.0

    def __call__(self, last_io: object = None, wait: float | None = None) -> None:
        """Wait until the other side allows the next message: *wait* seconds, where it said so itself."""
        sleep(max(0.0, self._free_s - monotonic() if wait is None else wait))
        self._free_s = monotonic() + self._gap_s


class _Heard(logging.Handler):
    """Keeps what Apprise says of a message in this thread, without the parts of *url* that may be secret."""

    def __init__(self, url: str) -> None:
        super().__init__(logging.DEBUG)
        self._url = url
        self.broken_off = False
        self._thread = threading.get_ident()
        self._records: list[str] = []

    def __enter__(self) -> Self:
        _LOG.propagate = False  # at its finest it tells whole addresses,
        _LOG.setLevel(logging.DEBUG)  # and there alone how a connection ended
        _LOG.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        _LOG.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one sentence; of the finer ones only whether the other side was gone after it had the message."""
        if record.thread == self._thread:
            text = record.getMessage()
            if record.levelno >= logging.WARNING:
                self._records.append(text)
            self.broken_off |= any(words in text for words in _BROKEN_OFF)

    @property
    def said(self) -> str:
        """What was said first: the rest follows from it."""
        text = next(iter(self._records), "Apprise does not say why").rstrip(".")
        for part in sorted(re.split(r"[/:@?&=,]+", self._url), key=len, reverse=True):
            if len(part) >= _SECRET:
                text = text.replace(part, MASK)
        return text


async def _in_thread(name: str, work: Callable[[], object]) -> None:
    """Do *work* in a thread that nobody waits for if it never ends; two of one *name* are never under way."""
    if name in _UNDER_WAY:
        raise RobotBroken(f"‘{name}’ still has not answered the message before", cure="Look what its address leads to.")
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def tell(broken: BaseException | None) -> None:
        if not done.done():
            done.set_exception(broken) if broken else done.set_result(None)

    def live() -> None:
        broken: BaseException | None = None
        try:
            work()
        except BaseException as exc:  # noqa: BLE001 - whoever waits for it gets it
            broken = exc
        _UNDER_WAY.discard(name)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, broken)

    _UNDER_WAY.add(name)
    threading.Thread(target=live, name=f"alert {name}", daemon=True).start()
    await done
