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
from dataclasses import dataclass
from pathlib import Path

import pjsua2 as pj

from prober.demo.customers import Customers, national
from prober.demo.faults import Fault
from prober.demo.ivr import wire
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

NO_FAULT = Fault("")
CUT_OFF = 'Q.850;cause=41;text="Temporary failure"'


@dataclass(frozen=True)
class House:
    """What every call needs: the recordings, a caller's way through the menu, and the fault that is on now."""

    recordings: Recordings
    conversation: Callable[[str], Conversation]
    fault: Callable[[], Fault]


class Voice(pj.AudioMediaPort):  # type: ignore[misc]  # pjsua2 has no types
    """
    Plays into a call whatever it was last told to, from the next 20 ms tick on.

    It outlives the call and serves the next one: the sound clock may still be asking one that is thrown away, and that
    takes the process down.
    """

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

    def __init__(self, account: pj.Account, call_id: int, house: House, voice: Voice) -> None:
        super().__init__(account, call_id)
        self.voice = voice
        self._house = house
        self._fault = house.fault()
        self._conversation = house.conversation(_user(self.getInfo().remoteUri))
        self._ends = False
        self._answer_at: float | None = None
        self._end_at: float | None = None
        self._through = False
        self._quiet_since: float | None = None
        self.gone = False

    def take(self) -> None:
        """Ring, if it is for us and nothing is wrong."""
        refused = _refusal(self._fault) if _user(self.getInfo().localUri) == NUMBER else 404
        if refused:
            self.hangup(_code(refused))
            return
        self.answer(_code(180))
        if self._fault.name != "no-answer":
            self._answer_at = time.monotonic() + ANSWER_AFTER_S

    def tick(self, now: float) -> None:
        """Do what has come due, unless the caller has just left."""
        if self.gone:
            return
        try:
            self._do_due(now)
        except pj.Error:
            self.gone = True

    def _do_due(self, now: float) -> None:
        if self._answer_at is not None and now >= self._answer_at:
            self._answer_at = None
            self.answer(_code(200))
        elif self._end_at is not None and now >= self._end_at:
            self._end_at = None
            self.hangup(_because(CUT_OFF))
        elif self._through:
            self._wait(now)

    def _wait(self, now: float) -> None:
        if self._quiet_since is None:
            self._quiet_since = now if self.voice.ended else None
        elif now - self._quiet_since >= (LAST_WORD_S if self._ends else SILENCE_S):
            self._after_silence()

    def onCallState(self, _prm: pj.OnCallStateParam) -> None:  # noqa: N802 - pjsua2's name
        """Greet a caller who is through, and note one who left."""
        state = self.getInfo().state
        if state == pj.PJSIP_INV_STATE_CONFIRMED:
            self._through = True
            fault = self._house.fault()
            self._say(self._conversation.begin(fault.name), fault)
        self.gone = state == pj.PJSIP_INV_STATE_DISCONNECTED

    def onCreateMediaTransport(self, prm: pj.OnCreateMediaTransportParam) -> None:  # noqa: N802 - pjsua2's name
        """Lose what the caller is not to hear."""
        if self._fault.name == "no-audio":
            wire.lose(int(prm.mediaTp), 100)
        elif self._fault.name == "packet-loss":
            wire.lose(int(prm.mediaTp), self._fault.arguments["percent"])

    def onCallMediaState(self, _prm: pj.OnCallMediaStateParam) -> None:  # noqa: N802 - pjsua2's name
        """Connect the voice, also after a hold."""
        call = self.getInfo()  # what it contains does not outlive it
        for index, media in enumerate(call.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                self.voice.startTransmit(self.getAudioMedia(index))
                if self._fault.name == "one-way":
                    transport = self.getMedTransportInfo(index)
                    wire.deafen(transport.localRtpName, transport.localRtcpName)

    def onDtmfDigit(self, prm: pj.OnDtmfDigitParam) -> None:  # noqa: N802 - pjsua2's name
        """Obey a key, sent by RFC 4733 or SIP INFO, at its beginning; it interrupts what is being played."""
        if self._ends:
            return
        fault = self._house.fault()
        if fault.name == "cut-off" and self._end_at is None:
            self._end_at = time.monotonic() + fault.arguments["seconds"]
        self._say(self._conversation.key(prm.digit, fault.name), fault)

    def _say(self, turn: Turn, fault: Fault) -> None:
        self._quiet_since = None
        self._ends = turn.ends
        late_s = fault.arguments["seconds"] if fault.name == "slow" else 0.0
        self.voice.play(joined(self._house.recordings, turn.lines, late_s=late_s))

    def _after_silence(self) -> None:
        self._quiet_since = None
        if self._ends:
            self.hangup(pj.CallOpParam())
        else:
            fault = self._house.fault()
            self._say(self._conversation.silence(fault.name), fault)


class ServiceNumber(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    """Takes the calls that come for the service number, from anyone."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house
        self._voices: list[Voice] = []
        self.calls: list[IncomingCall] = []

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802 - pjsua2's name
        """Take the call, or refuse it."""
        voice = self._voices.pop() if self._voices else Voice()
        call = IncomingCall(self, prm.callId, self._house, voice)
        self.calls.append(call)
        call.take()

    def tick(self, now: float) -> None:
        """Do what has come due in every call, and forget those that are over."""
        for call in self.calls:
            call.tick(now)
            if call.gone:
                call.voice.play(NOTHING)
                self._voices.append(call.voice)
        self.calls = [call for call in self.calls if not call.gone]

    def forget(self) -> None:
        """Drop every call and voice; the library is about to go."""
        self.calls.clear()
        self._voices.clear()


def _user(uri: str) -> str:
    """Return the user of a From or To: `"name" <sip:user@host>`."""
    found = re.search(r"sips?:([^@>;]+)@", uri)
    return found[1] if found else ""


def _code(status: int) -> pj.CallOpParam:
    parameters = pj.CallOpParam()
    parameters.statusCode = status
    return parameters


def _because(reason: str) -> pj.CallOpParam:
    header = pj.SipHeader()
    header.hName, header.hValue = "Reason", reason
    parameters = pj.CallOpParam()
    parameters.txOption.headers.append(header)
    return parameters


def _refusal(fault: Fault) -> int | None:
    """Return the SIP code that refuses a call under this fault; None if it is taken."""
    match fault.name:
        case "busy":
            return 486
        case "reject":
            return min(max(round(fault.arguments["code"]), 400), 699)
    return None


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
    account.forget()
    endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)


def main() -> None:
    """Serve at the host and port given, with the database and the folder of recordings given."""
    host, port, database, folder = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the door decides when to end
    parent = Parent()
    customers = Customers(Path(database))
    house = House(
        load(Path(folder)),
        lambda caller: Conversation(national(caller), customers),
        lambda: parent.fault() or NO_FAULT,
    )
    serve(parent, host, int(port), ServiceNumber(house))
    os._exit(0)  # an interpreter that clears up after pjsua2 aborts


if __name__ == "__main__":
    main()
