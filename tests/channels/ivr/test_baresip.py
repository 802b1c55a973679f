"""baresip answers: a telephone that is not ours, with sound in the clear and encrypted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from prober.channels.ivr.actions import Dial, HangUp, Hear, Press
from prober.loading.new_prompts import wav
from prober.loading.wav import read_wav
from prober.model.run import Seen

from .conftest import PROMPTS

pytestmark = pytest.mark.live
MODULES = next(
    folder for folder in ("/usr/lib/baresip/modules", "/usr/lib64/baresip/modules", "") if Path(folder).is_dir()
)
CONFIG = """\
sip_listen 127.0.0.1:{port}
audio_player aufile,/dev/null
audio_source aufile,{folder}/welcome.wav
audio_alert none
module_path {modules}
module g711.so
module aufile.so
module srtp.so
module_tmp account.so
module_app menu.so
"""


@pytest.fixture
async def baresip(tmp_path: Path) -> AsyncIterator[Callable[[str], Awaitable[str]]]:
    """Start baresip, which answers at once and says the welcome prompt; return its address."""
    running: list[asyncio.subprocess.Process] = []

    async def start(encryption: str) -> str:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (tmp_path / "config").write_text(CONFIG.format(port=port, folder=tmp_path, modules=MODULES))
        encrypts = f";mediaenc={encryption}" if encryption else ""
        account = f"<sip:10086@127.0.0.1:{port}>;regint=0;answermode=auto;audio_codecs=PCMA{encrypts}\n"
        (tmp_path / "accounts").write_text(account)
        (tmp_path / "contacts").touch()
        (tmp_path / "welcome.wav").write_bytes(wav(read_wav(PROMPTS / "welcome.wav")))
        process = await asyncio.create_subprocess_exec(
            "baresip", "-f", str(tmp_path), stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        running.append(process)
        assert process.stdout
        said = b""
        while b"baresip is ready" not in said:
            line = await process.stdout.readline()
            assert line, said.decode()
            said += line
        return f"127.0.0.1:{port}"

    yield start
    for process in running:
        process.terminate()
        await process.communicate()


@pytest.mark.parametrize(("encryption", "srtp"), [("", "off"), ("srtp", "optional"), ("srtp-mand", "required")])
async def test_what_a_telephone_says_is_heard(encryption, srtp, baresip, call_as):
    """In the clear, encrypted where both like it, and encrypted because both must."""
    robot = await call_as(await baresip(encryption), srtp=srtp)
    dialled = await robot.do("dial", Dial("10086"), within_s=10.0)
    assert dialled.seen is Seen.EXPECTED, dialled
    heard = await robot.do("hear", Hear("welcome"), within_s=6.0)
    assert heard.seen is Seen.EXPECTED, heard
    assert (await robot.do("press", Press("1"))).seen is Seen.EXPECTED
    assert (await robot.do("hang_up", HangUp())).seen is Seen.EXPECTED


async def test_a_telephone_that_wants_no_encryption_is_not_spoken_to_in_the_clear(baresip, call_as):
    """`required` means it: the call is refused."""
    robot = await call_as(await baresip(""), srtp="required")
    assert (await robot.do("dial", Dial("10086"), within_s=10.0)).seen is Seen.REFUSED
