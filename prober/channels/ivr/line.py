"""
The line process: one pjsua2 endpoint, one call at a time. Beside `line_config` and `reference_line` it alone knows
pjsua2.

One thread owns the endpoint and polls it. The library's other threads do next to nothing here: the clock's thread
leaves frames with their ticks in a queue. What a callback raised would be lost, so callbacks only take notes.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
from collections import deque
from typing import TYPE_CHECKING, Any

import pjsua2 as pj

from prober.channels.ivr import line_config, messages
from prober.channels.ivr.addressing import own_address, sip_uri
from prober.channels.ivr.arrival import BUFFER_FRAMES_A_PACKET
from prober.channels.ivr.call_sound import SILENCE, CallSound
from prober.channels.ivr.keying import Keying
from prober.channels.ivr.messages import FromLine, LineSetup
from prober.channels.ivr.recording import FRAME_BYTES
from prober.channels.ivr.sip_trace import ends_call, read_logged
from prober.channels.timing import monotonic

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

WATCHING_POLL_MS = 1
"""How often the packets are counted while a moment is to be dated: 0.55 % of a core a call, against 0.25 at 10 ms."""
IDLE_POLL_MS = 10
WATCH_S = 10.0
"""How long an answer or a key is followed by watching of its own accord."""
LEAVING_S = 1.0
KEY_GAP_S = 0.08
"""pjmedia itself keeps 60 ms between keys; a key queued sooner would leave later than thought."""


class _Frame(ctypes.Structure):
    """pjsua2's MediaFrame: reading it through SWIG costs 127 µs a frame, this 0.6."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("begin", ctypes.c_void_p),
        ("end", ctypes.c_void_p),
        ("capacity", ctypes.c_void_p),
        ("size", ctypes.c_uint),
    )


class _Tap(pj.AudioMediaPort):  # type: ignore[misc]  # pjsua2 has no types
    """Hears the far end, and sends silence so that RTP flows both ways."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: deque[tuple[float, bytes]] = deque()
        form = pj.MediaFormatAudio()
        form.init(pj.PJMEDIA_FORMAT_PCM, 8000, 1, 20_000, 16)
        self.createPort("tap", form)

    def onFrameReceived(self, frame: Any) -> None:  # noqa: N802  # pjsua2's name
        at_s = monotonic()
        raw = _Frame.from_address(int(frame.this))
        heard = ctypes.string_at(raw.begin, raw.end - raw.begin) if raw.begin else b""
        self.frames.append((at_s, heard if len(heard) == FRAME_BYTES else SILENCE))

    def onFrameRequested(self, frame: Any) -> None:  # noqa: N802  # pjsua2's name
        frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO
        frame.buf.resize(FRAME_BYTES)
        ctypes.memset(_Frame.from_address(int(frame.this)).begin, 0, FRAME_BYTES)


class _Call(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    def __init__(self, account: Any, notes: deque[FromLine], tap: _Tap) -> None:
        super().__init__(account)
        self._notes = notes
        self._tap = tap

    def onCallState(self, _: Any) -> None:  # noqa: N802  # pjsua2's name
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._notes.append(messages.CallEnded(monotonic(), info.lastStatusCode, info.lastReason))

    def onCallMediaState(self, _: Any) -> None:  # noqa: N802  # pjsua2's name
        info = self.getInfo()  # owns what is read below
        for index, media in enumerate(info.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                sound = self.getAudioMedia(index)
                sound.startTransmit(self._tap)
                self._tap.startTransmit(sound)
                self._notes.append(messages.MediaStarted(monotonic(), self.getStreamInfo(index).codecName))


class _Log(pj.LogWriter):  # type: ignore[misc]  # pjsua2 has no types
    """Picks the SIP messages out of pjsip's log; they are logged as they pass."""

    def __init__(self, notes: deque[FromLine]) -> None:
        super().__init__()
        self._notes = notes

    def write(self, entry: Any) -> None:
        message = read_logged(monotonic(), entry.msg)
        if message is not None:
            self._notes.append(message)


class Line:
    """One customer's telephone."""

    def __init__(self, connection: Connection, setup: LineSetup) -> None:
        self._connection = connection
        self._setup = setup
        self._notes: deque[FromLine] = deque()
        self._log = _Log(self._notes)
        self._endpoint = pj.Endpoint()
        self._commands = select.poll()
        self._commands.register(connection.fileno(), select.POLLIN)
        self._call: _Call | None = None
        self._up = False
        self._sound = CallSound(setup.library)
        self._stat: Any = None
        self._codec: str | None = None
        self._keying: Keying | None = None
        self._keys_free_at_s = 0.0
        self._watch_until_s = 0.0
        self._leaving = False

    def open(self) -> None:
        """Start the endpoint. Raises pj.Error, or OSError if the server's host cannot be reached from here."""
        address = own_address(self._setup.host, self._setup.port)
        self._endpoint.libCreate()
        self._endpoint.libInit(line_config.endpoint(self._log))
        self._endpoint.transportCreate(*line_config.transport(self._setup, address))
        self._endpoint.libStart()
        self._endpoint.audDevManager().setNullDev()
        line_config.choose_codecs(self._endpoint, self._setup.codecs)
        self._account = pj.Account()
        self._account.create(line_config.account(self._setup, address))
        self._tap = _Tap()
        self._send(messages.Ready(os.getpid()))

    def run(self) -> None:
        """Serve until the session goes away, then leave as a polite customer would."""
        while not self._leaving:
            self._turn()
        leave_by_s = monotonic() + LEAVING_S
        self._end_call()
        while self._up and monotonic() < leave_by_s:
            self._turn()

    def leave(self, *_: object) -> None:
        """End the loop at its next turn (also as a signal's handler)."""
        self._leaving = True

    def _turn(self) -> None:
        watching = self._keying is not None or monotonic() < self._watch_until_s
        self._endpoint.libHandleEvents(WATCHING_POLL_MS if watching else IDLE_POLL_MS)
        self._listen()
        self._tell()
        if self._keying is not None:
            self._press_on(self._keying)
        while not self._leaving and self._commands.poll(0):
            self._take_command()

    def _tell(self) -> None:
        while self._notes:
            note = self._notes.popleft()
            match note:
                case messages.CallEnded():
                    for heard in self._sound.flush():
                        self._send(heard)
                    self._keying = None
                    # Of a hang-up of our own it tells before the answer to our BYE or CANCEL has come.
                    self._up = self._up and note.code in (200, 487)
                case messages.MediaStarted(at_s=at_s, codec=codec):
                    self._codec = codec
                    self._watch_until_s = at_s + WATCH_S
            self._send(note)
            if isinstance(note, messages.SipMessage) and ends_call(note):
                self._up = False

    def _listen(self) -> None:
        frames = []
        while self._tap.frames:
            frames.append(self._tap.frames.popleft())
        self._stat = stat = self._read_stat() or self._stat
        if stat is not None:
            self._count(stat, frames)
        if self._keying is not None:
            for sent in filter(None, [self._keying.ticked(tick) for tick, _ in frames]):
                self._watch_until_s = sent.at_s + WATCH_S
                self._keys_free_at_s = sent.ended_s + KEY_GAP_S
                self._send(sent)
        if self._codec is not None and frames:
            for heard in self._sound.listen(frames, **_buffer_of(stat)):
                self._send(heard)

    def _count(self, stat: Any, frames: list[tuple[float, bytes]]) -> None:
        """Count the packets at every turn, the rest at every tick: reading it all costs 20 times as much."""
        sound, now_s = self._sound, monotonic()
        sound.arrivals.packets.counted(stat.rtcp.rxStat.pkt, now_s)
        if not frames:
            return
        known = sound.log.reaches
        sound.log.note(stat.rtcp, now_s)
        if sound.log.reaches is not None and sound.log.reaches is not known:
            self._send(messages.Reached(now_s, sound.log.reaches))

    def _read_stat(self) -> Any:
        if self._call is None or self._codec is None:
            return None
        try:
            return self._call.getStreamStat(0)
        except pj.Error:
            return None

    def _take_command(self) -> None:
        try:
            command = self._connection.recv()
        except (EOFError, OSError):
            self.leave()
            return
        self._obey(command)

    def _obey(self, command: messages.ToLine) -> None:
        match command:
            case messages.PlaceCall():
                self._place_call(command)
            case messages.SendKeys(as_info=True):
                self._send_key(command.keys, pj.PJSUA_DTMF_METHOD_SIP_INFO, command.hold_s)
            case messages.SendKeys():
                self._keying = Keying(
                    command.keys,
                    hold_s=command.hold_s,
                    gap_s=max(command.gap_s, KEY_GAP_S),
                    not_before_s=self._keys_free_at_s,
                    queue=lambda key: self._send_key(key, pj.PJSUA_DTMF_METHOD_RFC2833, command.hold_s),
                    secret=command.secret,
                )
            case messages.EndCall():
                self._end_call()
            case messages.Watch(until_s=until_s):
                self._watch_until_s = max(self._watch_until_s, until_s)
            case messages.TellFigures(since_s=since_s):
                self._send(self._sound.figures(self._codec, self._stat, since_s))
            case messages.WriteRecording():
                self._send(self._written(command))

    def _place_call(self, command: messages.PlaceCall) -> None:
        self._sound = CallSound(self._setup.library)
        self._stat, self._codec, self._keying = None, None, None
        self._call = _Call(self._account, self._notes, self._tap)
        try:
            self._call.makeCall(sip_uri(command.number, self._setup), line_config.invitation(self._setup))
            self._up = True
        except pj.Error as exc:
            what = f"the call to {command.number} could not be placed: {exc.reason}"
            self._send(messages.Broken(what, "Check the number, and channels.ivr in config.yaml.", fatal=False))

    def _send_key(self, keys: str, method: int, hold_s: float) -> None:
        asked = pj.CallSendDtmfParam()
        asked.digits, asked.method, asked.duration = keys, method, round(hold_s * 1000)
        try:
            if self._call is not None:
                self._call.sendDtmf(asked)
        except pj.Error as exc:
            self._keying = None
            self._send(messages.KeysFailed(monotonic(), exc.reason))

    def _press_on(self, keying: Keying) -> None:
        keying.go_on(monotonic)
        if keying.done:
            self._keying = None

    def _end_call(self) -> None:
        if self._call is None or not self._call.isActive():
            return
        try:
            self._call.hangup(pj.CallOpParam())
        except pj.Error as exc:
            self._send(messages.CallEnded(monotonic(), exc.status, exc.reason))

    def _written(self, command: messages.WriteRecording) -> messages.RecordingWritten:
        error = ""
        try:
            command.path.write_bytes(self._sound.wav(command))
        except OSError as exc:
            error = exc.strerror or str(exc)
        return messages.RecordingWritten(self._sound.seconds(), self._sound.log.began_s, error)

    def _send(self, message: FromLine) -> None:
        try:
            self._connection.send(message)
        except OSError:
            self.leave()


def _buffer_of(stat: Any) -> dict[str, int]:
    """Return what the jitter buffer of a stream tells, where there is one."""
    if stat is None:
        return {"buffered": 0, "underruns": 0}
    buffer = stat.jbuf
    filled = buffer.lost // BUFFER_FRAMES_A_PACKET
    return {"buffered": buffer.size, "underruns": buffer.empty, "lost": stat.rtcp.rxStat.loss - filled}


def serve(connection: Connection, setup: LineSetup) -> None:
    """Be a line process until *connection* closes. Never returns: pjsua2 aborts in an ordinary exit."""
    line = Line(connection, setup)
    signal.signal(signal.SIGTERM, line.leave)
    try:
        line.open()
    except (pj.Error, OSError) as exc:
        connection.send(line_config.cannot_start(exc, setup))
        os._exit(1)
    line.run()
    os._exit(0)
