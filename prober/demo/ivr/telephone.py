"""
The IVR's telephone, a process of its own and the demo's only user of pjsua2: it answers calls, hears keys, plays.

It ends when the door that started it does, however that ends.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pjsua2 as pj

from prober.demo.customers import Customers, national
from prober.demo.ivr.menu import Conversation, Turn
from prober.demo.ivr.parent import Parent
from prober.demo.ivr.playout import FRAME, NOTHING, Playout, joined
from prober.demo.recordings import RATE, Pcm, Recordings, load

NUMBER = "10086"
ANSWER_AFTER_S = 0.2
SILENCE_S = 5.0
LAST_WORD_S = 0.2
"""The end of the last recording is still on its way when the sound clock has handed it out."""
GOODBYE_S = 0.3
CALLS = 4
"""pjsua is built for so many at a time; further callers get 486."""

Conversations = Callable[[str], Conversation]


class Voice(pj.AudioMediaPort):  # type: ignore[misc]  # pjsua2 has no types
    """Plays into a call whatever it was last told to, from the next 20 ms tick on."""

    def __init__(self) -> None:
        super().__init__()
        self._playout = Playout(NOTHING)
        layout = pj.MediaFormatAudio()
        layout.init(pj.PJMEDIA_FORMAT_PCM, RATE, 1, FRAME * 1_000_000 // RATE, 16)
        self.createPort("voice", layout)

    @property
    def ended(self) -> bool:
        """Whether everything was played."""
        return self._playout.ended

    def play(self, samples: Pcm) -> None:
        """Drop what is being played, and play *samples*."""
        self._playout = Playout(samples)

    def onFrameRequested(self, frame: pj.MediaFrame) -> None:  # noqa: N802 - pjsua2's name
        """Fill the next frame; called by the sound clock."""
        frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO
        frame.buf = pj.ByteVector(self._playout.frame())


class IncomingCall(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    """One caller: rings, is answered, talks with the menu, and hangs up when it says so."""

    def __init__(self, account: pj.Account, call_id: int, recordings: Recordings, conversations: Conversations) -> None:
        super().__init__(account, call_id)
        self._recordings = recordings
        self._conversation = conversations(_user(self.getInfo().remoteUri))
        self._voice = Voice()
        self._ends = False
        self._answer_at: float | None = time.monotonic() + ANSWER_AFTER_S
        self._quiet_since: float | None = None
        self.gone = False

    def tick(self, now: float) -> None:
        """Do what has come due."""
        if self.gone:
            return
        if self._answer_at is not None:
            if now >= self._answer_at:
                self._answer_at = None
                self.answer(_code(200))
        elif self._quiet_since is None:
            self._quiet_since = now if self._voice.ended else None
        elif now - self._quiet_since >= (LAST_WORD_S if self._ends else SILENCE_S):
            self._after_silence()

    def onCallState(self, _prm: pj.OnCallStateParam) -> None:  # noqa: N802 - pjsua2's name
        """Greet a caller who is through, and note one who left."""
        state = self.getInfo().state
        if state == pj.PJSIP_INV_STATE_CONFIRMED:
            self._say(self._conversation.begin())
        self.gone = state == pj.PJSIP_INV_STATE_DISCONNECTED

    def onCallMediaState(self, _prm: pj.OnCallMediaStateParam) -> None:  # noqa: N802 - pjsua2's name
        """Connect the voice, also after a hold."""
        call = self.getInfo()  # what it contains does not outlive it
        for index, media in enumerate(call.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                self._voice.startTransmit(self.getAudioMedia(index))

    def onDtmfDigit(self, prm: pj.OnDtmfDigitParam) -> None:  # noqa: N802 - pjsua2's name
        """Obey a key, sent by RFC 4733 or SIP INFO, at its beginning; it interrupts what is being played."""
        if not self._ends:
            self._say(self._conversation.key(prm.digit))

    def _say(self, turn: Turn) -> None:
        self._quiet_since = None
        self._ends = turn.ends
        self._voice.play(joined(self._recordings, turn.lines))

    def _after_silence(self) -> None:
        self._quiet_since = None
        if self._ends:
            self.hangup(pj.CallOpParam())
        else:
            self._say(self._conversation.silence())


class ServiceNumber(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    """Takes the calls that come for the service number, from anyone."""

    def __init__(self, recordings: Recordings, conversations: Conversations) -> None:
        super().__init__()
        self._recordings = recordings
        self._conversations = conversations
        self.calls: list[IncomingCall] = []

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802 - pjsua2's name
        """Ring, if it is for us."""
        call = IncomingCall(self, prm.callId, self._recordings, self._conversations)
        self.calls.append(call)
        if _user(call.getInfo().localUri) == NUMBER:
            call.answer(_code(180))
        else:
            call.hangup(_code(404))

    def tick(self, now: float) -> None:
        """Do what has come due in every call, and forget those that are over."""
        for call in self.calls:
            call.tick(now)
        self.calls = [call for call in self.calls if not call.gone]


def _user(uri: str) -> str:
    """Return the user of a From or To: `"name" <sip:user@host>`."""
    found = re.search(r"sips?:([^@>;]+)@", uri)
    return found[1] if found else ""


def _code(status: int) -> pj.CallOpParam:
    parameters = pj.CallOpParam()
    parameters.statusCode = status
    return parameters


def open_endpoint(host: str, port: int) -> tuple[pj.Endpoint, str]:
    """
    Start SIP at *host* and *port* and return the address it is bound to.

    Everything happens in the thread that polls, but for the sound clock, so no lock is needed anywhere.
    """
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True
    config.uaConfig.maxCalls = CALLS
    config.uaConfig.userAgent = "demo IVR"
    config.medConfig.clockRate = config.medConfig.sndClockRate = RATE
    config.medConfig.audioFramePtime = 20
    config.medConfig.noVad, config.medConfig.ecTailLen = True, 0
    endpoint.libInit(config)
    endpoint.audDevManager().setNullDev()
    for priority, codec in enumerate(("PCMU/8000/1", "PCMA/8000/1"), start=200):
        endpoint.codecSetPriority(codec, priority)
    transport = pj.TransportConfig()
    transport.port, transport.boundAddress = port, host
    bound = endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    endpoint.libStart()
    return endpoint, endpoint.transportGetInfo(bound).localName


def open_account(address: str, account: ServiceNumber) -> None:
    """Make *account* the one that every call to *address* comes to."""
    config = pj.AccountConfig()
    config.idUri = f"sip:{NUMBER}@{address}"
    config.mediaConfig.transportConfig.boundAddress = address.rpartition(":")[0]
    config.mediaConfig.transportConfig.port = 0
    # Otherwise a re-INVITE follows each answer to an offer of several codecs, which simple callers abort on.
    config.mediaConfig.lockCodecEnabled = False
    account.create(config)


def serve(parent: Parent, host: str, port: int, account: ServiceNumber) -> None:
    """Answer calls until the door is gone."""
    try:
        endpoint, address = open_endpoint(host, port)
        open_account(address, account)
    except pj.Error as error:
        parent.tell({"error": error.reason})
        return
    parent.tell({"port": int(address.rpartition(":")[2])})
    while not parent.gone:
        endpoint.libHandleEvents(5 if account.calls else 20)
        account.tick(time.monotonic())
    close(endpoint, account)


def close(endpoint: pj.Endpoint, account: ServiceNumber) -> None:
    """Hang up, and give the callers a moment to answer."""
    endpoint.hangupAllCalls()
    ends_at = time.monotonic() + (GOODBYE_S if account.calls else 0)
    while time.monotonic() < ends_at:
        endpoint.libHandleEvents(20)
    account.calls.clear()
    endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)


def main() -> None:
    """Serve at the host and port given, with the database and the folder of recordings given."""
    host, port, database, folder = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the door decides when to end
    parent = Parent()
    customers = Customers(Path(database))
    account = ServiceNumber(
        load(Path(folder)), lambda caller: Conversation(national(caller), customers, fault=parent.fault)
    )
    serve(parent, host, int(port), account)
    os._exit(0)  # an interpreter that clears up after pjsua2 aborts


if __name__ == "__main__":
    main()
