"""
The thread that reads a bind over SMPP 3.4. The only importer of smpplib.

It stamps what arrives, answers it at once, and hands it on.
"""

from __future__ import annotations

import logging
import selectors
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from smpplib import consts
from smpplib.client import Client
from smpplib.exceptions import ConnectionError as LinkLost
from smpplib.exceptions import PDUError, UnknownCommandError
from smpplib.smpp import make_pdu

from prober.channels.sms.config import SmppSettings
from prober.channels.sms.encoding import UCS2
from prober.channels.sms.gateways import smpp_pdu
from prober.channels.sms.gateways.base import Lost, Part, Receipt
from prober.channels.sms.gateways.smpp_words import Peer
from prober.channels.timing import monotonic
from prober.errors import RobotBroken

_LOG = "prober.channels.sms.smpplib"
# smpplib logs whole PDUs, the bind's password among them: kept from every handler.
logging.getLogger(_LOG).addHandler(logging.NullHandler())
logging.getLogger(_LOG).propagate = False
logging.getLogger("smpplib").addHandler(logging.NullHandler())

_UNREADABLE = (PDUError, struct.error, LookupError, ValueError, TypeError)


@dataclass(frozen=True)
class Bound:
    """The bind came to its end: *broken* is None if the SMSC wants us."""

    broken: RobotBroken | None


@dataclass(frozen=True)
class Answer:
    """The SMSC's response to the PDU *sequence* of ours; *status* is 0 where it agreed."""

    sequence: int
    status: int
    words: str
    message_id: str
    at_s: float


Heard = Bound | Answer | Receipt | Part | Lost


class _Client(Client):  # type: ignore[misc]  # smpplib has no types
    """smpplib's client, safe to send on from two threads, without Nagle's delay (44 ms a message)."""

    def __init__(self, settings: SmppSettings) -> None:
        super().__init__(
            settings.host,
            settings.port,
            timeout=settings.connect_timeout,
            logger_name=_LOG,
            allow_unknown_opt_params=True,
        )
        self._sending = threading.RLock()

    def connect(self) -> None:
        """Connect. Raises OSError with its reason, which smpplib's own loses."""
        self._socket = socket.create_connection((self.host, self.port), timeout=self.timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.state = consts.SMPP_CLIENT_STATE_OPEN

    @property
    def socket(self) -> socket.socket:
        """The connected socket."""
        if self._socket is None:
            raise LinkLost
        return self._socket

    def next_sequence(self) -> int:
        """Return a number no other PDU of this link has, whichever thread asks."""
        with self._sending:
            return int(super().next_sequence())

    def send_pdu(self, p: Any) -> bool:
        """Send a PDU whole, whichever thread sends."""
        with self._sending:
            if self._socket is None:
                raise LinkLost
            return bool(super().send_pdu(p))

    def disconnect(self) -> None:
        """Close the socket. Safe to call twice."""
        with self._sending:
            super().disconnect()


class Wire:
    """One bind. *heard* is called in the thread: first with `Bound`, then with all that arrives, `Lost` last."""

    def __init__(
        self, settings: SmppSettings, peer: Peer, msisdn: str, heard: Callable[[Heard], None], *, receives: bool
    ) -> None:
        self._settings = settings
        self._peer = peer
        self._msisdn = msisdn
        self._heard = heard
        self._receives = receives
        self._client = _Client(settings)
        self._unwanted = False
        self._thread = threading.Thread(target=self._live, name=f"smpp {msisdn}", daemon=True)

    def start(self) -> None:
        """Connect and bind, in the thread."""
        self._thread.start()

    def pdu(self, command: str, **fields: Any) -> Any:
        """Return a new request; its `sequence` is what its answer will bear."""
        return make_pdu(command, client=self._client, **fields)

    def submit_sm(self, to: str, content: bytes, coding: str, *, has_header: bool) -> Any:
        """Return the request that submits one part."""
        return self.pdu(
            "submit_sm",
            source_addr_ton=self._settings.source_ton,
            source_addr_npi=self._settings.source_npi,
            source_addr=self._msisdn,
            dest_addr_ton=self._settings.dest_ton,
            dest_addr_npi=self._settings.dest_npi,
            destination_addr=to,
            esm_class=consts.SMPP_GSMFEAT_UDHI if has_header else consts.SMPP_MSGMODE_DEFAULT,
            data_coding=consts.SMPP_ENCODING_ISO10646 if coding == UCS2 else consts.SMPP_ENCODING_DEFAULT,
            validity_period=smpp_pdu.validity_period(self._settings.validity),
            registered_delivery=consts.SMPP_SMSC_DELIVERY_RECEIPT_BOTH
            if self._receives
            else consts.SMPP_SMSC_DELIVERY_RECEIPT_NONE,
            short_message=content,
        )

    def put(self, pdus: Sequence[Any]) -> float:
        """
        Send *pdus*, and return when the first went out. It may block: not to be called in the loop.

        Raises:
            RobotBroken: The link is gone.
        """
        at_s = monotonic()
        try:
            for pdu in pdus:
                self._client.send_pdu(pdu)
        except (LinkLost, PDUError, OSError) as exc:
            raise self._peer.gone(self._peer.lost("it takes nothing from us any more")) from exc
        return at_s

    def hang_up(self) -> None:
        """End the thread: at once where it reads, after its time-out where it still connects."""
        self._unwanted = True
        with suppress(OSError, LinkLost):
            self._client.socket.shutdown(socket.SHUT_RDWR)

    def join(self, timeout_s: float) -> None:
        """Return when the thread has ended, or the time is over."""
        self._thread.join(timeout_s)

    def _live(self) -> None:
        try:
            self._bind()
        except RobotBroken as exc:
            self._client.disconnect()
            self._heard(Bound(exc))
            return
        self._heard(Bound(None))
        lost = self._peer.lost("we left") if self._unwanted else self._read()
        self._client.disconnect()
        self._heard(lost)

    def _bind(self) -> None:
        settings = self._settings
        try:
            self._client.connect()
            bind = self._client.bind_transceiver if self._receives else self._client.bind_transmitter
            bind(
                system_id=settings.system_id,
                password=settings.password,
                system_type=settings.system_type,
                addr_ton=settings.source_ton,
                addr_npi=settings.source_npi,
                address_range=self._msisdn,
            )
        except OSError as exc:
            raise self._peer.unreachable(exc.strerror or str(exc)) from exc
        except LinkLost as exc:
            raise self._peer.unreachable("it did not answer the bind") from exc
        except (*_UNREADABLE, UnknownCommandError) as exc:
            status = exc.args[1] if isinstance(exc, PDUError) and len(exc.args) > 1 else None
            raise self._peer.bind_refused(_words(status), self._msisdn) from exc

    def _read(self) -> Lost:
        """Read until the link ends, and return why."""
        lost, asked = None, False
        with selectors.DefaultSelector() as arrivals:
            arrivals.register(self._client.socket, selectors.EVENT_READ)
            while lost is None:
                try:
                    if arrivals.select(self._settings.enquire_link):
                        lost, asked = self._take(monotonic()), False
                    elif asked:
                        lost = self._peer.lost(f"it was silent for {2 * self._settings.enquire_link:g} s")
                    else:
                        self._client.send_pdu(self.pdu("enquire_link"))
                        asked = True
                except (LinkLost, OSError):
                    lost = self._peer.lost("it closed the connection")
                except _UNREADABLE as exc:
                    lost = self._peer.lost(f"it sent what cannot be read ({type(exc).__name__}: {exc})")
        return lost

    def _take(self, at_s: float) -> Lost | None:
        try:
            pdu = self._client.read_pdu()
        except UnknownCommandError:
            return None
        match pdu.command:
            case "deliver_sm":
                event = smpp_pdu.read(pdu, at_s)
                # Only what could be read is acknowledged: the rest the SMSC delivers again.
                self._respond(pdu)
                self._heard(event)
            case "enquire_link":
                self._respond(pdu)
            case "unbind":
                self._respond(pdu)
                return self._peer.lost("it ended the bind")
            case "unbind_resp":
                return self._peer.lost("we left")
            case _:
                message_id = smpp_pdu.text(getattr(pdu, "message_id", None))
                self._heard(Answer(pdu.sequence, pdu.status, _words(pdu.status), message_id, at_s))
        return None

    def _respond(self, request: Any) -> None:
        response = self.pdu(f"{request.command}_resp")
        response.sequence = request.sequence
        self._client.send_pdu(response)


def _words(status: int | None) -> str:
    if status is None:
        return "it answered what cannot be read"
    return str(consts.DESCRIPTIONS.get(status, "a reason of its own")) + f" ({status:#04x})"
