"""Opens and closes the sessions of a run, all channels at once."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Iterable, Mapping, Sequence

from prober.channels.base import Driver, RunContext, Session
from prober.errors import RobotBroken
from prober.model.run import Evidence, Observation
from prober.model.scenario import Action


async def open_all(channels: Sequence[str], drivers: Mapping[str, Driver], context: RunContext) -> dict[str, Session]:
    """Return an armed session for each of *channels*; one that cannot be opened tells why when it is first needed."""
    opened = await asyncio.gather(*(_open(drivers[channel], context) for channel in channels))
    return dict(zip(channels, opened, strict=True))


async def close_all(sessions: Iterable[Session], *, within_s: float) -> tuple[Evidence, ...]:
    """Close *sessions* and return the evidence that belongs to the whole run."""
    kept = await asyncio.gather(*(_close(session, within_s) for session in sessions))
    return tuple(evidence for of_session in kept for evidence in of_session)


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


async def _close(session: Session, within_s: float) -> Sequence[Evidence]:
    # A session that cannot even be closed has told so in a step already, or lost only evidence of the whole run.
    with contextlib.suppress(RobotBroken, TimeoutError):
        async with asyncio.timeout(within_s):
            return await session.close()
    return ()
