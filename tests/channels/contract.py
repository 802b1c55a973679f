"""
What the contract test needs to know of a channel.

Every channel's test folder has a `contract.py` with `contract(folder)`, an asynchronous context manager that starts a
real peer on loopback and gives a `Case`. `test_contract.py` finds it by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from prober.channels.base import Driver
from prober.model.line import Line
from prober.model.scenario import Action

SECRET = "246801"


@dataclass(frozen=True)
class Case:
    """
    A channel with its peer.

    *act* succeeds on the peer, and speaks of the secret where the channel lets it; *wait* is for what then never comes.
    *broken* opens nothing, for want of something on our side.
    """

    driver: Driver
    broken: Driver
    act: Action
    wait: Action
    line: Line = field(
        default_factory=lambda: Line("demo-1", "13800000001", secrets={"service_password": SECRET}, gateway="demo")
    )
    act_deadline_s: float = 15.0


Contract = Callable[[Path], AbstractAsyncContextManager[Case]]
