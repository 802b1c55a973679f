"""Speaks with DingTalk, WeCom, Feishu and Lark as they want it, where Apprise does not (2.2)."""

from __future__ import annotations

import json
import logging
from types import ModuleType
from typing import Any
from urllib.parse import unquote

_REFUSED = 424
"""What such an answer is taken for."""
_CODES = ("errcode", "code", "StatusCode")
"""Each of them says 0 by one of these; the page by which a proxy asks to log in has none."""
_SHOWN = 80


def let_refuse(plugin: ModuleType) -> None:
    """
    Let *plugin* of Apprise know a refusal when it gets one, and sign as it should.

    They answer 200 to what they refuse, and the plugins look at the status alone: "keywords not in content", or a group
    that is no more, would pass for told. DingTalk's signature they write as in a URL twice, which is "sign not match".
    They speak by `requests`, which is stood in for here.
    """
    if not isinstance(plugin.requests, _Requests):
        plugin.requests = _Requests(plugin.requests)  # type: ignore[attr-defined]


def refusal(content: bytes) -> str:
    """Return why the other side does not take a message, as its answer says; "" if it takes it, and says so."""
    try:
        answer = json.loads(content)
        code = next(answer[name] for name in _CODES if name in answer)
    except (ValueError, TypeError, StopIteration):
        shown = " ".join(content[:_SHOWN].decode("utf-8", "replace").split())
        return f"what a chat does not answer (a proxy may have): {shown}"
    words = answer.get("errmsg") or answer.get("msg") or answer.get("StatusMessage") or "no reason"
    return f"{words} ({code})" if code not in (0, "0") else ""


class _Requests:
    """`requests`, but for what is answered to `post`."""

    def __init__(self, requests: Any) -> None:
        self._requests = requests

    def __getattr__(self, name: str) -> Any:
        return getattr(self._requests, name)

    def post(self, *args: Any, **kwargs: Any) -> Any:
        """Post, and make an answer that refuses look like one."""
        if sign := (kwargs.get("params") or {}).get("sign"):
            kwargs["params"] = kwargs["params"] | {"sign": unquote(sign)}
        answer = self._requests.post(*args, **kwargs)
        if why := refusal(answer.content):
            logging.getLogger("apprise").warning("it answers: %s", why)
            answer.status_code = _REFUSED
        return answer
