"""One run's dealings with the IVR."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Sequence
from dataclasses import asdict, replace

from prober.channels.ivr.actions import Dial, HangUp, Hear, HungUp, Press, Quality, unfit
from prober.channels.ivr.call import Call
from prober.channels.ivr.dialling import dial, hang_up, hung_up
from prober.channels.ivr.listening import hear
from prober.channels.ivr.marking import marks, secret_s, step_name, story, tones
from prober.channels.ivr.messages import EndCall, RecordingWritten, WriteRecording
from prober.channels.ivr.pressing import press
from prober.channels.ivr.sip_trace import ladder, ladder_json, session_disconnect_delay
from prober.channels.ivr.telephone import REPLY_S, Telephone, unresponsive
from prober.channels.ivr.weighing import quality
from prober.channels.timing import monotonic
from prober.errors import RobotBroken
from prober.model.prompt import PromptTable
from prober.model.run import Evidence, Observation
from prober.model.scenario import Action

GOODBYE_S = 1.5
"""How long the answer to a last BYE is waited for."""


class IvrSession:
    """One telephone for one run. A second `dial` after `hang_up` is a second call, with evidence of its own."""

    def __init__(self, phone: Telephone, table: PromptTable) -> None:
        self._phone = phone
        self._table = table
        self._kept: list[Evidence] = []
        self._lost: list[RobotBroken] = []
        self._calls = 0
        self.open = True

    @property
    def pid(self) -> int | None:
        """The process id of the line process."""
        return self._phone.line.pid

    async def perform(self, action: Action, deadline_s: float) -> Observation:
        """
        Do *action* and return what was seen, be it nothing.

        Raises:
            RobotBroken: The line process is gone, the server was never reached, there is no call to act on, or a
                number that was filled in cannot be called.
        """
        phone = self._phone
        phone.begin_step(step_name(action, phone.run.mask), dials=isinstance(action.argument, Dial))
        match action.argument:
            case Dial() as asked:
                return await self._dial(asked, deadline_s)
            case Hear() as asked:
                return await hear(phone, self._table, asked, deadline_s, captures=bool(action.captures))
            case Press() as asked:
                return await press(phone, asked, deadline_s)
            case HangUp():
                return await hang_up(phone, deadline_s)
            case HungUp():
                return await hung_up(phone, deadline_s)
            case Quality() as asked:
                return await quality(phone, asked)
        raise TypeError(f"{action.full_name} is no verb of the IVR")

    async def _dial(self, asked: Dial, deadline_s: float) -> Observation:
        if why := unfit(asked.number):
            cure = "Look at what fills it in: a captured value may hold a space or a line break."
            raise RobotBroken(f"the number of ivr.dial cannot be called: {why}", cure=cure)
        evidence_s, call = 0.0, self._phone.call
        if call is not None and not call.up:
            began_s = monotonic()
            await self._keep_last_call()
            evidence_s = monotonic() - began_s
        return replace(await dial(self._phone, asked, deadline_s), evidence_s=evidence_s)

    async def close(self) -> Sequence[Evidence]:
        """
        Hang up, end the line process, and return recordings and SIP ladders.

        Raises:
            RobotBroken: One of them is lost; the others are kept.
        """
        if not self.open:
            return self._kept
        self.open = False
        try:
            await self._part()
            await self._keep_last_call()
        finally:
            await self._phone.line.close()
        if self._lost:
            raise RobotBroken("; ".join(broken.what for broken in self._lost), cure=self._lost[0].cure)
        return self._kept

    async def abandon(self) -> None:
        """End the line process, which hangs up; nothing is kept."""
        self.open = False
        await self._phone.line.close()

    async def _part(self) -> None:
        call = self._phone.call
        if call is None or call.ended is not None or next(call.trace.answers("INVITE"), None) is None:
            return
        self._phone.line.send(EndCall())
        try:
            await self._phone.line.until(
                lambda: session_disconnect_delay(call.trace) or call.trace.refused, monotonic() + GOODBYE_S
            )
        except RobotBroken as broken:
            if call.media is None:  # else the recording, lost with the line, tells of it
                self._lost.append(broken)

    async def _keep_last_call(self) -> None:
        """Keep each file on its own, so that none is lost with another."""
        call, self._phone.call = self._phone.call, None
        if call is None:
            return
        self._calls += 1
        suffix = "" if self._calls == 1 else f"-{self._calls}"
        if call.media is not None:
            await self._keep(self._recording(call, f"call{suffix}.wav"))
        if call.recording is not None:
            await self._keep(self._text("rtp", f"rtp{suffix}.json", rtp_json(call, call.recording)))
        notes = story(call)
        await self._keep(self._text("ladder", f"ladder{suffix}.txt", ladder(notes, call.clock, call.trace)))
        await self._keep(self._text("messages", f"ladder{suffix}.json", ladder_json(notes, call.clock)))

    async def _keep(self, keeping: Awaitable[Evidence]) -> None:
        try:
            self._kept.append(await keeping)
        except RobotBroken as broken:
            self._lost.append(broken)

    async def _text(self, kind: str, name: str, text: str) -> Evidence:
        run = self._phone.run
        return await run.evidence.keep(kind, name, run.mask(text).encode(), whole_run=True)

    async def _recording(self, call: Call, name: str) -> Evidence:
        box, line = self._phone.run.evidence, self._phone.line
        path = box.path(name)
        self._phone.call = call
        try:
            line.send(WriteRecording(path, tones(call), marks(call, self._phone.run.mask), secret_s(call)))
            written = await line.until(lambda: call.recording, monotonic() + REPLY_S)
        except RobotBroken as broken:
            raise RobotBroken(f"the recording {name} is lost: {broken.what}", cure=broken.cure) from broken
        finally:
            self._phone.call = None
        if written is None:
            raise unresponsive()
        if written.error:
            raise RobotBroken(
                f"the recording cannot be kept at {path}: {written.error}",
                cure="Free some disk space, or give the folder to the user who runs the robot.",
            )
        return await box.kept("recording", path, whole_run=True)


def rtp_json(call: Call, told: RecordingWritten) -> str:
    """Return the call's figures by second, as JSON."""
    began_at = None if told.began_at_s is None else call.clock.at(told.began_at_s).isoformat()
    seconds = [{name: _short(figure) for name, figure in asdict(one).items()} for one in told.seconds]
    return json.dumps({"began_at": began_at, "ours_arrives": call.reaches, "seconds": seconds}, indent=1)


def _short(figure: float | None) -> float | None:
    return round(figure, 6) if isinstance(figure, float) else figure
