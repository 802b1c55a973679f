"""What a channel offers to scenarios: its verbs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prober.model.run import Layer
from prober.model.scenario import Ordering


@dataclass(frozen=True)
class Verb:
    """
    One verb of a channel.

    *argument* is a frozen dataclass; its first field is what stands behind the colon (`ivr.press: 1`), the others are
    written beside it (`mode: info`). Its docstring, and the metadata of its fields, are the verb's documentation.
    """

    channel: str
    name: str
    argument: type
    within_s: float | None
    """The default limit; None for a verb that has no time of its own."""
    layer: Layer
    """Who answers for it when nothing came, or came too late."""
    took: str
    """What `took_s` means, from which instant to which."""
    ordering: Ordering
    """Whether a customer may order by it (press a key, click, send), or it shows what became of an order."""
    needs: str
    """The verb that begins what it acts in, such as `ivr.dial`; empty if it acts in nothing, or after its end too."""
    timings: Mapping[str, str] = field(default_factory=dict)
    """The named timings beside it, with their meaning."""
    waits: bool = False
    """Measured from the stimulus: the last thing the robot did on any channel that could cause it."""
    attended: bool = False
    """A person answers it: without one it is SKIPPED, and the run goes on."""
    captures: bool = False
    """It brings back a text that values can be captured from."""

    @property
    def full_name(self) -> str:
        """`ivr.hear`, or the bare name of a verb of the robot itself."""
        return f"{self.channel}.{self.name}" if self.channel != ROBOT else self.name


ROBOT = "robot"
"""The channel of the verbs that ask nobody: same, wait, let."""
