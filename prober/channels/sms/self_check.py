"""Whether the robot's own side of an SMS link works, tried on a reference SMSC."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from prober.channels.sms.arrivals import Arrivals
from prober.channels.sms.config import SmppSettings
from prober.channels.sms.gateways.base import Accepted
from prober.channels.sms.gateways.smpp import SmppGateway, SmppLink
from prober.channels.sms.inbox import Inbox
from prober.channels.sms.reassembly import Message
from prober.channels.sms.reference import REPLY, ReferenceSmsc
from prober.channels.timing import monotonic
from prober.errors import RobotBroken

_T = TypeVar("_T")
_SERVICE, _MSISDN = "10086", "13800000000"
_WAIT_S = 2.0
_CURE = "Run less on this machine, look at its memory and open files, and see whether it lets programs use 127.0.0.1."


async def self_check() -> str:
    """
    Bind, submit, get the receipt and a reply in two parts, on loopback, and say so in words.

    Raises:
        RobotBroken: One of these does not work.
    """
    began_s = monotonic()
    smsc = ReferenceSmsc()
    try:
        port = await smsc.start()
    except OSError as exc:
        raise _broken(f"no port can be opened ({exc.strerror or exc})") from exc
    try:
        reply = await _exchange(port)
    except RobotBroken as broken:
        raise _broken(broken.what) from broken
    finally:
        await smsc.close()
    if reply.text != REPLY:
        raise _broken(f"the reply came as «{reply.text}», and was sent as «{REPLY}»")
    parts = len(reply.parts_at_s)
    took = f"{monotonic() - began_s:.2f} s"
    return f"a reference SMSC on loopback took a message, and its receipt and reply in {parts} parts came ({took})"


async def _exchange(port: int) -> Message:
    arrivals = Arrivals(Inbox({}))
    settings = SmppSettings.model_validate(
        {"host": "127.0.0.1", "port": port, "system_id": "self-check", "connect_timeout": f"{_WAIT_S}s"}
    )
    link = await SmppGateway("self-check", settings).open(_MSISDN, arrivals.deliver)
    try:
        await link.settle()
        ids = await _accepted(link)
        began_s = monotonic()
        await _came(arrivals, lambda: arrivals.verdict(ids, since_s=0), began_s, "receipt")
        return await _came(arrivals, lambda: next(iter(arrivals.inbox.fates), None), began_s, "whole reply")
    finally:
        await link.close()


async def _accepted(link: SmppLink) -> Sequence[str]:
    answer = await link.send(_SERVICE, "CXYE", _WAIT_S)
    if not isinstance(answer, Accepted):
        raise RobotBroken(f"the submit was not accepted in {_WAIT_S:g} s", cure=_CURE)
    return answer.message_ids


async def _came(arrivals: Arrivals, look: Callable[[], _T | None], began_s: float, what: str) -> _T:
    found = await arrivals.until(look, began_s + _WAIT_S)
    if found is None:
        raise RobotBroken(f"no {what} came in {_WAIT_S:g} s", cure=_CURE)
    return found


def _broken(words: str) -> RobotBroken:
    return RobotBroken(f"a message to a reference SMSC on loopback does not work either: {words}", cure=_CURE)
