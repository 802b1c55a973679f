"""A runner to play with."""

from __future__ import annotations

import pytest

from prober import runner
from prober.channels.base import RunContext
from prober.channels.evidence import EvidenceBox
from prober.channels.fake import FakeDriver
from prober.channels.timing import Clock, Stimulus
from prober.loading.masking import Masker
from prober.model.run import Run
from tests.runner.playing import LINE, Told


@pytest.fixture
def played(tmp_path):
    async def play(what, script=None, *, driver=None, slow=None, sink=None, attendant=None):
        clock = Clock()
        run = Run("r1", "s", "S", "l1", clock.now(), clock.now(), "0", "0", "0")
        box = EvidenceBox(tmp_path, "r1")
        context = RunContext("r1", LINE, Stimulus(), box, Masker(LINE.secrets.values()), attendant=attendant)
        drivers = {"fake": driver or FakeDriver(script), "slow": slow}
        return await runner.play(what, run, context=context, drivers=drivers, clock=clock, sink=sink or Told())

    return play
