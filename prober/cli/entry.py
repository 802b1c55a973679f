"""Where `prober` begins: Ctrl-C is answered even while the rest is still being imported."""

from __future__ import annotations

import sys

_HANDED_OVER_S = 0.0005
"""How long the event loop waits for a thread that computes; with Python's own 5 ms, a hundred calls wait seconds."""


def main() -> None:
    """Run the command line."""
    sys.setswitchinterval(_HANDED_OVER_S)
    try:
        from prober.cli.main import main as run  # noqa: PLC0415 - so that importing it can be interrupted quietly

        run()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
