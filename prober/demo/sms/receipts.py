"""Delivery receipts. Source: SMPP v3.4, appendix B and 5.3.2.35."""

from __future__ import annotations

from datetime import UTC, datetime

from prober.demo.sms.pdu import ShortMessage, Tag, cstring

_IS_RECEIPT = 0x04  # esm_class
_WANTED = 0x03  # of registered_delivery
_ALWAYS, _OF_FAILURES = 1, 2
_ABSENT_SUBSCRIBER = 27  # 3GPP TS 29.002, MAP error
_GSM = 3  # the network that the error is of


def wanted(message: ShortMessage, *, delivered: bool) -> bool:
    """Tell if the sender asked for a receipt that says this."""
    return message.registered_delivery & _WANTED in ({_ALWAYS} if delivered else {_ALWAYS, _OF_FAILURES})


def receipt(message: ShortMessage, message_id: str, *, delivered: bool) -> ShortMessage:
    """Return the receipt of a message, to its sender: DELIVRD, or UNDELIV because the subscriber is absent."""
    minute = f"{datetime.now(UTC).astimezone():%y%m%d%H%M}"
    state, error = ("DELIVRD", 0) if delivered else ("UNDELIV", _ABSENT_SUBSCRIBER)
    text = (
        f"id:{message_id} sub:001 dlvrd:{delivered:03d} submit date:{minute} done date:{minute} "
        f"stat:{state} err:{error:03d} text:"
    )
    tlvs: dict[int, bytes] = {
        Tag.RECEIPTED_MESSAGE_ID: cstring(message_id),
        Tag.MESSAGE_STATE: b"\x02" if delivered else b"\x05",
    }
    if error:
        tlvs[Tag.NETWORK_ERROR_CODE] = bytes((_GSM, 0, error))
    return ShortMessage(message.destination, message.source, text.encode("ascii"), esm_class=_IS_RECEIPT, tlvs=tlvs)
