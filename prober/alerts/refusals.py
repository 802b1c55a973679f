"""Hears the refusals of DingTalk, WeCom, Feishu and Lark, who answer 200 to what they do not take."""

from __future__ import annotations

import json
import logging
from types import ModuleType
from typing import Any

_REFUSED = 424
"""What such an answer is taken for."""


def let_refuse(plugin: ModuleType) -> None:
    """
    Let *plugin* of Apprise know a refusal when it gets one.

    These plugins look at the status alone, and would take "keywords not in content", "sign not match" or a group that
    is no more for told (Apprise 2.2). They speak by `requests`, which is stood in for here.
    """
    if not isinstance(plugin.requests, _Requests):
        plugin.requests = _Requests(plugin.requests)  # type: ignore[attr-defined]


def refusal(content: bytes) -> str:
    """Return why the other side does not take a message, as its answer says; "" if it takes it."""
    try:
        answer = json.loads(content)
    except ValueError:
        return ""
    if not isinstance(answer, dict):
        return ""
    code = answer.get("errcode", answer.get("code", answer.get("StatusCode", 0)))
    words = answer.get("errmsg") or answer.get("msg") or answer.get("StatusMessage") or "no reason"
    return f"{words} ({code})" if code not in (0, "0", None) else ""


class _Requests:
    """`requests`, but for what is answered to `post`."""

    def __init__(self, requests: Any) -> None:
        self._requests = requests

    def __getattr__(self, name: str) -> Any:
        return getattr(self._requests, name)

    def post(self, *args: Any, **kwargs: Any) -> Any:
        """Post, and make an answer that refuses look like one."""
        answer = self._requests.post(*args, **kwargs)
        if why := refusal(answer.content):
            logging.getLogger("apprise").warning("it answers: %s", why)
            answer.status_code = _REFUSED
        return answer
