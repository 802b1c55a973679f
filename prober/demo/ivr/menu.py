"""What the IVR says, and where each key leads. It knows nothing of SIP or sound: names of recordings come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prober.demo.customers import Customers
from prober.demo.ivr import money

NEW_ITEM = "5GLL30"

Line = str
"""The name of a recording: a prompt, or `pieces/d8`."""


@dataclass(frozen=True)
class Node:
    """A place in the menu: what is said on arriving, what each key leads to there, and where it goes on by itself."""

    says: tuple[str, ...]
    keys: Mapping[str, str] = field(default_factory=dict)
    leads_to: str | None = None
    ends: bool = False


MENU: Mapping[str, Node] = {
    "welcome": Node(("welcome",), leads_to="main"),
    "main": Node(("main_menu",), {"1": "balance", "2": "packages", "3": "new_item", "0": "agent"}),
    "balance": Node(("balance", "{amount}", "balance_menu"), {"9": "main"}),
    "packages": Node(("packages",), {"9": "main"}),
    "new_item": Node(("new_item",), {"1": "order", "9": "main"}),
    "order": Node(("{order}",), leads_to="main"),
    "agent": Node(("agent", "goodbye"), ends=True),
    "stranger": Node(("not_customer", "goodbye"), ends=True),
    "silence": Node(("goodbye",), ends=True),
}
REPEAT = "*"
SILENCES = 2
"""So many in a row end the call."""

MISLED: Mapping[str, Mapping[str, str]] = {"wrong-prompt": {"balance": "packages"}}
"""Where a fault leads the caller instead."""
DEAD_KEYS: Mapping[str, tuple[str, str]] = {"missing-key": ("main", "1")}
"""The key that a fault takes away, and where."""
OVERSTATED_FEN: Mapping[str, int] = {"wrong-amount": 1000}
"""By how much a fault overstates the balance."""


@dataclass(frozen=True)
class Turn:
    """What is said next. *ends*: the call is over when it is said."""

    lines: tuple[Line, ...]
    ends: bool = False


class Conversation:
    """One caller's way through the menu. *fault* is the name of the one that is on at the moment."""

    def __init__(self, msisdn: str, customers: Customers) -> None:
        self._msisdn = msisdn
        self._customers = customers
        self._fault = ""
        self._at = "welcome"
        self._silences = 0

    def begin(self, fault: str = "") -> Turn:
        """Greet the caller."""
        self._fault = fault
        return self._go("welcome" if self._customers.find(self._msisdn) else "stranger")

    def key(self, key: str, fault: str = "") -> Turn:
        """Do what a key asks for."""
        self._fault = fault
        self._silences = 0
        if key == REPEAT:
            return self._go(self._at)
        dead = DEAD_KEYS.get(fault) == (self._at, key)
        target = None if dead else MENU[self._at].keys.get(key)
        return self._go(target) if target else self._again("wrong_key")

    def silence(self, fault: str = "") -> Turn:
        """Ask once more, and give up on a caller who stays silent."""
        self._fault = fault
        self._silences += 1
        return self._go("silence") if self._silences == SILENCES else self._again("no_input")

    def _again(self, why: Line) -> Turn:
        return Turn((why, *self._go(self._at).lines))

    def _go(self, name: str) -> Turn:
        name = MISLED.get(self._fault, {}).get(name, name)
        node = MENU[name]
        lines = tuple(line for what in node.says for line in self._spoken(what))
        if node.leads_to:
            return Turn(lines + self._go(node.leads_to).lines)
        self._at = name
        return Turn(lines, node.ends)

    def _spoken(self, what: str) -> tuple[Line, ...]:
        match what:
            case "{amount}":
                fen = self._customers.balance(self._msisdn) + OVERSTATED_FEN.get(self._fault, 0)
                return tuple(f"pieces/{piece}" for piece in money.pieces(fen))
            case "{order}":
                new = self._customers.order(self._msisdn, NEW_ITEM)
                return ("new_item_done" if new else "new_item_already",)
            case prompt:
                return (prompt,)
