"""The browser's own dialogs: alert, confirm, prompt. While one is open, its page stands still."""

from __future__ import annotations

from prober.channels.timing import monotonic
from prober.channels.web.actions import Answer, Dialog
from prober.channels.web.moment import Moment
from prober.channels.web.tab import Opened
from prober.channels.web.window import Window
from prober.judge.expect import match
from prober.model.run import Observation, Seen


async def answer(window: Window, wanted: Dialog, moment: Moment) -> Observation:
    """Wait for a dialog, hold what it says against what is wanted, and answer it; the answer is the next stimulus."""
    expected = f"a dialog to {wanted.answer}" + (f" that says {wanted.says}" if wanted.says else "")
    await window.change_until(lambda: window.dialog, moment.left_s)
    opened = window.dialog
    if opened is None:
        return Observation(Seen.NOTHING, expected=expected, actual="no dialog was opened")
    found = match(wanted.says, opened.message) if wanted.says else None
    seen = Observation(
        Seen.EXPECTED if found or wanted.says is None else Seen.WRONG_CONTENT,
        took_s=max(opened.at_s - moment.stimulus_s, 0.0),
        expected=expected,
        actual=opened.words,
        text=opened.message,
        groups=found.groups if found else {},
    )
    right = seen.seen is Seen.EXPECTED
    moment.acted(monotonic())
    await window.answer(accept=right and wanted.answer is Answer.ACCEPT, typed=wanted.type)
    return seen


def unexpected(opened: Opened, *, expected: str) -> Observation:
    """Return that a dialog stands before the page that the scenario says nothing of."""
    actual = f"{opened.words}; answer it with web.dialog, where it belongs there"
    return Observation(Seen.DIALOG, expected=expected, actual=actual)
