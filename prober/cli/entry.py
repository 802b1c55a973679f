"""Where `prober` begins: Ctrl-C is answered even while the rest is still being imported."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    try:
        from prober.cli.main import main as run  # noqa: PLC0415 - so that importing it can be interrupted quietly

        run()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
