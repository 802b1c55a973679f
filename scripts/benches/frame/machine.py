"""The machine a bench runs on: what it is, and whether it was fit to tell of tails."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from typing import Any

FIT_S = 0.002
_TIMER = """
import json, sys, threading, time
late, ending = [], threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ending.set()), daemon=True).start()
due = time.monotonic()
while not ending.is_set():
    due += 0.01
    time.sleep(max(0, due - time.monotonic()))
    late.append(time.monotonic() - due)
    due = max(due, time.monotonic() - 0.01)
late = sorted(late) or [0.0]
print(json.dumps({"timer_late_p50_s": late[len(late) // 2], "timer_late_p99_s": late[int(len(late) * 0.99)]}))
"""


def machine() -> dict[str, Any]:
    """Return what a reader of the figures wants to know of this machine; nothing that names it."""
    with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123  # a device of the kernel, read by line
        models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    release = ".".join(platform.release().split(".")[:2])  # the rest may name its maker
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {release}",
        "python": platform.python_version(),
    }


class Fitness:
    """A bare timer loop in its own process, beside what is measured. Late, it shows a machine too busy for tails."""

    def __enter__(self) -> Fitness:
        self.told: dict[str, float] = {}
        self._timer = subprocess.Popen(
            [sys.executable, "-c", _TIMER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        out = self._timer.communicate("")[0]
        self.told = json.loads(out)

    @property
    def fit(self) -> bool:
        """Whether its timers were at most 2 ms late, 99 times of 100."""
        return self.told["timer_late_p99_s"] <= FIT_S
