"""
A robot that is a customer: it probes a telecom operator's IVR, web hall and SMS commands, and times every step.

The floors, from the top: cli, app, runner, channels | store | reports, loading | judge, model, errors. A lower one
never imports an upper one. `prober.demo` is a small telecom to practise on and knows nothing of the robot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prober.loading.python_scenario import scenario as scenario

__all__ = ["scenario"]


def __getattr__(name: str) -> Any:
    # Late, so that the demo operator, which is in this package too, loads nothing of the robot.
    if name != "scenario":
        raise AttributeError(f"module ‘prober’ has no attribute ‘{name}’")
    from prober.loading.python_scenario import scenario  # noqa: PLC0415 - see above

    return scenario
