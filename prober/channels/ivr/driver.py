"""Opens IVR sessions, each with a line process of its own."""

from __future__ import annotations

import asyncio

from prober.channels.base import RunContext
from prober.channels.ivr import reference
from prober.channels.ivr.config import Settings
from prober.channels.ivr.hearing.library import Library
from prober.channels.ivr.messages import LineSetup
from prober.channels.ivr.session import IvrSession
from prober.channels.ivr.telephone import Telephone
from prober.channels.way import way_to
from prober.errors import BadInput, RobotBroken
from prober.model.prompt import PromptTable


class IvrDriver:
    """Opens IVR sessions. `engine.start_forkserver()` is to have been called first of all."""

    def __init__(self, settings: Settings, prompts: PromptTable) -> None:
        self._settings = settings
        self._prompts = prompts
        self._library: Library | None = None
        self._sessions: list[IvrSession] = []

    async def open(self, run: RunContext) -> IvrSession:
        """
        Return a session whose line process can call.

        Raises:
            RobotBroken: A recording cannot be read, or no line process can be had.
        """
        setup = await self._setup(run)
        phone = Telephone(run, self._settings.server)
        await phone.line.start(setup)
        session = IvrSession(phone, self._prompts)
        self._sessions = [*(one for one in self._sessions if one.open), session]
        return session

    async def self_check(self) -> str:
        """
        Ask the kernel for a way to the SIP server, call a reference line on loopback as a run calls, and say in words
        what worked.

        Raises:
            RobotBroken: This machine has no way to the server, or calling does not work on loopback either.
        """
        way = await way_to(self._settings.host)
        return f"{await reference.self_check(self._settings)}; {way}"

    async def close(self) -> None:
        """End every line process that is still there."""
        sessions, self._sessions = self._sessions, []
        for session in sessions:
            await session.abandon()

    async def _setup(self, run: RunContext) -> LineSetup:
        if self._library is None:
            try:
                self._library = await asyncio.to_thread(Library.build, self._prompts)
            except BadInput as exc:
                raise RobotBroken(
                    f"the prompt library cannot be used: {exc}", cure="Run prober check, and repair the recording."
                ) from exc
        settings = self._settings
        return LineSetup(
            host=settings.host,
            port=settings.port,
            transport=settings.transport,
            from_domain=settings.from_domain,
            codecs=settings.codecs,
            rtp_ports=settings.rtp_ports,
            headers=settings.headers,
            user=run.line.sip.user or run.line.msisdn,
            password=run.line.sip.password,
            library=self._library,
        )
