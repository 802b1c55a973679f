"""
The process that the self-check calls: it takes a call on loopback and plays the reference prompt after each key.

It is set up by `line_config` as the line processes are, and knows pjsua2 beside it and `line`.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pjsua2 as pj

from prober.channels.ivr import line_config
from prober.channels.ivr.messages import Broken, KeySent
from prober.channels.ivr.reference_setup import ReferenceReady, ReferenceSetup
from prober.channels.timing import monotonic

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

POLL_MS = 5
FRAME_BYTES = 320
SILENCE = bytes(FRAME_BYTES)
HOST = "127.0.0.1"
LEAVING_S = 1.0
CURE = "See that this machine lets programs open ports at 127.0.0.1, and run less on it."


class _Quiet(pj.LogWriter):  # type: ignore[misc]  # pjsua2 has no types
    def write(self, entry: Any) -> None:
        pass


class _Voice(pj.AudioMediaPort):  # type: ignore[misc]  # pjsua2 has no types
    """Silence, but for what it was last given to say."""

    def __init__(self) -> None:
        super().__init__()
        self.to_say = b""
        form = pj.MediaFormatAudio()
        form.init(pj.PJMEDIA_FORMAT_PCM, 8000, 1, 20_000, 16)
        self.createPort("voice", form)

    def onFrameRequested(self, frame: Any) -> None:  # noqa: N802  # pjsua2's name
        said, self.to_say = self.to_say[:FRAME_BYTES], self.to_say[FRAME_BYTES:]
        frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO
        frame.buf = pj.ByteVector(said.ljust(FRAME_BYTES, b"\0"))


class _Call(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    def __init__(self, account: _Account, call_id: int) -> None:
        super().__init__(account, call_id)
        self._reference = account.reference
        self._voice = _Voice()
        self.gone = False

    def onCallState(self, _: Any) -> None:  # noqa: N802  # pjsua2's name
        self.gone = self.getInfo().state == pj.PJSIP_INV_STATE_DISCONNECTED

    def onCallMediaState(self, _: Any) -> None:  # noqa: N802  # pjsua2's name
        self._voice.startTransmit(self.getAudioMedia(-1))

    def onDtmfDigit(self, told: Any) -> None:  # noqa: N802  # pjsua2's name
        self._reference.took_key(told.digit)
        self._voice.to_say = self._reference.setup.prompt


class _Account(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    def __init__(self, reference: _Reference) -> None:
        super().__init__()
        self.reference = reference

    def onIncomingCall(self, told: Any) -> None:  # noqa: N802  # pjsua2's name
        answer = pj.CallOpParam()
        answer.statusCode = 200
        self.reference.call = _Call(self, told.callId)
        self.reference.call.answer(answer)


class _Reference:
    def __init__(self, connection: Connection, setup: ReferenceSetup) -> None:
        self._connection = connection
        self._endpoint = pj.Endpoint()
        self._log = _Quiet()
        self.setup = setup
        self.call: _Call | None = None

    def open(self) -> None:
        """Wait for a call at a free port, and tell which. Raises pj.Error."""
        config = line_config.endpoint(self._log)
        config.medConfig.txDropPct, config.medConfig.rxDropPct = self.setup.lose_sent, self.setup.lose_received
        self._endpoint.libCreate()
        self._endpoint.libInit(config)
        bound = self._endpoint.transportCreate(*line_config.transport(self.setup.server, HOST))
        self._endpoint.libStart()
        self._endpoint.audDevManager().setNullDev()
        line_config.choose_codecs(self._endpoint, self.setup.server.codecs)
        self._account = _Account(self)
        self._account.create(line_config.account(self.setup.server, self.setup.customer, HOST))
        address = self._endpoint.transportGetInfo(bound).localName
        self._connection.send(ReferenceReady(os.getpid(), int(address.rpartition(":")[2])))

    def run(self) -> None:
        """Serve until whoever started it goes away, and let the caller hang up first."""
        while not self._connection.poll():
            self._endpoint.libHandleEvents(POLL_MS)
        leave_by_s = monotonic() + LEAVING_S
        while self.call is not None and not self.call.gone and monotonic() < leave_by_s:
            self._endpoint.libHandleEvents(POLL_MS)

    def took_key(self, key: str) -> None:
        self._connection.send(KeySent(monotonic(), key, monotonic()))


def serve(connection: Connection, setup: ReferenceSetup) -> None:
    """Be the reference until *connection* closes. Never returns: pjsua2 aborts in an ordinary exit."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    reference = _Reference(connection, setup)
    try:
        reference.open()
    except pj.Error as exc:
        connection.send(
            Broken(f"it could not open a SIP port at {HOST} ({setup.server.transport}): {exc.reason}", CURE)
        )
        os._exit(1)
    reference.run()
    os._exit(0)
