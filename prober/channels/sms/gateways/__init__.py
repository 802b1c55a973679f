"""The ways to an SMSC, one file each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from prober.channels.sms.config import GatewaySettings
from prober.channels.sms.gateways.base import Gateway
from prober.channels.sms.gateways.smpp import SmppGateway

_KINDS: Mapping[str, Callable[[str, Any], Gateway]] = {
    "smpp": SmppGateway,
}


def gateway(name: str, settings: GatewaySettings) -> Gateway:
    """Return the gateway that config.yaml calls *name*, of the kind that is given there."""
    ((kind, own),) = settings.given.items()
    return _KINDS[kind](name, own)
