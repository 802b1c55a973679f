"""The scripted channel under the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from prober.channels.fake import FakeDriver, Hear, Say
from prober.errors import RobotBroken
from prober.model.scenario import Action
from tests.channels.contract import SECRET, Case


@asynccontextmanager
async def contract(folder: Path) -> AsyncIterator[Case]:
    """Saying works; nothing is ever heard."""
    yield Case(
        driver=FakeDriver(),
        broken=FakeDriver(broken=RobotBroken("nothing is there", cure="Put something there.")),
        act=Action("fake", "say", Say(f"my password is {SECRET}")),
        wait=Action("fake", "hear", Hear("an answer")),
    )
