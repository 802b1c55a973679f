"""`channels.web` in config.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints, model_validator

from prober.channels.web.sites import is_header, origin
from prober.loading.fields import STRICT, Secret, Text, WorkspacePath, refusal


class Screenshots(StrEnum):
    """After which steps the page is kept as evidence."""

    FAILURES = "failures"
    EVERY_STEP = "every_step"


class Keep(StrEnum):
    """Of which runs a recording of the whole run is kept as evidence."""

    FAILURES = "failures"
    ALWAYS = "always"
    NEVER = "never"


class Viewport(BaseModel):
    """The size of the page as the customer sees it, in CSS pixels."""

    model_config = STRICT

    width: int = Field(default=1280, ge=200, le=7680, description="width, in CSS pixels")
    height: int = Field(default=800, ge=200, le=4320, description="height, in CSS pixels")


class ClientCertificate(BaseModel):
    """What the browser shows to a site that asks who its customer is (mutual TLS)."""

    model_config = STRICT

    origin: Annotated[Text, StringConstraints(pattern=r"^https://[^/\s]+$")] = Field(
        description="the site it is for: https://partner.example.com"
    )
    cert: WorkspacePath = Field(description="the certificate, a PEM file")
    key: WorkspacePath = Field(description="its private key, a PEM file")
    passphrase: Secret = Field(default="", description="what the key is encrypted with, if it is")


class Settings(BaseModel):
    """What the web channel needs to know."""

    model_config = STRICT

    base_url: Annotated[Text, StringConstraints(pattern=r"^(https?://\S+)?$")] = Field(
        default="", description="where paths such as /login start from: https://www.example.com"
    )
    browser: Text = Field(
        default="auto",
        description="auto (chromium or google-chrome of the system, else Playwright's own), or the path of a browser "
        "of the Chromium family",
    )
    headless: bool = Field(default=True, description="false shows the browser's window; that needs a display")
    args: tuple[Text, ...] = Field(default=(), description="further command-line flags for the browser")
    viewport: Viewport = Field(default_factory=Viewport, description="the size of the page")
    device: Text = Field(
        default="",
        description="a telephone or tablet, by Playwright's name: Pixel 7, iPhone 15, iPad Mini; its screen, touch and "
        "user agent stand in for `viewport`",
    )
    locale: Text = Field(default="zh-CN", description="the customer's language, as the browser tells it to the site")
    timezone: Text = Field(default="Asia/Shanghai", description="the customer's time zone")
    user_agent: Text = Field(default="", description="what the browser calls itself; the browser's own name if empty")
    headers: Mapping[Text, Secret] = Field(
        default_factory=dict,
        description="headers that go with every request to the site at `base_url`, such as one that switches a captcha "
        "off",
    )
    headers_for: tuple[Text, ...] = Field(
        default=(),
        description="further sites that `headers`, `probe_header` and `traceparent` go to, beside `base_url`",
    )
    cookies: Mapping[Text, Secret] = Field(
        default_factory=dict, description="cookies that `base_url` is sent from the first request on"
    )
    captcha: Text = Field(
        default="",
        description="the program that answers `web.captcha`: it is given the picture (PNG) as its standard input, and "
        "writes the answer",
    )
    barriers: Mapping[Text, Text] = Field(
        default_factory=dict,
        description="what this site puts before machines, beside what is known everywhere: its name, and a part of its "
        "text, or css: of what is seen",
    )
    probe_header: Annotated[Text, StringConstraints(pattern=r"^[A-Za-z0-9-]*$")] = Field(
        default="", description="the header that carries the run's id, so that the site's own logs find it: X-Probe-ID"
    )
    traceparent: bool = Field(
        default=False, description="true sends W3C's traceparent: the site's spans join the trace of the run"
    )
    client_certificates: tuple[ClientCertificate, ...] = Field(
        default=(), description="what is shown to sites that ask who their customer is"
    )
    contexts: int = Field(default=8, ge=1, le=500, description="how many runs may be in the browser at once")
    runs_per_browser: int = Field(default=500, ge=1, description="after how many runs the next gets a new browser")
    memory_mb: int = Field(
        default=3000, ge=200, description="over how many megabytes of a browser the next run gets a new one"
    )
    proxy: Text = Field(default="", description="the proxy all pages are fetched through: http://proxy:3128")
    ignore_https_errors: bool = Field(
        default=False, description="true accepts wrong certificates, as on a test system; customers' browsers do not"
    )
    files: WorkspacePath = Field(
        default=Path("scenarios/files"), description="the folder of the files that scenarios upload"
    )
    approved: WorkspacePath = Field(
        default=Path("scenarios/approved"), description="the folder of approved pictures (web.looks_like)"
    )
    logins: WorkspacePath = Field(
        default=Path("results_db/logins"), description="the folder of saved logins (web.save_login)"
    )
    screenshots: Screenshots = Field(
        default=Screenshots.FAILURES, description="failures, or every_step: when the page is kept as evidence"
    )
    trace: Keep = Field(
        default=Keep.FAILURES,
        description="failures, always or never: of which runs Playwright's trace (trace.zip) is kept; "
        "never records none",
    )
    har: Keep = Field(
        default=Keep.FAILURES,
        description="failures, always or never: of which runs the requests and answers (web.har) are kept; "
        "never records none",
    )
    film: Keep = Field(
        default=Keep.NEVER,
        description="failures, always or never: of which runs a film of masked pictures, one after each step, is kept; "
        "never takes none",
    )
    archive_mb: int = Field(
        default=64,
        ge=1,
        description="a trace or HAR that holds more megabytes than this before it is masked is not kept",
    )

    @model_validator(mode="after")
    def _cookies_are_somebodys(self) -> Settings:
        if self.cookies and not self.base_url:
            raise refusal("cookies are for the site at base_url, and there is none", "add base_url")
        return self

    @model_validator(mode="after")
    def _headers_can_be_sent(self) -> Settings:
        bad = next((name for name, value in self.headers.items() if not is_header(name, value)), None)
        if bad is not None:
            raise refusal(
                f"HTTP cannot carry the header ‘{bad}’", "a name without spaces, a value of ASCII in one line"
            )
        if self.sends_along and not self.sites:
            hint = "add base_url, or name the sites in headers_for"
            raise refusal("headers are for the site at base_url, and there is none", hint)
        return self

    @property
    def sends_along(self) -> bool:
        """Whether any header goes with what the pages ask."""
        return bool(self.headers or self.probe_header or self.traceparent)

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites that headers go to, as browsers write them."""
        return tuple(dict.fromkeys(_site(url) for url in (self.base_url, *self.headers_for) if url))


def _site(url: str) -> str:
    try:
        return origin(url)
    except ValueError:
        raise refusal(f"‘{url}’ is no site", "write it as https://login.example.com") from None
