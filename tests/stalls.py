"""
A test that fails while the machine stands still is played once more: it was not the robot that was tested then.

The machine stands still where a thread that wants to wake up does so late by `LATE_S`: a neighbour on the same host, or
more work than cores. The summary names every test that was played again.
"""

from __future__ import annotations

import threading
import time

import pytest
from _pytest.runner import runtestprotocol

LATE_S = 0.1
_EVERY_S = 0.05


class _Watch(threading.Thread):
    """Notes how late it wakes up at the most, since it was asked last."""

    def __init__(self) -> None:
        super().__init__(name="stalls", daemon=True)
        self.late_s = 0.0
        self._due_s = time.monotonic()

    def run(self) -> None:
        while True:
            self._due_s = time.monotonic() + _EVERY_S
            time.sleep(_EVERY_S)
            self.late_s = max(self.late_s, time.monotonic() - self._due_s)

    def taken(self) -> float:
        """Return the most, and begin anew."""
        late_s, self.late_s = max(self.late_s, time.monotonic() - self._due_s), 0.0
        return late_s


_watch = _Watch()
_again: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    """Begin to watch."""
    if not _watch.is_alive():
        _watch.start()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Play *item*; play it again where it failed while the machine stood still."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    _watch.taken()
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if any(report.failed for report in reports) and (late_s := _watch.taken()) >= LATE_S:
        why = next(report.longreprtext.strip().splitlines()[-1] for report in reports if report.failed)
        _again.append(f"{item.nodeid} (the machine stood still for {late_s:.2f} s): {why}")
        item._initrequest()  # what pytest's own plugins for reruns do
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was played again."""
    if _again:
        terminalreporter.section("played again")
        for told in _again:
            terminalreporter.line(told)
