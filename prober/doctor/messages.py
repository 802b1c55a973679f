"""The way to the SMS centre: whether it wants us."""

from __future__ import annotations

import asyncio
import struct

from prober.channels.sms.config import SmppSettings
from prober.doctor.finding import Finding, Patient, broken, good, warning

_BIND_TRANSMITTER, _UNBIND = 0x02, 0x06
_VERSION = 0x34
_ALREADY, _SYSTEM_ID, _PASSWORD = 0x05, 0x0F, 0x0E
_WORDS = {
    _SYSTEM_ID: "it does not know the system_id",
    _PASSWORD: "the password is wrong",
    0x0D: "it refuses the bind",
    0x04: "it does not let this account bind so",
}


async def gateways(patient: Patient) -> list[Finding]:
    """
    Bind to each gateway, as a transmitter: one is sent no messages, so that none is taken from a run.

    Source: SMPP 3.4, 4.1.1.
    """
    named = patient.channels["sms"].gateways
    if not named:
        cure = "Add one at channels.sms.gateways, and name it as the lines' gateway."
        return [broken("no SMS gateway is set up", cure)]
    return [await bound(name, one.smpp) for name, one in named.items() if one.smpp is not None]


async def bound(name: str, settings: SmppSettings) -> Finding:
    """Bind to the gateway *name* as a transmitter, and say what it thinks of that."""
    where = f"the SMS gateway ‘{name}’ ({settings.host}:{settings.port})"
    keys = f"channels.sms.gateways.{name}.smpp in config.yaml"
    try:
        async with asyncio.timeout(settings.connect_timeout):
            status = await _bind(settings)
    except TimeoutError:
        return broken(f"{where} does not answer", f"Check host and port ({keys}), and the firewall.")
    except (OSError, asyncio.IncompleteReadError, struct.error) as exc:
        why = getattr(exc, "strerror", None) or "it hung up"
        cure = f"Check host and port ({keys}), and that the SMSC runs and lets this machine in."
        return broken(f"{where} is not to be reached: {why}", cure)
    if status == _ALREADY:
        return warning(f"{where} says that this account is bound already", "Nothing, if the robot is at work there.")
    if status:
        why = _WORDS.get(status, "it refuses")
        cure = f"Check system_id, password and system_type ({keys}); ask the SMSC to let it bind as transmitter."
        return broken(f"{where}: {why} (status {status:#04x})", cure)
    return good(f"{where} takes our bind")


async def _bind(settings: SmppSettings) -> int:
    """Return the status that the bind was answered with."""
    reader, writer = await asyncio.open_connection(settings.host, settings.port)
    try:
        texts = (settings.system_id, settings.password, settings.system_type)
        body = b"".join(text.encode() + b"\0" for text in texts)
        body += bytes((_VERSION, settings.source_ton, settings.source_npi)) + b"\0"
        _put(writer, _BIND_TRANSMITTER, 1, body)
        length, _, status, _ = struct.unpack(">IIII", await reader.readexactly(16))
        await reader.readexactly(length - 16)
        _put(writer, _UNBIND, 2)
        await writer.drain()
        return int(status)
    finally:
        writer.close()


def _put(writer: asyncio.StreamWriter, command: int, sequence: int, body: bytes = b"") -> None:
    writer.write(struct.pack(">IIII", 16 + len(body), command, 0, sequence) + body)
