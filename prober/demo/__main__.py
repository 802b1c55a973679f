"""`python -m prober.demo`: the demo operator alone, without the robot's command line."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path

from prober.demo.operator import Ports
from prober.demo.serving import serve


def main() -> int:
    """Run the operator and return the exit code."""
    parser = ArgumentParser(prog="python -m prober.demo", description=__doc__)
    for door in ("sip", "web", "smpp", "control"):
        parser.add_argument(f"--{door}-port", type=int, default=getattr(Ports(), door), help="0 takes a free one")
    parser.add_argument("--database", type=Path, help="keep the customers in this file")
    parser.add_argument("--fault", action="append", default=[], help="switch a fault on: web=wrong-balance")
    parser.add_argument("--script", default="", help="switch faults by chance: seed=7,every=30s,doors=web+sms")
    chosen = parser.parse_args()
    ports = Ports(chosen.sip_port, chosen.web_port, chosen.smpp_port, chosen.control_port)
    return serve(ports, database=chosen.database, faults=chosen.fault, script=chosen.script)


if __name__ == "__main__":
    sys.exit(main())
