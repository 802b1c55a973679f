"""Opens IVR sessions, each with a handset of a line process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from prober.channels.base import RunContext
from prober.channels.ivr import reference
from prober.channels.ivr.commands import Customer, ServerSetup, Tls
from prober.channels.ivr.config import Settings, TlsSettings
from prober.channels.ivr.hearing.library import Library
from prober.channels.ivr.lines import Lines
from prober.channels.ivr.packets.evidence import Packets, filter_of
from prober.channels.ivr.session import IvrSession
from prober.channels.ivr.speech.recognition import Recognition
from prober.channels.ivr.telephone import Telephone
from prober.channels.ivr.voice.synthesis import Texts
from prober.channels.way import way_to
from prober.errors import BadInput, RobotBroken
from prober.model.line import Line
from prober.model.prompt import PromptTable


class IvrDriver:
    """Opens IVR sessions. `engine.start_forkserver()` is to have been called first of all."""

    def __init__(self, settings: Settings, prompts: PromptTable) -> None:
        self._settings = settings
        self._prompts = prompts
        self._server: ServerSetup | None = None
        self._setting_up = asyncio.Lock()
        self._sessions: list[IvrSession] = []
        self._lines = Lines()
        self._recognition = Recognition(settings.speech) if settings.speech is not None else None

    async def open(self, run: RunContext) -> IvrSession:
        """
        Return a session whose line can call.

        Raises:
            RobotBroken: A recording cannot be read, a text cannot be spoken, or no line process can be had.
        """
        server = await self._begin()
        customer, settings = _customer(run.line), self._settings
        texts = Texts(settings.voice)
        await texts.prepare(run.ahead)
        phone = Telephone(run, settings.server, _headers(settings, run), self._recognition, texts)
        phone.line = await self._lines.take(server, customer, phone.told)
        try:
            if customer.registrar:
                await phone.registered(customer.registrar)
            packets = Packets(filter_of(settings, customer.proxy))
            await packets.begin()
        except BaseException:
            await self._lines.give_back(phone.line)
            raise
        session = IvrSession(phone, self._prompts, packets=packets, leave=self._lines.give_back)
        self._sessions = [*(one for one in self._sessions if one.open), session]
        return session

    async def start_ahead(self, lines: Sequence[Line]) -> None:
        """Have a handset rest for each of *lines*; where that cannot be, the run that wants one tells why."""
        with contextlib.suppress(RobotBroken):
            await self._lines.start(await self._begin(), map(_customer, lines))

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
        await self._lines.close()
        if self._recognition is not None:
            await self._recognition.close()

    async def _begin(self) -> ServerSetup:
        """Start what all calls share, once."""
        async with self._setting_up:
            self._server = server = self._server or await self._setup()
        if self._recognition is not None:
            self._recognition.start()
        return server

    async def _setup(self) -> ServerSetup:
        try:
            library = await asyncio.to_thread(Library.build, self._prompts)
        except BadInput as exc:
            raise RobotBroken(
                f"the prompt library cannot be used: {exc}", cure="Run prober check, and repair the recording."
            ) from exc
        settings = self._settings
        return ServerSetup(
            host=settings.host,
            port=settings.port,
            transport=settings.transport,
            from_domain=settings.from_domain,
            codecs=settings.codecs,
            rtp_ports=settings.rtp_ports,
            library=library,
            tls=_tls(settings.tls),
            srtp=settings.srtp,
        )


def _customer(line: Line) -> Customer:
    sip = line.sip
    return Customer(
        user=sip.user or line.msisdn,
        password=sip.password,
        caller=sip.caller,
        registrar=sip.registrar,
        expires_s=sip.expires_s,
        proxy=sip.proxy,
    )


def _tls(settings: TlsSettings) -> Tls:
    return Tls(
        ca=str(settings.ca or ""),
        certificate=str(settings.certificate or ""),
        key=str(settings.key or ""),
        verify=settings.verify,
    )


def _headers(settings: Settings, run: RunContext) -> dict[str, str]:
    """Return what an INVITE bears beside what it must: the settings' own headers, and the run it belongs to."""
    return {**({settings.probe_header: run.run_id} if settings.probe_header else {}), **settings.headers}
