"""The dead man's switch: an outside address that is called as long as all is well with the robot."""

from __future__ import annotations

from collections.abc import Callable

from prober.loading.config_service import DeadManSettings
from prober.metrics import Figures


class DeadMan:
    """Calls the address while *well*; whoever watches it tells people when the calls cease."""

    def __init__(self, settings: DeadManSettings, figures: Figures, *, well: Callable[[], bool]) -> None: ...

    async def run(self) -> None:
        """Call until cancelled."""
