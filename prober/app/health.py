"""The robot's own door: /healthz, /readyz, /metrics, and a page for people."""

from __future__ import annotations

from prober.app.vitals import Vitals
from prober.loading.config_service import ServeSettings
from prober.metrics import Figures


class Health:
    """Serves on serve.host and serve.port, on the loop the robot runs on."""

    def __init__(self, settings: ServeSettings, vitals: Vitals, figures: Figures) -> None: ...

    def open(self) -> str:
        """
        Take the port and return the address; who connects before `serve` waits.

        Raises:
            RobotBroken: The port is taken, or the address is not this machine's.
        """
        return ""

    async def serve(self) -> None:
        """Answer until cancelled; then finish what is being answered, for a second at most. `open` first, if it was not."""
