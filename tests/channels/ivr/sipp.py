"""Scenarios for SIPp as a far end, put together from its moves."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

ALAW = "8 PCMA"
"""A payload type and its codec."""
KEYS = "a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16"
_ANSWERED = "[last_Via:]\n[last_From:]\n[last_To:]{tag}\n[last_Call-ID:]\n[last_CSeq:]\n[last_Record-Route:]"
_OWN_TAG = ";tag=[pid]SIPpTag[call_number]"
_CONTACT = "Contact: <sip:far@[local_ip]:[local_port];transport=[transport]>"


def scenario(*moves: str) -> str:
    """Return the whole scenario."""
    named = '<Reference variables="From,To,Contact,CSeq"/>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="far end">\n{"".join(moves)}{named}\n</scenario>\n'


def invited(*, checks: str = "") -> str:
    """Wait for an INVITE, and remember who called."""
    known = "".join(
        f'<ereg regexp={quoteattr(regexp)} search_in="hdr" header="{name}:" check_it="true" assign_to="{name}"/>'
        for name, regexp in (("From", ".+"), ("To", ".+"), ("Contact", "sip:[^>;]+"), ("CSeq", "[0-9]+"))
    )
    return f'<recv request="INVITE" rrs="true"><action>{known}{checks}</action></recv>\n'


def comes(what: str, *, limit_s: float = 15.0, optional: bool = False) -> str:
    """Wait for a request, or for the answer (a code) to one of ours."""
    kind = "response" if what.isdigit() else "request"
    may = ' optional="true"' if optional else ""
    return f'<recv {kind}="{what}" timeout="{round(limit_s * 1000)}"{may}/>\n'


def pause(seconds: float) -> str:
    """Do nothing."""
    return f'<pause milliseconds="{round(seconds * 1000)}"/>\n'


def sound(
    codec: str = ALAW, *, direction: str = "sendrecv", port: str = "[rtpstream_audio_port]", version: int = 1
) -> str:
    """Return a description of the sound, of one codec."""
    payload, _, name = codec.partition(" ")
    return (
        f"v=0\no=far 7 {version} IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\n"
        f"m=audio {port} RTP/AVP {payload} 101\na=rtpmap:{payload} {name}/8000\n{KEYS}\na={direction}\n"
    )


def answer(status: str, *headers: str, body: str = "", tagged: bool = True) -> str:
    """Answer the request that came last. *tagged*: a request outside a dialogue, to which the far end adds its tag."""
    kept = _ANSWERED.format(tag=_OWN_TAG if tagged else "")
    here = [] if any(one.startswith("Contact:") for one in headers) else [_CONTACT]
    return _send([f"SIP/2.0 {status}", kept, *here, *headers], body, again=not status.startswith("1"))


def ask(method: str, number: int, *headers: str, body: str = "") -> str:
    """Send a request within the call; *number* is its CSeq."""
    lines = [
        f"{method} [$Contact] SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        f"From:[$To]{_OWN_TAG}",
        "To:[$From]",
        "[last_Call-ID:]",
        f"CSeq: {number} {method}",
        _CONTACT,
        "Max-Forwards: 70",
        *headers,
    ]
    return _send(lines, body, again=method != "ACK")


def raw(text: str) -> str:
    """Send that, be it SIP or not."""
    return f"<send><![CDATA[\n{text}\n]]></send>\n"


def _send(lines: list[str], body: str, *, again: bool) -> str:
    kind = ["Content-Type: application/sdp"] if body else []
    text = "\n".join([*lines, *kind, "Content-Length: [len]"])
    may_come_again = ' retrans="500"' if again else ""
    return f"<send{may_come_again}><![CDATA[\n{text}\n\n{body}\n]]></send>\n"


def plays(recording: Path, *, loops: int = 1) -> str:
    """Send a recording (A-law without a header) as RTP; -1 loops go on till the end."""
    return f'<nop><action><exec rtp_stream="{recording},{loops},8,PCMA/8000"/></action></nop>\n'


FALLS_SILENT = '<nop><action><exec rtp_stream="pause"/></action></nop>\n'
"""Send no RTP any more."""


def answered(recording: Path | None = None, *, loops: int = -1) -> str:
    """Take the call with 200 OK, and send a recording if there is one."""
    taken = invited() + answer("200 OK", body=sound()) + comes("ACK")
    return taken if recording is None else taken + plays(recording, loops=loops)


def is_ended() -> str:
    """Wait for the BYE, and agree."""
    return comes("BYE", limit_s=30.0) + answer("200 OK", tagged=False).replace(' retrans="500"', "")


def hangs_up(number: int = 1, *headers: str) -> str:
    """End the call, and wait for the caller to agree."""
    return ask("BYE", number, *headers) + comes("200")


def is_cancelled(*, by: str = "487 Request Terminated", body: str = "") -> str:
    """Wait for the CANCEL and agree; then answer the INVITE itself *by* that."""
    agreed = answer("200 OK").replace(' retrans="500"', "")
    return comes("CANCEL", limit_s=20.0) + agreed + invite_answered(by, body=body) + comes("ACK")


def invite_answered(status: str, *, body: str = "") -> str:
    """Answer the INVITE when another request has come since."""
    return answer(status, body=body).replace("[last_CSeq:]", "CSeq: [$CSeq] INVITE")


def knows(user: str, password: str) -> str:
    """Check whether who calls answers the challenge with that password."""
    return f'<verifyauth assign_to="known" username="{user}" password="{password}"/>'


def if_known(moves: str, otherwise: str) -> str:
    """Make *moves* where they do."""
    return (
        f'<nop test="known" next="known"/>\n{otherwise}<nop next="over"/>\n'
        f'<label id="known"/>\n{moves}<label id="over"/>\n<nop/>\n'
    )


def sends_on(target: str, *, notices: int = 2) -> str:
    """Ask the caller (REFER) to go on at *target*, and be told how that goes."""
    told = comes("NOTIFY") + answer("200 OK", tagged=False).replace(' retrans="500"', "")
    return ask("REFER", 1, f"Refer-To: <{target}>") + comes("202") + told * notices


def describes_anew(number: int, body: str) -> str:
    """Say within the call where and how its sound goes from now on."""
    return ask("INVITE", number, body=body) + comes("200") + ask("ACK", number)
