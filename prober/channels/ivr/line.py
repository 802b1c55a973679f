"""One of the lines of a line process: a customer's account, one call at a time, and what its session asks of it."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pjsua2 as pj

from prober.channels.ivr import commands, line_config, messages
from prober.channels.ivr.addressing import leads_to_server, sip_uri
from prober.channels.ivr.commands import Customer, ServerSetup
from prober.channels.ivr.intake import Intake
from prober.channels.ivr.keying import Keying
from prober.channels.ivr.line_leg import Account, Leg
from prober.channels.ivr.line_tap import Tap
from prober.channels.ivr.messages import FromLine, SipMessage
from prober.channels.ivr.sip_trace import ends_call
from prober.channels.ivr.speaking import Part, Speaking, keys
from prober.channels.timing import monotonic

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

TURN_MS = 20
"""How often its session is heard, at the least; SIP is answered at once, and packets have stamps of their own."""
SHORT_TURN_MS = 1
"""How often it is while keys wait for their tick, and where packets have no stamps."""
LEAVING_S = 1.0
TOO_MANY = 70010
"""pjlib's PJ_ETOOMANY."""
SLOT_S = 1.0
"""How long the library may take to free the slot of the last call."""
KEY_GAP_S = 0.08
"""pjmedia itself keeps 60 ms between keys; a key queued sooner would leave later than thought."""


class Line:
    """One customer's telephone, at *address* of this machine."""

    def __init__(self, connection: Connection, server: ServerSetup, address: str) -> None:
        self.connection = connection
        self._server, self._address = server, address
        self._customer: Customer | None = None
        self._account: Any = None
        self._notes: deque[FromLine] = deque()
        self._call: Leg | None = None
        self._to_place: tuple[commands.PlaceCall, float] | None = None
        self._up = False
        self._keying: Keying | None = None
        self._speaking: Speaking | None = None
        self._keys_free_at_s = 0.0
        self._sends_on = False
        """A leg was made that the library has not called yet."""
        self._leave_by_s: float | None = None
        self._obeys: Mapping[type, Callable[[Any], None]] = {
            commands.BeLine: self._be,
            commands.Register: self._register,
            commands.PlaceCall: self._place_call,
            commands.Ask: self._ask,
            commands.SendKeys: self._press,
            commands.Say: self._say,
            commands.EndCall: self._end_call,
            commands.Rest: self._rest,
            commands.TellFigures: self._tell_figures,
            commands.HandOver: self._hand_over,
            commands.WriteRecording: self._write,
        }

    def open(self, silence: Any, has_room: Callable[[], bool]) -> None:
        """
        Make its end of the sound, once there is an endpoint, with its source of *silence*. Raises pj.Error.

        *has_room* tells whether the library can have one more call.
        """
        self._tap, self._has_room = Tap(silence), has_room
        self._intake = Intake(self._tap, self._server.library)

    @property
    def legs_up(self) -> int:
        """How many of the library's calls it has."""
        return sum(leg.talks() for leg in self._call.legs()) if self._call is not None else 0

    @property
    def gone(self) -> bool:
        """Its session has left, and its call is over, or was given the time to be."""
        return self._leave_by_s is not None and (not self._up or monotonic() >= self._leave_by_s)

    def leave(self) -> None:
        """Hang up, as a polite customer would."""
        if self._leave_by_s is None:
            self._leave_by_s = monotonic() + LEAVING_S
            self._end_call()

    def passed(self, message: SipMessage) -> None:
        """Note a SIP message of its own."""
        self._notes.append(message)

    def sends_on(self, message: SipMessage) -> bool:
        """Whether a message is the INVITE by which its call is sent on."""
        found = self._sends_on and message.sent and message.code is None and message.method == "INVITE"
        self._sends_on = self._sends_on and not found
        return found

    def is_from_or_to(self, message: SipMessage) -> bool:
        """Whether a message is one between the server and its customer."""
        known = self._customer
        return known is not None and any(f"sip:{user}@" in message.text for user in (known.user, known.caller) if user)

    def settle(self) -> None:
        """
        Let go of the legs that are over.

        The library gives their numbers to other calls, and whoever lets go of a leg hangs up what has its number.
        """
        legs = self._call.legs() if self._call is not None else []
        live = [leg for leg in legs if leg.talks()]
        for leg in legs:
            if leg.over or (leg is not self._call and leg not in live):
                leg.part()
        if self._call is not None and self._call.over:
            self._call = next(iter(live), None)

    def turn(self) -> None:
        """Take note of what has come in, and tell it."""
        if self._to_place is not None:
            self._place(*self._to_place)
        self._note_ticks()
        if self._intake.hears:
            self._intake.look(self._call)
        if self._notes or self._intake.is_due:
            self._listen()
        self._tell()
        if self._keying is not None:
            self._press_on(self._keying)

    @property
    def turn_ms(self) -> int:
        """How long nothing needs doing."""
        return SHORT_TURN_MS if self._keying is not None or self._intake.is_unstamped else TURN_MS

    def _tell(self) -> None:
        while self._notes:
            note = self._notes.popleft()
            match note:
                case messages.CallEnded():
                    for heard in self._intake.end():
                        self.send(heard)
                    self._keying = None
                    self._fall_silent()
                    # Of a hang-up of our own it tells before the answer to our BYE or CANCEL has come.
                    self._up = self._up and note.code in (200, 487)
                case messages.FarKey() if self._tap.stamps is not None:
                    note = replace(note, at_s=self._tap.stamps.last_s() or note.at_s)
                case messages.MediaStarted(codec=codec):
                    if self._call is not None:
                        self._call = next((one for one in self._call.legs() if one.sounds), self._call)
                    self._intake.begin(self._call, codec)
            self.send(note)
            goes_on = self._call is not None and self._call.is_up()
            if isinstance(note, messages.SipMessage) and ends_call(note) and not goes_on:
                self._up = False

    def _note_ticks(self) -> None:
        """Note what left at the ticks there were."""
        self._intake.take()
        while self._intake.ticks:
            tick_s = self._intake.ticks.popleft()
            sent = self._keying and self._keying.ticked(tick_s)
            if sent:
                self._keys_free_at_s = sent.ended_s + KEY_GAP_S
                self.send(sent)
        while self._speaking is not None and self._tap.said:
            self._note_said(self._speaking, *self._tap.said.popleft())

    def _listen(self) -> None:
        for told in self._intake.listen(self._call):
            self.send(told)
        self._note_ticks()

    def _note_said(self, speaking: Speaking, tick_s: float, frame: bytes) -> None:
        self._intake.sound.recording.say(frame, tick_s)
        told = speaking.left(tick_s)
        if told is not None:
            self.send(told)
        if speaking.done:
            self._fall_silent()

    def _speak(self, speaking: Speaking) -> None:
        self._fall_silent()
        self._speaking = speaking
        self._tap.say(speaking.frames)

    def _fall_silent(self) -> None:
        self._speaking = None
        self._tap.hush()

    def take_command(self) -> bool:
        """Do what the session asks for next; return whether it is there."""
        try:
            command = self.connection.recv()
        except (EOFError, OSError):
            self.leave()
            return False
        self._obeys[type(command)](command)
        return True

    def _be(self, command: commands.BeLine) -> None:
        if self._account is not None:
            self._account.shutdown()
        self._customer = command.customer
        self._account = Account(self._notes)
        try:
            self._account.create(line_config.account(self._server, command.customer, self._address))
        except pj.Error as exc:
            what = f"{command.customer.user} can be no line: {exc.reason}"
            self.send(messages.Broken(what, "Check the line's sip section in config.yaml.", fatal=False))
            return
        self.send(messages.IsLine())

    def _register(self, _: commands.Register) -> None:
        with contextlib.suppress(pj.Error):  # it is being asked already
            self._account.setRegistration(True)

    def _press(self, command: commands.SendKeys) -> None:
        match command.way:
            case commands.KeyWay.INFO:
                self._send_key(command.keys, pj.PJSUA_DTMF_METHOD_SIP_INFO, command.hold_s)
            case commands.KeyWay.SOUND:
                gap_s = max(command.gap_s, KEY_GAP_S)
                self._speak(keys(command.keys, hold_s=command.hold_s, gap_s=gap_s, secret=command.secret))
            case commands.KeyWay.EVENTS:
                self._keying = Keying(
                    command.keys,
                    hold_s=command.hold_s,
                    gap_s=max(command.gap_s, KEY_GAP_S),
                    not_before_s=self._keys_free_at_s,
                    queue=lambda key: self._send_key(key, pj.PJSUA_DTMF_METHOD_RFC2833, command.hold_s),
                    secret=command.secret,
                )

    def _say(self, command: commands.Say) -> None:
        self._speak(Speaking([Part(np.frombuffer(command.sound, "<i2").astype(np.int16))]))

    def _rest(self, _: commands.Rest) -> None:
        if not self._up:
            self._forget()
            self.send(messages.Rested())

    def _forget(self) -> None:
        """Keep nothing of the last call."""
        self._fall_silent()
        self._intake.forget()
        self._call = self._keying = None

    def _tell_figures(self, command: commands.TellFigures) -> None:
        self._listen()
        self.send(self._intake.figures(command.since_s))

    def _hand_over(self, command: commands.HandOver) -> None:
        self._listen()
        self.send(self._intake.sound.between(command))

    def _ask(self, command: commands.Ask) -> None:
        asked = pj.SendRequestParam()
        asked.method = "OPTIONS"
        asked.txOption.targetUri = sip_uri(command.number, self._server)
        try:
            self._account.sendRequest(asked)
        except pj.Error as exc:
            what = f"OPTIONS could not be sent to {self._server.host}:{self._server.port}: {exc.reason}"
            self.send(messages.Broken(what, "Check channels.ivr in config.yaml.", fatal=False))

    def _place_call(self, command: commands.PlaceCall) -> None:
        self._forget()
        self._place(command, monotonic() + SLOT_S)

    def _place(self, command: commands.PlaceCall, until_s: float) -> None:
        self._to_place = None
        self._call = self._leg()
        try:
            self._call.makeCall(sip_uri(command.number, self._server), line_config.invitation(command.headers))
            self._up = True
        except pj.Error as exc:
            if exc.status == TOO_MANY and monotonic() < until_s:
                self._to_place = command, until_s
                return
            what = f"the call to {command.number} could not be placed: {exc.reason}"
            self.send(messages.Broken(what, "Check the number, and channels.ivr in config.yaml.", fatal=False))

    def _leg(self) -> Leg:
        return Leg(self._account, self._notes, self._tap, self._follow)

    def _follow(self, uri: str) -> Leg | None:
        """Return the next leg of a call that is sent on, within our server; whoever could send it on could to any."""
        self._sends_on = leads_to_server(uri, self._server)
        if self._sends_on and not self._has_room():
            self._sends_on = False
            what = f"the far end sent the call on to {uri}, as other calls of the line process were being sent on"
            self._notes.append(messages.Broken(what, "Play such scenarios one after the other.", fatal=False))
        return self._leg() if self._sends_on else None

    def _send_key(self, keys: str, method: int, hold_s: float) -> None:
        asked = pj.CallSendDtmfParam()
        asked.digits, asked.method, asked.duration = keys, method, round(hold_s * 1000)
        try:
            if self._call is not None:
                self._call.sendDtmf(asked)
        except pj.Error as exc:
            self._keying = None
            self.send(messages.KeysFailed(monotonic(), exc.reason))

    def _press_on(self, keying: Keying) -> None:
        keying.go_on(monotonic)
        if keying.done:
            self._keying = None

    def _end_call(self, _: object = None) -> None:
        self._listen()  # the counts go with the call
        for leg in self._call.legs() if self._call is not None else ():
            try:
                if leg.talks():
                    leg.hangup(pj.CallOpParam())
            except pj.Error as exc:
                self.send(messages.CallEnded(monotonic(), exc.status, exc.reason))

    def _write(self, command: commands.WriteRecording) -> None:
        sound, error = self._intake.sound, ""
        try:
            command.path.write_bytes(sound.wav(command))
        except OSError as exc:
            error = exc.strerror or str(exc)
        self.send(messages.RecordingWritten(sound.seconds(), sound.log.began_s, error))

    def send(self, message: FromLine) -> None:
        """Tell the session, if it is there."""
        try:
            self.connection.send(message)
        except OSError:
            self.leave()
