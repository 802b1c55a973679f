"""What was recorded, as the steps of a scenario: without secrets, and as a person would have written it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from prober.channels.web.recorder import Act
from prober.model.line import Line

_CODE = re.compile(r"验证码|校验码|动态码|one.?time|captcha|\botp\b", re.IGNORECASE)
_ORDERS = re.compile(r"订购|办理|下单|购买|支付|缴费|充值|\b(buy|order|pay|purchase|subscribe)\b", re.IGNORECASE)
_SECRET = "password"  # noqa: S105  # what it is called, where the line has none of that value


def steps(acts: Iterable[Act], line: Line, base_url: str) -> list[dict[str, Any]]:
    """Return *acts* as steps. What is a secret of *line*, or its number, stands as `${…}`; passwords always do."""
    return [step for verb, few in groupby(acts, key=_together) for step in _written(verb, list(few), line, base_url)]


def remarks(acts: Iterable[Act], line: Line) -> Iterator[str]:
    """Yield what the person still has to see to before it plays for everybody."""
    for act in acts:
        text = act.value
        if act.secret and text not in line.secrets.values():
            yield (
                f"what was typed at ‘{act.name}’ is not kept: it stands as ${{secret.{_SECRET}}}, which the line "
                f"{line.name} is to have among its secrets"
            )
        elif act.verb == "fill" and (act.once or _CODE.search(act.name)):
            yield f"‘{act.name}’ took a code of this one visit: capture it with sms.receive, and fill in ${{code}}"
        elif act.verb == "upload":
            yield f"put {text} into the folder of files to upload (channels.web.files)"


def ordering(acts: Iterable[Act]) -> str:
    """Return the name of what was clicked on that may order something; empty if nothing may."""
    return next((act.name for act in acts if act.verb == "click" and _ORDERS.search(act.name)), "")


def _together(act: Act) -> tuple[str, str]:
    """Return what makes fields that were filled in one after another one step."""
    return act.verb, act.inside


def _written(of: tuple[str, str], acts: list[Act], line: Line, base_url: str) -> Iterator[dict[str, Any]]:
    verb, inside = of
    more = {"in": inside} if inside else {}
    if verb in ("fill", "choose", "upload"):
        for form in _forms(acts):
            yield {f"web.{verb}": {name: _text(act, line) for name, act in form.items()}, **more}
        return
    for act in acts:
        yield {**_alone(act, line, base_url), **more}


def _forms(acts: list[Act]) -> Iterator[Mapping[str, Act]]:
    """Yield the fields that can be one step: each of them once."""
    form: dict[str, Act] = {}
    for act in acts:
        if act.name in form:
            yield form
            form = {}
        form[act.name] = act
    yield form


def _alone(act: Act, line: Line, base_url: str) -> dict[str, Any]:
    match act.verb:
        case "open":
            return {"web.open": _path(act.name, base_url)} | ({"ready": act.value} if act.value else {})
        case "back":
            return {"web.back": None} | ({"ready": act.value} if act.value else {})
        case "check":
            return {"web.check": act.name} | ({} if act.checked else {"checked": False})
        case "dialog":
            return {"web.dialog": act.name} | ({"type": _text(act, line)} if act.value else {})
        case "see" | "press":
            return {f"web.{act.verb}": act.value}
        case _:
            return {f"web.{act.verb}": act.name}


def _path(url: str, base_url: str) -> str:
    """Return the path of a page of the site at *base_url*, the whole address of another."""
    page, base = urlsplit(url), urlsplit(base_url)
    if not page.scheme or (page.scheme, page.netloc) != (base.scheme, base.netloc):
        return url
    return page._replace(scheme="", netloc="", path=page.path or "/").geturl()


def _text(act: Act, line: Line) -> str:
    if act.value == line.msisdn:
        return "${line.msisdn}"
    known = next((name for name, secret in line.secrets.items() if secret == act.value), None)
    if known or act.secret:
        return f"${{secret.{known or _SECRET}}}"
    return act.value
