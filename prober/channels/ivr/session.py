"""One run's dealings with the IVR."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from prober.channels.ivr.actions import (
    Dial,
    HangUp,
    Hear,
    HungUp,
    Ping,
    Press,
    Quality,
    Say,
    Silence,
    Transferred,
    unfit,
)
from prober.channels.ivr.call import Call
from prober.channels.ivr.commands import EndCall, WriteRecording
from prober.channels.ivr.dialling import dial
from prober.channels.ivr.ending import hang_up, hung_up
from prober.channels.ivr.engine import Handset
from prober.channels.ivr.listening import hear
from prober.channels.ivr.marking import marks, secret_s, step_name, story, tones
from prober.channels.ivr.messages import RecordingWritten
from prober.channels.ivr.network import hear_anything, hear_keys, hear_tone
from prober.channels.ivr.packets.evidence import Packets
from prober.channels.ivr.pinging import ping
from prober.channels.ivr.pressing import press
from prober.channels.ivr.sip_trace import Note, SipTrace, ladder, ladder_json, session_disconnect_delay
from prober.channels.ivr.talking import say, silence
from prober.channels.ivr.telephone import REPLY_S, Telephone, unresponsive
from prober.channels.ivr.transfer import transferred
from prober.channels.ivr.weighing import quality
from prober.channels.ivr.wording import hear_words
from prober.channels.timing import Clock, monotonic
from prober.errors import RobotBroken
from prober.model.prompt import PromptTable
from prober.model.run import Evidence, Observation, Seen
from prober.model.scenario import Action

GOODBYE_S = 1.5
"""How long the answer to a last BYE is waited for."""


_VERBS: Mapping[type, Callable[[Telephone, Any, float], Awaitable[Observation]]] = {
    Press: press,
    HangUp: hang_up,
    HungUp: hung_up,
    Transferred: transferred,
    Quality: quality,
    Silence: silence,
    Ping: ping,
}


class IvrSession:
    """One telephone for one run. A second `dial` after `hang_up` is a second call, with evidence of its own."""

    def __init__(
        self,
        phone: Telephone,
        table: PromptTable,
        *,
        packets: Packets,
        leave: Callable[[Handset], Awaitable[None]],
    ) -> None:
        self._phone = phone
        self._packets = packets
        self._leave = leave
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
            RobotBroken: The line process is gone, the server was never reached, there is no call to act on, a number
                that was filled in cannot be called, or nothing came and the line's registrar is gone.
        """
        seen = await self._perform(action, deadline_s)
        # 100 Trying, or a challenge, may have come before it was gone; where sound goes on, it has no part in it.
        unanswered = seen.doubtful and isinstance(action.argument, HangUp)
        if unanswered or seen.seen in (Seen.NO_ANSWER, Seen.NO_MEDIA):
            try:
                await self._phone.still_registered()
            except RobotBroken as broken:
                what = f"{seen.actual}, and the line's registration cannot be confirmed: {broken.what}"
                raise RobotBroken(what, cure=broken.cure).after(seen) from broken
        return seen

    async def _perform(self, action: Action, deadline_s: float) -> Observation:
        phone = self._phone
        phone.begin_step(step_name(action, phone.run.mask), dials=isinstance(action.argument, Dial))
        match action.argument:
            case Dial() as asked:
                return await self._dial(asked, deadline_s)
            case Hear() as asked:
                return await self._hear(asked, deadline_s, captures=bool(action.captures))
            case Say() as asked:
                return await say(phone, self._table, asked, deadline_s)
            case asked if type(asked) in _VERBS:
                return await _VERBS[type(asked)](phone, asked, deadline_s)
        raise TypeError(f"{action.full_name} is no verb of the IVR")

    async def _hear(self, asked: Hear, deadline_s: float, *, captures: bool) -> Observation:
        if asked.tone is not None:
            return await hear_tone(self._phone, self._table, asked.tone, deadline_s)
        if asked.keys:
            return await hear_keys(self._phone, asked.keys, deadline_s)
        if asked.says is not None:
            return await hear_words(self._phone, self._table, asked.says, deadline_s)
        if strange := [name for name in asked.prompts if name not in self._table.prompts]:
            if not self._table.learning:
                raise RobotBroken(f"there is no prompt ‘{strange[0]}’", cure="Look at what fills in ivr.hear.")
            return await hear_anything(self._phone, deadline_s)
        return await hear(self._phone, self._table, asked, deadline_s, captures=captures)

    async def _dial(self, asked: Dial, deadline_s: float) -> Observation:
        if why := unfit(asked.number):
            cure = "Look at what fills it in: a captured value may hold a space or a line break."
            raise RobotBroken(f"the number of ivr.dial cannot be called: {why}", cure=cure)
        evidence_s, call = 0.0, self._phone.call
        if call is not None and not call.up:
            began_s = monotonic()
            await self._keep_last_call()
            await self._packets.begin()
            evidence_s = monotonic() - began_s
        return replace(await dial(self._phone, asked, deadline_s), evidence_s=evidence_s)

    async def close(self) -> Sequence[Evidence]:
        """
        Hang up, give the handset back, and return recordings and SIP ladders.

        Raises:
            RobotBroken: One of them is lost; the others are kept.
        """
        if not self.open:
            return self._kept
        self.open = False
        try:
            await self._part()
            await self._keep_last_call()
            await self._keep_outside()
        finally:
            await self._packets.drop()
            await self._leave(self._phone.line)
        if self._lost:
            raise RobotBroken("; ".join(broken.what for broken in self._lost), cure=self._lost[0].cure)
        return self._kept

    async def abandon(self) -> None:
        """End the line process, which hangs up all its calls; nothing is kept."""
        self.open = False
        await self._packets.drop()
        await self._phone.line.process.close()

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
        notes = [*story(call), *await self._keep_packets(call, f"call{suffix}.pcap")]
        await self._keep(self._text("ladder", f"ladder{suffix}.txt", ladder(notes, call.clock, call.trace)))
        await self._keep(self._text("messages", f"ladder{suffix}.json", ladder_json(notes, call.clock)))

    async def _keep_packets(self, call: Call, name: str) -> Sequence[Note]:
        """Keep the call's packets, and return what is to be known of them."""
        run = self._phone.run
        content, notes = await self._packets.of(call, run.mask)
        if content:
            await self._keep(run.evidence.keep("pcap", name, content, whole_run=True))
        return notes

    async def _keep_outside(self) -> None:
        """Keep the messages that belong to no call."""
        notes = self._phone.outside
        if notes:
            clock = Clock()
            await self._keep(self._text("ladder", "outside.txt", ladder(notes, clock, SipTrace())))
            await self._keep(self._text("messages", "outside.json", ladder_json(notes, clock)))

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
        path = await asyncio.to_thread(box.path, name)  # a busy disk may take seconds
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
    seconds = [{name: _short(figure) for name, figure in vars(one).items()} for one in told.seconds]
    return json.dumps({"began_at": began_at, "ours_arrives": call.reaches, "seconds": seconds}, indent=1)


def _short(figure: float | None) -> float | None:
    return round(figure, 6) if isinstance(figure, float) else figure
