"""Long messages, put together again from their parts."""

from __future__ import annotations

from dataclasses import dataclass, field

from prober.channels.sms.encoding import decode
from prober.channels.sms.gateways.base import Part


@dataclass(frozen=True, eq=False)
class Message:
    """A whole inbound message. *parts_at_s*: when each part came, in the order of the text."""

    sender: str
    recipient: str
    text: str
    parts_at_s: tuple[float, ...]
    reference: int | None = None

    @property
    def first_at_s(self) -> float:
        """When its first part to arrive came."""
        return min(self.parts_at_s)

    @property
    def order(self) -> str:
        """In which order its parts came, such as "3 1 2"; "" for a message in one part, or in the order of its text."""
        came = sorted(range(len(self.parts_at_s)), key=lambda seq: self.parts_at_s[seq])
        return "" if came == sorted(came) else " ".join(str(seq + 1) for seq in came)

    @property
    def at_s(self) -> float:
        """When its last part to arrive came."""
        return max(self.parts_at_s)


_Key = tuple[str, str, int, int]
"""Sender, recipient, reference, parts in all."""


@dataclass
class _Unfinished:
    total: int
    parts: dict[int, Part] = field(default_factory=dict)


class Reassembler:
    """
    Puts parts together in whatever order they come.

    Of a part that comes twice the later counts, and parts that stayed incomplete for *patience_s* are given up: with
    references of 8 bits, what was left over from one message must not get into the next. Parts that merely repeat the
    message before them are given up after *copy_patience_s*.
    """

    def __init__(self, patience_s: float = 300.0, copy_patience_s: float = 10.0) -> None:
        self._patience_s = patience_s
        self._copy_patience_s = copy_patience_s
        self._unfinished: dict[_Key, _Unfinished] = {}
        self._finished: dict[_Key, tuple[bytes, ...]] = {}

    def add(self, part: Part) -> Message | None:
        """Return the message that *part* completes, or None."""
        concat = part.concat
        if concat is None or concat.total <= 1 or not 1 <= concat.seq <= concat.total:
            return _whole([part], None)
        key = (part.sender, part.recipient, concat.reference, concat.total)
        unfinished = self._unfinished.get(key)
        if unfinished is None or self._stale(key, unfinished, part.at_s):
            unfinished = self._unfinished[key] = _Unfinished(concat.total)
        unfinished.parts[concat.seq] = part
        if len(unfinished.parts) < concat.total:
            return None
        del self._unfinished[key]
        parts = [unfinished.parts[seq] for seq in range(1, concat.total + 1)]
        self._finished[key] = tuple(part.content for part in parts)
        return _whole(parts, concat.reference)

    def _stale(self, key: _Key, unfinished: _Unfinished, now_s: float) -> bool:
        patience_s = self._copy_patience_s if self._repeats(key, unfinished) else self._patience_s
        return now_s - max(part.at_s for part in unfinished.parts.values()) > patience_s

    def _repeats(self, key: _Key, unfinished: _Unfinished) -> bool:
        before = self._finished.get(key, ())
        return bool(before) and all(part.content == before[seq - 1] for seq, part in unfinished.parts.items())

    def unfinished(self) -> list[tuple[str, int, int]]:
        """Return what is still incomplete, as (sender, parts that came, parts in all); repeated parts are not."""
        return [
            (key[0], len(one.parts), one.total) for key, one in self._unfinished.items() if not self._repeats(key, one)
        ]


def _whole(parts: list[Part], reference: int | None) -> Message:
    return Message(
        sender=parts[0].sender,
        recipient=parts[0].recipient,
        text=decode(b"".join(part.content for part in parts), parts[0].coding),
        parts_at_s=tuple(part.at_s for part in parts),
        reference=reference,
    )
