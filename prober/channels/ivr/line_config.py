"""How a line process sets pjsua2 up, and what it says when that fails."""

from __future__ import annotations

import ctypes
import random
import ssl
from collections.abc import Sequence
from typing import Any

import pjsua2 as pj

from prober.channels.ivr import messages
from prober.channels.ivr.addressing import by
from prober.channels.ivr.commands import Customer, ServerSetup, Srtp

BUFFER_MS = 2000
"""What the jitter buffer can hold while the machine stands still. Its depth costs no truth: packets date the frames."""
MOST_CALLS = 4
"""What the library is built for."""
_DISCARD_NONE = 0
RETRY_S = 10
"""How long after a registration failed it is tried again."""
SYSTEM_CA = ssl.get_default_verify_paths().cafile or ""
_TRANSPORTS = {"udp": pj.PJSIP_TRANSPORT_UDP, "tcp": pj.PJSIP_TRANSPORT_TCP, "tls": pj.PJSIP_TRANSPORT_TLS}
_SRTP = {
    Srtp.OFF: pj.PJMEDIA_SRTP_DISABLED,
    Srtp.OPTIONAL: pj.PJMEDIA_SRTP_OPTIONAL,
    Srtp.REQUIRED: pj.PJMEDIA_SRTP_MANDATORY,
}


def endpoint(log: pj.LogWriter) -> Any:
    """Return the settings of an endpoint that one thread polls, and that tells *log* of every SIP message."""
    config = pj.EpConfig()
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.uaConfig.maxCalls = MOST_CALLS
    media = config.medConfig
    media.clockRate = media.sndClockRate = 8000
    media.audioFramePtime = 20
    media.noVad = True
    media.ecTailLen = 0
    media.threadCnt = 1
    media.hasIoqueue = True
    media.jbInit = media.jbMinPre = media.jbMaxPre = 0
    media.jbMax = BUFFER_MS
    _discard_nothing(media)
    # pjsip logs nothing at all to the writer above consoleLevel; with a writer nothing reaches the console.
    config.logConfig.level = config.logConfig.consoleLevel = 4
    config.logConfig.msgLogging = 1
    config.logConfig.decor = 0
    config.logConfig.writer = log
    return config


def _discard_nothing(media: Any) -> None:
    """
    Keep the jitter buffer from dropping frames to catch up after a stall: the ear needs what was said, not when.

    pjsua2 2.15 wraps the enumeration as a bare pointer, so its value is written through it; 2.17 as a number.
    """
    algorithm = media.jbDiscardAlgo
    if isinstance(algorithm, int):
        media.jbDiscardAlgo = _DISCARD_NONE
        return
    ctypes.c_int.from_address(int(algorithm)).value = _DISCARD_NONE
    media.jbDiscardAlgo = algorithm
    algorithm.disown()


def account(server: ServerSetup, customer: Customer, address: str) -> Any:
    """Return the settings of the customer that calls, with RTP at *address*."""
    config = pj.AccountConfig()
    config.idUri = f"sip:{customer.caller or customer.user}@{server.from_domain or server.host}"
    if customer.registrar:
        _register(config.regConfig, f"sip:{customer.registrar}{by(server)}", customer.expires_s)
    if customer.proxy:
        config.sipConfig.proxies.append(f"sip:{customer.proxy};lr{by(server)}")
    # Else a second INVITE follows the ACK wherever the answer lists more than one codec, and fragile IVRs hang up.
    config.mediaConfig.lockCodecEnabled = False
    config.mediaConfig.srtpUse = _SRTP[server.srtp]
    config.mediaConfig.srtpSecureSignaling = 0  # whether the keys travel in the open is the operator's to decide
    first, last = server.rtp_ports
    ports = config.mediaConfig.transportConfig
    ports.port = random.randrange(first, last - 6, 2)  # noqa: S311  # spreads processes over the ports, no secret
    ports.portRange = last - ports.port
    ports.boundAddress = address
    if customer.password:
        config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", customer.user, 0, customer.password))
    return config


def _register(how: Any, registrar: str, expires_s: float) -> None:
    how.registrarUri = registrar
    how.timeoutSec = round(expires_s)
    how.firstRetryIntervalSec, how.retryIntervalSec, how.randomRetryIntervalSec = 2, RETRY_S, 0
    how.registerOnAdd = True


def transport(server: ServerSetup, address: str) -> tuple[int, Any]:
    """Return the kind and the settings of the SIP transport that is bound to *address*."""
    config = pj.TransportConfig()
    config.boundAddress = address
    tls = server.tls
    how = config.tlsConfig
    how.CaListFile, how.certFile, how.privKeyFile = tls.ca or SYSTEM_CA, tls.certificate, tls.key
    how.verifyServer, how.msecTimeout = tls.verify, 5000
    return _TRANSPORTS[server.transport], config


def choose_codecs(of: pj.Endpoint, names: Sequence[str]) -> None:
    """Have *names* offered, the first one first, and no other codec."""
    for codec in of.codecEnum2():
        name = codec.codecId.partition("/")[0]
        wanted = name in names and "/8000/" in codec.codecId
        of.codecSetPriority(codec.codecId, 250 - names.index(name) if wanted else 0)
        if wanted:
            _conceal_nothing(of, codec.codecId)


def _conceal_nothing(of: pj.Endpoint, codec: str) -> None:
    """Have a frame that did not come in time played as digital silence, which the ear can leave out."""
    how = of.codecGetParam(codec)
    how.setting.plc = False
    of.codecSetParam(codec, how)


def invitation(headers: Sequence[tuple[str, str]]) -> Any:
    """Return what an INVITE is sent with."""
    asked = pj.CallOpParam(True)
    for name, value in headers:
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        asked.txOption.headers.append(header)
    return asked


def cannot_start(exc: Exception, server: ServerSetup) -> messages.Broken:
    """Return why the endpoint could not be opened, and what to do."""
    reason = exc.reason if isinstance(exc, pj.Error) else str(exc)
    where = f"{server.host}:{server.port}"
    if isinstance(exc, OSError):
        return messages.Broken(
            f"there is no way from this machine to the SIP server {where}: {reason}",
            "Check channels.ivr.server in config.yaml, the name service and the network.",
        )
    return messages.Broken(
        f"the line process could not open its SIP port ({server.transport}) towards {where}: {reason}",
        "Look for another program on the port, and check channels.ivr in config.yaml.",
    )
