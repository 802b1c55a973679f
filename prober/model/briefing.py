"""What a run knows beforehand of what it looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prober.model.wording import Wording


@dataclass(frozen=True)
class Briefing:
    """*reference*: what each channel is to tell of the item; *wording*: how channels should speak, by language."""

    reference: Mapping[str, str] = field(default_factory=dict)
    wording: Mapping[str, Wording] = field(default_factory=dict)
