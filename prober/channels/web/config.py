"""`channels.web` in config.yaml."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from prober.loading.fields import STRICT, Text


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
    locale: Text = Field(default="zh-CN", description="the customer's language, as the browser tells it to the site")
    timezone: Text = Field(default="Asia/Shanghai", description="the customer's time zone")
    user_agent: Text = Field(default="", description="what the browser calls itself; the browser's own name if empty")
    proxy: Text = Field(default="", description="the proxy all pages are fetched through: http://proxy:3128")
    ignore_https_errors: bool = Field(
        default=False, description="true accepts wrong certificates, as on a test system; customers' browsers do not"
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
    archive_mb: int = Field(
        default=64,
        ge=1,
        description="a trace or HAR that holds more megabytes than this before it is masked is not kept",
    )
