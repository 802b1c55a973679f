"""The robot in this process, playing one journey a door against a demo operator whose faults are switched by hand."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from ruamel.yaml import YAML

from prober.app import App, Order
from prober.channels.registry import SETTINGS, VERBS
from prober.demo import first_state
from prober.demo.customers import yuan
from prober.demo.faults import Fault
from prober.loading.config import load_config
from prober.loading.prompts import load_prompts
from prober.loading.scenario import load_scenarios
from prober.loading.vocabulary import Vocabulary
from prober.model.run import Run, StepResult
from prober.model.scenario import Scenario

HERE = Path(__file__).parent
PROMPTS = HERE.parents[1] / "scenarios" / "prompts"
CHANNELS_OF = """\
channels:
  ivr: {{server: "{sip}", prompts: "{prompts}"}}
  web: {{base_url: "{web}"}}
  sms:
    gateways: {{demo: {{smpp: {{host: {host}, port: {port}, system_id: robot, password: secret}}}}}}
    quarantine: 4s
"""
_VARIES = re.compile(
    r"\d+\.\d+(?= s\b)|(?<=127\.0\.0\.1:)\d+|(?<=score )\d\.\d+|\d+(?=[年月日时分])|(?<=after run )\S+"
    r"|(?<=until )\d\d:\d\d:\d\d|\d+(?=%)|(?<=none of the )\d+(?= packets)|\d+(?= ms after)"
    r"|(?<=, «)[^«»]*(?=»$)"
)
"""What differs from run to run: seconds, ports, scores, shares, packets, days, how far a number was said."""


@dataclass(frozen=True)
class Case:
    """A fault that is switched on at a door, as the command line writes it, and what the robot is to say of it."""

    fault: str
    outcome: str
    step: str = ""
    layer: str = ""

    @property
    def door(self) -> str:
        """The door it is switched on at, and the name of the journey that meets it."""
        return self.fault.partition("=")[0]

    @property
    def name(self) -> str:
        """The fault's name alone."""
        return self.fault.partition("=")[2].partition(",")[0]

    @property
    def arguments(self) -> dict[str, float]:
        """What is written behind the name."""
        _, *arguments = self.fault.partition("=")[2].split(",")
        return {name: float(value) for name, _, value in (one.partition("=") for one in arguments)}

    @property
    def wish(self) -> dict[str, Any]:
        """The fault, as the control door wants it."""
        return {self.door: {"name": self.name, **self.arguments}} if self.name else {}


def cases() -> list[Case]:
    """Return the golden table: every fault of every door, and each door in health."""
    return [Case(**row) for row in YAML(typ="safe").load(HERE / "cases.yaml")]


def case_of(door: str, fault: Fault | None) -> Case:
    """Return what the table says of *fault* with its arguments; else of the first of that name."""
    name = fault.name if fault else ""
    named = [case for case in cases() if (case.door, case.name) == (door, name)]
    return next((case for case in named if fault and case.arguments == fault.arguments), named[0])


@dataclass(frozen=True)
class Told:
    """What the robot said of a run, in the words of the golden table."""

    outcome: str
    step: str = ""
    layer: str = ""
    what: str = ""
    actual: str = ""

    @classmethod
    def of(cls, run: Run) -> Told:
        """Return what stands first in a report of *run*; figures that vary from run to run become `…`."""
        step = run.failed_step
        if step is None or step.failure is None:
            return cls(str(run.outcome))
        failure = step.failure
        return cls(str(run.outcome), _verb(step), str(step.layer), steady(failure.what), steady(failure.actual))

    def agrees(self, case: Case) -> bool:
        """Whether outcome, step and layer are those of the table."""
        return (self.outcome, self.step, self.layer) == (case.outcome, case.step, case.layer)


class Robot:
    """A robot whose workspace is *folder*, led to *doors*. To be made before the loop, for a line process is forked."""

    def __init__(self, folder: Path, doors: Mapping[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.yaml").write_text(workspace(doors), encoding="utf-8")
        self.settings, prompts = load_config(folder / "config.yaml", SETTINGS), load_prompts(PROMPTS)
        found = load_scenarios([HERE / "journeys"], Vocabulary(VERBS).knowing(prompts))
        self.journeys: dict[str, Scenario] = {scenario.name: scenario for scenario in found}
        App.prepare(list(found))
        self._app = App(self.settings, prompts)
        # Each text is another customer's: what the one before is still owed puts nobody else in quarantine.
        self._texting = itertools.cycle(self.settings.lines)
        self._control = httpx.AsyncClient(base_url=doors["control"], timeout=10)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._app.close()
        await self._control.aclose()

    async def switch(self, wish: Mapping[str, Any]) -> None:
        """Put everything at the operator back, and switch exactly these faults on."""
        (await self._control.delete("/faults")).raise_for_status()
        (await self._control.post("/reset")).raise_for_status()
        (await self._control.put("/faults", json=dict(wish))).raise_for_status()

    async def play(self, journey: str) -> Run:
        """Play the journey of a door."""
        line = next(self._texting) if journey == "sms" else self.settings.lines[0]
        run = await self._app.play(Order(self.journeys[journey], (line,)))
        assert run is not None
        return run


def workspace(doors: Mapping[str, Any]) -> str:
    """Return the settings of a robot that is led to *doors*, with every customer of the demo operator as a line."""
    host, port = doors["smpp"].split(":")
    return f"lines:\n{_lines()}" + CHANNELS_OF.format(
        sip=doors["sip"], web=doors["web"], host=host, port=port, prompts=PROMPTS
    )


def _lines() -> str:
    """Return every customer of the demo operator as a line that knows the truth about itself."""
    totals = {
        msisdn: sum(costs) for msisdn, _, *costs in reversed(first_state.bills(datetime.now(UTC).astimezone().date()))
    }
    return "".join(
        f"  - {{name: line-{msisdn[-1]}, msisdn: {msisdn}, secrets: {{service_password: {password}}}, gateway: demo,"
        f" balance: {yuan(balance_fen)}元, total: {yuan(totals[msisdn])}元}}\n"
        for msisdn, password, balance_fen, _, _ in first_state.CUSTOMERS
    )


def _verb(step: StepResult) -> str:
    return step.verb if step.channel == "robot" else f"{step.channel}.{step.verb}"


def steady(text: str) -> str:
    """Return *text* with `…` where it differs from run to run."""
    return _VARIES.sub("…", text)
