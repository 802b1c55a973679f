"""What a site puts before those it takes for machines: captchas, sliders, firewalls. Recognised, never got round."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

PASSING = (
    "let the robot pass: a header, cookie or account for tests that the site knows (channels.web.headers, cookies, "
    "probe_header), or web.captcha"
)
_CSS = "css:"


@dataclass(frozen=True)
class Barrier:
    """One, by its *name*, and the signs it is known by. A sign in *shows* can be seen, one in *holds* need not."""

    name: str
    shows: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    sent: str = ""

    @classmethod
    def of(cls, name: str, sign: str) -> Barrier:
        """Return one that is known by a single sign: `css:` of what can be seen, or a part of the page's text."""
        if sign.startswith(_CSS):
            return cls(name, shows=(sign.removeprefix(_CSS).strip(),))
        return cls(name, says=(re.escape(sign),))

    def tells(self, text: str, headers: Mapping[str, str]) -> bool:
        """Whether a page's text, or the headers it came with, tell of it."""
        return (self.sent in headers if self.sent else False) or any(re.search(one, text) for one in self.says)


@cache
def known() -> tuple[Barrier, ...]:
    """Return those that are known everywhere."""
    told = files("prober.channels.web").joinpath("barriers.toml").read_text(encoding="utf-8")
    return TypeAdapter(tuple[Barrier, ...]).validate_python(tomllib.loads(told)["barrier"])
