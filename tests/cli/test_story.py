"""The whole story of docs/story.md, played as it is written."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from itertools import islice
from pathlib import Path

import pytest

from tests.conftest import Operator, Workspace

pytestmark = [pytest.mark.live, pytest.mark.timeout(1500)]
PAGE = (Path(__file__).parents[2] / "docs/story.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"#.*\bexit (\d)")


class Story:
    """Does what the page says, line by line, as a shell would."""

    def __init__(self, workspace: Workspace, operator: Operator) -> None:
        self.workspace, self.operator = workspace, operator
        self.said: dict[str, list[str]] = {}
        self.under_way: subprocess.Popen[str] | None = None

    def do(self, line: str) -> None:
        """Do one line, and hold its exit code to what the page says."""
        command, expected = line.partition("  #")[0].strip(), _EXIT.search(line)
        wanted = int(expected[1]) if expected else 0
        if command.startswith("curl"):
            body = re.search(r"-d '(.*)'", command)
            self.operator.faults(**(json.loads(body[1]) if body else {}))
        elif command.endswith((" &", " & launch=$!")):
            self._begin(shlex.split(command.partition(" &")[0])[1:])
        elif command == "wait $launch":
            assert self.under_way is not None
            assert self.under_way.stdout is not None
            with self.under_way as launch:
                told = self.under_way.stdout.read()
            self._note("wait", launch.returncode, wanted, told)
        elif command.startswith("prober"):
            command = re.sub(r"\$\((.*?)\)", lambda found: _output(found[1]), command)
            done = self.workspace.prober(*shlex.split(command)[1:])
            self._note(command, done.returncode, wanted, done.stdout + done.stderr)
        else:
            subprocess.run(["bash", "-c", command], check=True, cwd=self.workspace.folder)

    def _begin(self, arguments: list[str]) -> None:
        """Begin it, and go on when it has looked three times."""
        self.under_way = self.workspace.start(*arguments)
        assert self.under_way.stdout is not None
        looks = (line for line in self.under_way.stdout if "against it" in line)
        for _ in islice(looks, 3):
            pass

    def _note(self, command: str, code: int, wanted: int, told: str) -> None:
        assert code == wanted, f"{command}\n{told}"
        self.said.setdefault(" ".join(command.split()[:3]), []).append(told)


def test_the_story_goes_as_it_is_told(workspace: Workspace, operator: Operator) -> None:
    """Found before the launch, mended, reviewed, launched, stopped, mended, launched, reported."""
    blocks = _BLOCK.findall(PAGE)
    (config,) = [text for kind, text in blocks if kind == "yaml"]
    settings = workspace.folder / "config.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + "\n" + config, encoding="utf-8")
    story = Story(workspace, operator)
    lines = [line for kind, text in blocks if kind == "sh" for line in text.splitlines()]
    assert lines[:3] == ["prober init shop", "cd shop", "prober demo &"]
    for line in lines[3:]:
        story.do(line)

    first, second, third, fourth = story.said["prober gate data-package-5g"]
    assert "what the channels told differed in 7 of 7 runs; none is allowed" in " ".join(first.split())
    assert "0 of 2 reviews are in" in second
    assert "GO 可以上线" in third
    assert "GO 可以上线" in fourth
    assert "Done" in story.said["prober improvements list"][0]
    assert "李娜" in story.said["prober review data-package-5g"][-1]
    assert "NO_GO" in story.said["wait"][0]
    assert "launch of" in story.said["prober incidents list"][0]
    assert "post-launch" in story.said["prober phase data-package-5g"][-1]
    month = json.loads(workspace.prober("report", "life", "data-package-5g", "--json").stdout)["items"][0]
    assert [one["decision"] for one in month["verdicts"]] == ["NO_GO", "INCONCLUSIVE", "GO", "NO_GO", "GO", "GO"]
    assert [one["phase"] for one in month["changes"]] == ["pre-launch", "launch", "pre-launch", "launch", "post-launch"]
    assert [one["stage"] for one in month["improvements"]] == ["done"]
    assert len(month["incidents"]) == 1
    page = (workspace.folder / "reports/month.html").read_text(encoding="utf-8")
    for told in ("网厅价格与语音不一致", "taken back: no sound", "NO_GO", "发布经理"):
        assert told in page, told
    assert (workspace.folder / "reports/month.pdf").read_bytes().startswith(b"%PDF-")


def _output(command: str) -> str:
    return subprocess.check_output(["bash", "-c", command], text=True).strip()
