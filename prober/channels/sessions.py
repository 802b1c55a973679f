"""Opens and closes the sessions of a run, all channels at once."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Mapping, Sequence

from prober.channels.base import Driver, RunContext, Session
from prober.errors import RobotBroken
from prober.model.run import Evidence, Observation
from prober.model.scenario import Action


async def open_all(channels: Sequence[str], drivers: Mapping[str, Driver], context: RunContext) -> dict[str, Session]:
    """Return an armed session for each of *channels*; one that cannot be opened tells why when it is first needed."""
    opening = [asyncio.create_task(_open(drivers[channel], context)) for channel in channels]
    try:
        if opening:
            await asyncio.wait(opening)
    except asyncio.CancelledError:
        for task in opening:
            task.cancel()
        for opened in await asyncio.gather(*opening, return_exceptions=True):
            if not isinstance(opened, BaseException):
                await opened.close()
        raise
    return {channel: task.result() for channel, task in zip(channels, opening, strict=True)}


async def close_all(sessions: Mapping[str, Session], *, within_s: float) -> dict[str, RobotBroken]:
    """Close *sessions*, and return what went wrong, by channel; the evidence of the whole run is in its box."""
    told = await asyncio.gather(*(_close(session, within_s) for session in sessions.values()))
    return {channel: broken for channel, broken in zip(sessions, told, strict=True) if broken is not None}


class _Closed:
    """Stands where a session could not be opened."""

    def __init__(self, broken: RobotBroken) -> None:
        self._broken = broken

    async def perform(self, action: Action, deadline_s: float) -> Observation:
        raise self._broken

    async def close(self) -> Sequence[Evidence]:
        return ()


async def _open(driver: Driver, context: RunContext) -> Session:
    try:
        return await driver.open(context)
    except RobotBroken as broken:
        return _Closed(broken)
    except Exception as exc:  # noqa: BLE001 - as in the runner: whatever escapes is the robot's fault, and is told
        return _Closed(RobotBroken(f"the robot stumbled: {exc!r}", cure=traceback.format_exc()))


async def _close(session: Session, within_s: float) -> RobotBroken | None:
    try:
        async with asyncio.timeout(within_s):
            await session.close()
    except RobotBroken as broken:
        return broken
    except TimeoutError:
        return RobotBroken(f"closing took longer than {within_s:g} s", cure="Look at the load of the robot's machine.")
    except Exception as exc:  # noqa: BLE001 - as above
        return RobotBroken(f"closing stumbled: {exc!r}", cure=traceback.format_exc())
    return None
