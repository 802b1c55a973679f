"""What the self-check and the process it calls tell each other at the start."""

from __future__ import annotations

from dataclasses import dataclass, field

from prober.channels.ivr.commands import Customer, ServerSetup
from prober.channels.ivr.messages import Ready


@dataclass(frozen=True)
class ReferenceSetup:
    """
    What a reference line is started with: whom it takes calls as, and the *prompt* it plays after each key.

    *prompt* is 16-bit PCM, 8000 samples a second. *lose_sent* and *lose_received* are the share of its RTP packets, in
    per cent, that are lost on purpose, so that it can be seen that the check notices.
    """

    server: ServerSetup
    customer: Customer
    prompt: bytes = field(repr=False)
    lose_sent: int = 0
    lose_received: int = 0


@dataclass(frozen=True)
class ReferenceReady(Ready):
    """The reference line can be called at the SIP port *port*."""

    port: int
