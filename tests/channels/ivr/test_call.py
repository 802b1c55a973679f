"""What is kept of a call's messages."""

from __future__ import annotations

from prober.channels.ivr.call import Call
from prober.channels.ivr.messages import SipMessage


def info(at_s: float, cseq: int, key: str) -> SipMessage:
    head = f"INFO sip:10086@a SIP/2.0\r\nCSeq: {cseq} INFO\r\n\r\n"
    return SipMessage(at_s, sent=True, peer="UDP 10.0.0.5:5060", text=f"{head}Signal={key}\r\nDuration=160\r\n")


def test_a_secret_key_that_is_sent_again_stays_secret():
    """However late an unanswered INFO is repeated; a key of a later step in between can be read."""
    call = Call("10086", secret_s=[(10.0, 12.5)])
    for message in (info(9.0, 3, "7"), info(10.1, 4, "2"), info(14.1, 4, "2"), info(20.0, 5, "8"), info(42.0, 4, "2")):
        call.take(message)
    told = [
        note.text.partition("\r\n\r\n")[2].split("\r\n")[0] for note in call.notes() if isinstance(note, SipMessage)
    ]
    assert told == ["Signal=7", "Signal=•••", "Signal=•••", "Signal=8", "Signal=•••"]
