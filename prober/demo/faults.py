"""The faults that can be switched on at each door, so that a prober can be seen to find them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

DOORS = ("ivr", "web", "sms")


@dataclass(frozen=True)
class Fault:
    """A fault that is on. *arguments* are the known fault's own, defaults filled in."""

    name: str
    arguments: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class KnownFault:
    """
    What a door can be made to do wrong. *defaults* names the arguments it takes.

    *choices* are the values of an argument that mean the same to a customer; a random script takes any of them.
    """

    name: str
    sentence: str
    defaults: Mapping[str, float] = field(default_factory=dict)
    choices: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def told(self, arguments: Mapping[str, float]) -> str:
        """Return the sentence with the arguments filled in: Every page comes 3 seconds late."""
        sentence = self.sentence
        for name, value in arguments.items():
            sentence = sentence.replace(f"`{name}`", f"{value:g}{_UNITS.get(name, '')}")
        return sentence


_UNITS = {"seconds": " seconds", "percent": " %"}
_BOUNDS = {"seconds": (0, 86_400), "percent": (0, 100), "code": (400, 699)}

KNOWN: Mapping[str, tuple[KnownFault, ...]] = {
    "ivr": (
        KnownFault("slow", "Whatever is to be said begins `seconds` late.", {"seconds": 3.0}),
        KnownFault("busy", "Calls are refused with 486 Busy Here."),
        KnownFault(
            "reject",
            "Calls are refused with SIP `code`.",
            {"code": 503.0},
            {"code": (404.0, 480.0, 500.0, 503.0, 603.0)},
        ),
        KnownFault("no-answer", "The telephone rings, and nobody answers."),
        KnownFault("one-way", "The caller hears the IVR, but no sound or key of the caller's arrives there."),
        KnownFault("no-audio", "Calls are answered, and nothing is heard: no RTP packet is sent."),
        KnownFault("wrong-prompt", "After key 1 the packages prompt is played instead of the balance."),
        KnownFault("missing-key", "Key 1 of the main menu leads nowhere: the wrong-key prompt is played."),
        KnownFault("cut-off", "The call is ended `seconds` after a key was pressed.", {"seconds": 1.0}),
        KnownFault("packet-loss", "`percent` of the RTP packets to the caller are lost.", {"percent": 30.0}),
        KnownFault("wrong-amount", "The balance that is read out is 10.00 yuan more than the true one."),
    ),
    "web": (
        KnownFault("error-500", "Every page but the login page answers 500."),
        KnownFault("slow", "Every page comes `seconds` late.", {"seconds": 3.0}),
        KnownFault("missing-button", "The buttons that order or cancel a package are not there."),
        KnownFault("wrong-text", "The new item's page names a price 10.00 yuan above the true one."),
        KnownFault("wrong-balance", "The balance shown is 10.00 yuan more than the true one."),
        KnownFault("expired-session", "A customer who has logged in is sent back to the login page."),
        KnownFault("script-error", "The page's own script throws before it shows what the page is for."),
        KnownFault("endless-redirect", "Every page but the login page redirects to itself."),
    ),
    "sms": (
        KnownFault("lost", "Replies never come."),
        KnownFault("late-reply", "Replies come `seconds` late.", {"seconds": 20.0}),
        KnownFault("duplicated", "Every reply comes twice."),
        KnownFault("wrong-text", "Replies say that the system is busy."),
        KnownFault("out-of-order", "The parts of a long reply come in the wrong order."),
        KnownFault("receipt-failed", "Receipts say that the message was not delivered, and nothing is answered."),
        KnownFault("bind-refused", "Binds are refused; those that stand already stay."),
        KnownFault("wrong-password", "Binds are refused: the password is wrong."),
        KnownFault("throttled", "Messages are refused: too many of them."),
        KnownFault("destination-refused", "Messages are refused: there is no such number."),
    ),
}


class UnknownFault(ValueError):
    """No door has such a fault; the message lists the ones there are."""

    def __init__(self, what: str) -> None:
        known = ", ".join(f"{door}={fault.name}" for door in DOORS for fault in KNOWN[door])
        super().__init__(f"{what}. Known faults: {known}")


Watcher = Callable[[str, Fault | None, Fault | None], None]
"""Is told the door, the fault that was on and the one that is on now; None where the door works as it should."""


class Faults:
    """The faults that are on now, one a door at most. All doors share one object."""

    def __init__(self) -> None:
        self._active: dict[str, Fault] = {}
        self._watchers: list[Watcher] = []

    def active(self, door: str) -> Fault | None:
        """Return the fault that is on at a door, None if it works as it should."""
        return self._active.get(door)

    def watch(self, watcher: Watcher) -> None:
        """Tell *watcher* of every door that changes from now on, as soon as it has changed."""
        self._watchers.append(watcher)

    def change(self, wishes: Mapping[str, object]) -> None:
        """
        Switch the faults of the doors named: a name, a mapping of name and arguments, a Fault, or None for none.

        Nothing is switched if one of them raises UnknownFault.
        """
        wanted = {door: None if wish is None else _read(door, wish) for door, wish in wishes.items()}
        for door, fault in sorted(wanted.items(), key=lambda item: item[1] is not None):  # off before on
            before = self._active.pop(door, None)
            if fault is not None:
                self._active[door] = fault
            if before != fault:
                self._tell(door, before, fault)

    def clear(self) -> None:
        """Switch every fault off."""
        self.change(dict.fromkeys(DOORS))

    def _tell(self, door: str, before: Fault | None, now: Fault | None) -> None:
        for watcher in self._watchers:
            watcher(door, before, now)


def known(door: str, name: str) -> KnownFault:
    """Return what is known of a door's fault. Raises UnknownFault if it has none of that name."""
    for fault in KNOWN.get(door, ()):
        if fault.name == name:
            return fault
    raise UnknownFault(f"There is no fault {door}={name}")


def parse(text: str) -> tuple[str, dict[str, str]]:
    """Read a fault from the command line: sms=late-reply or sms=late-reply,seconds=5."""
    door, _, rest = text.partition("=")
    name, *arguments = rest.split(",")
    pairs = dict(argument.partition("=")[::2] for argument in arguments)
    return door, {"name": name, **pairs}


def parse_all(texts: Iterable[str]) -> dict[str, dict[str, str]]:
    """Read the faults of a command line. Raises UnknownFault if two are for one door."""
    wishes: dict[str, dict[str, str]] = {}
    for door, wish in map(parse, texts):
        if door in wishes:
            raise UnknownFault(f"A door has one fault at a time, and {door} is named twice")
        wishes[door] = wish
    return wishes


def _read(door: str, wish: object) -> Fault:
    if isinstance(wish, Fault):
        wish = {"name": wish.name, **wish.arguments}
    arguments = dict(wish) if isinstance(wish, Mapping) else {"name": wish}
    fault = known(door, str(arguments.pop("name", "")))
    return Fault(fault.name, {**fault.defaults, **_numbers(fault, arguments)})


def _numbers(fault: KnownFault, arguments: Mapping[object, object]) -> dict[str, float]:
    numbers = {}
    for name, value in arguments.items():
        if name not in fault.defaults:
            raise UnknownFault(f"{fault.name} takes no {name}")
        try:
            number = float(str(value))
        except ValueError:
            raise UnknownFault(f"{fault.name} wants a number of {name}, not {value}") from None
        least, most = _BOUNDS[str(name)]
        if not least <= number <= most:
            raise UnknownFault(f"{fault.name} wants {name} from {least} to {most}, not {value}")
        numbers[str(name)] = number
    return numbers
