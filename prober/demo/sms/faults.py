"""What the SMS centre's faults make of a bind, of a submit and of a reply."""

from __future__ import annotations

from prober.demo.faults import Fault
from prober.demo.sms.pdu import Refused, ShortMessage, Status

BUSY = "尊敬的客户，系统繁忙，请稍后再试。"
_BINDS = {"bind-refused": Status.RBINDFAIL, "wrong-password": Status.RINVPASWD}
_SUBMITS = {"throttled": Status.RTHROTTLED, "destination-refused": Status.RINVDSTADR}


def name_of(fault: Fault | None) -> str:
    """Return the name of a fault, nothing of none."""
    return fault.name if fault else ""


def admit(fault: Fault | None) -> None:
    """Raise Refused if no bind is taken."""
    if status := _BINDS.get(name_of(fault)):
        raise Refused(status)


def accept(fault: Fault | None) -> None:
    """Raise Refused if no message is taken."""
    if status := _SUBMITS.get(name_of(fault)):
        raise Refused(status)


def arranged(fault: Fault | None, parts: list[ShortMessage]) -> list[ShortMessage]:
    """Return the parts of a reply as they are sent."""
    match name_of(fault):
        case "lost":
            return []
        case "duplicated":
            return parts * 2
        case "out-of-order":
            return parts[::-1]
    return parts
