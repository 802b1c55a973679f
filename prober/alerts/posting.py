"""Posts tickets to other systems; the only door of alarms to httpx."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable

import httpx

from prober.errors import RobotBroken
from prober.loading.config_service import TicketSettings
from prober.loading.masking import Masker

LIMIT_S = 60.0
"""How long a ticket may take in all, less than it is nobody else's (`LEASE`),"""
_CONNECT_S, _ANSWER_S = 10.0, 30.0
"""and how long each of its parts."""
_SHOWN, _LOOKED_AT = 200, 5000
"""So much of a refusal is shown, and so much of it masked before: what is cut first may begin with half a secret."""
_WORDS = re.compile(r"[^\s=;,\"']{6,}")
"""The parts of a header that are secret by themselves: of `Bearer TOKEN` the other side may say TOKEN alone."""
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
"""What ends a request before the other side has got it."""
_IN_DOUBT = (408, 500, 502, 504)
"""Answers after which nobody knows what was done: it was done before something failed, or lost behind a proxy."""


class InDoubt(RobotBroken):
    """Nobody knows whether a ticket was made: asked again, there may be two."""


async def posted(system: TicketSettings, body: str, mask: Callable[[str], str]) -> str:
    """
    Post *body*, and return the ticket's number; "" where none is looked for. What is told of an answer is masked.

    Raises:
        InDoubt: A ticket may have been made, and its number is not known.
        RobotBroken: None was made.
    """
    try:
        async with asyncio.timeout(LIMIT_S):
            answer = await _answer(system, body)
    except _NOT_SENT as exc:
        why = "its address or a header is none" if isinstance(exc, httpx.LocalProtocolError) else str(exc)
        raise RobotBroken(f"‘{system.name}’ cannot be reached: {why or type(exc).__name__}", cure=_CURE) from exc
    except ValueError as exc:  # what it says may hold the token
        what = f"‘{system.name}’ cannot be asked: a header holds what no header can"
        raise RobotBroken(what, cure=_CURE) from exc
    except (httpx.HTTPError, TimeoutError) as exc:
        why = f"{type(exc).__name__} {exc}".strip()
        raise InDoubt(f"‘{system.name}’ did not answer ({why}): {_LOOK}", cure=_CURE) from exc
    if not answer.is_success:
        refused = f"{answer.status_code} {_said(answer, system, mask)}".rstrip()
        if answer.status_code in _IN_DOUBT:
            raise InDoubt(f"‘{system.name}’ answered {refused}: {_LOOK}", cure=_CURE)
        raise RobotBroken(f"‘{system.name}’ refused it: {refused}", cure=_CURE)
    number = _number(answer.content, system.number) if system.number else ""
    if number is None:
        raise InDoubt(f"its answer holds no ‘{system.number}’: {_LOOK}", cure=_CURE)
    return number


_LOOK = "look there whether a ticket was made"
_CURE = "Look at its entry under tickets: in config.yaml, and try it: prober alerts ticket INCIDENT SYSTEM."


async def _answer(system: TicketSettings, body: str) -> httpx.Response:
    headers = {"content-type": "application/json"} | {name.lower(): value for name, value in system.headers.items()}
    async with httpx.AsyncClient(timeout=httpx.Timeout(_ANSWER_S, connect=_CONNECT_S)) as client:
        return await client.request(system.method, system.url, content=body.encode(), headers=headers)


def _said(answer: httpx.Response, system: TicketSettings, mask: Callable[[str], str]) -> str:
    """Return how *answer* begins, with nothing in it of what only the other side was to know."""
    headers = system.headers.values()
    hide = Masker({*headers, *(word for value in headers for word in _WORDS.findall(value))})
    return hide(mask(" ".join(answer.text.split())[:_LOOKED_AT]))[:_SHOWN]


def _number(content: bytes, path: str) -> str | None:
    """Return what stands at *path* (`key.key`, a number in a list) in *content*; None if nothing does."""
    try:
        found = json.loads(content)
        for part in path.split("."):
            found = found[int(part)] if isinstance(found, list) else found[part]
    except (ValueError, LookupError, TypeError):
        return None
    return str(found) if isinstance(found, str | int) and found != "" else None
