"""The door as SIPp meets it: a SIP stack that is neither the door's nor ours."""

from __future__ import annotations

import asyncio
import time
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

SCENARIO = Path(__file__).with_name("silent_caller.xml")


async def test_silent_caller(terse_house, tmp_path):
    """A caller who offers two codecs, presses one key and stays silent is asked once more and then left."""
    began = time.monotonic()
    sipp = await asyncio.create_subprocess_exec(
        *("sipp", f"127.0.0.1:{terse_house.port}", "-sf", SCENARIO, "-s", "10086", "-m", "1"),
        *("-i", "127.0.0.1", "-nostdin", "-timeout", "25"),
        cwd=tmp_path,
        stdout=PIPE,
        stderr=STDOUT,
    )
    screen, _ = await sipp.communicate()
    assert sipp.returncode == 0, screen.decode()
    # Two silences of 5 s, and a few terse words.
    assert 10 < time.monotonic() - began < 18
