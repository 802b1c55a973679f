"""The archive installs and works on a machine without any network, and is the same whenever it is made."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest

from scripts import bundling
from tests.deploying.conftest import CHECKOUT

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

JOURNEY = """
set -e
prober init "$1" >/dev/null
cd "$1"
prober doctor --offline --json >doctor.json
mkfifo doors
prober demo >doors &
demo=$!
trap 'kill $demo; wait $demo' EXIT
read -r _ <doors
prober run scenarios/balance.yaml --json
"""


def test_every_channel_works_without_a_network(installed, without_network, tmp_path):
    """The doctor finds nothing broken, and a call, a page and a text agree; all from the archive alone."""
    path = f"{installed}:{os.environ['PATH']}"
    told = without_network(installed / "prober", "--version")
    assert told.stdout == f"prober {bundling._version()}\n"

    done = without_network("sh", "-c", JOURNEY, "sh", tmp_path / "ws", PATH=path)

    assert done.returncode == 0, done.stderr
    looked = json.loads((tmp_path / "ws/doctor.json").read_text(encoding="utf-8"))
    assert [one for one in looked["checks"] if one["level"] == "broken"] == []
    (run,) = json.loads(done.stdout)["runs"]
    assert run["outcome"] == "passed"
    assert {step["channel"] for step in run["steps"]} >= {"ivr", "web", "sms"}


def test_nothing_of_developers_is_packed(unpacked):
    """Wheels of what the robot needs to run, and no linter or test runner; the pages and the unit beside them."""
    packages = {path.name.partition("-")[0].lower() for path in (unpacked / "wheels").iterdir()}
    assert {"prober", "pjsua2_python", "playwright", "smpplib", "psycopg_binary"} <= packages
    assert not packages & {"ruff", "mypy", "pytest", "hatchling", "import_linter"}
    packed = {str(path.relative_to(unpacked / "docs")) for path in (unpacked / "docs").rglob("*") if path.is_file()}
    assert packed >= {
        "deploying/prober.service",
        "alerts.md",
        "monitoring.md",
        "grafana/prober.json",
        "guides/operations.md",
    }
    oldest = [path.name for path in (unpacked / "wheels").iterdir() if "manylinux_2_3" in path.name]
    assert oldest == [], "a wheel wants a newer glibc than 2.28"


def test_every_file_is_summed_up(unpacked):
    """SHA256SUMS names every file but itself, rightly."""
    lines = (unpacked / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    told = {name: said for said, name in (line.split("  ", 1) for line in lines)}
    files = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    assert set(told) == files - {"SHA256SUMS"}
    assert all(hashlib.sha256((unpacked / name).read_bytes()).hexdigest() == said for name, said in told.items())


def test_a_damaged_archive_is_not_installed(unpacked, tmp_path):
    """One changed byte is told, and nothing is made."""
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", unpacked, copy], check=True)
    with (copy / "LICENSE").open("a") as file:
        file.write("!")
    done = subprocess.run([copy / "install.sh", tmp_path / "opt"], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "The archive is damaged: copy it again." in done.stderr
    assert list((tmp_path / "opt").iterdir()) == []


def test_what_the_guide_names_is_there(installed):
    """The unit at the path it is copied from, and the pages beside it."""
    assert (installed / "current/deploying/prober.service").is_file()
    assert (installed / "current/docs/alerts.md").is_file()


def test_who_never_calls_installs_without_pjsua2(tmp_path, without_network):
    """Its doctor, in a workspace without channels.ivr, misses nothing; one with it would."""
    archive = tmp_path / "prober.tar.gz"
    command = [sys.executable, "-m", "scripts.bundling", "--without-telephone", "-o", str(archive)]
    subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True)
    subprocess.run(["tar", "-xzf", archive, "-C", tmp_path], check=True)
    (root,) = tmp_path.glob("prober-*/")
    assert list((root / "wheels").glob("pjsua2*")) == []
    where = {"PYTHON": sys.executable, "PROBER_LINK": ""}
    done = without_network(root / "install.sh", tmp_path / "opt", **where)
    assert (done.returncode, "makes no calls" in done.stdout) == (0, True), done.stderr
    config = tmp_path / "config.yaml"
    config.write_text("lines: [{name: a, msisdn: 13800000001}]\nchannels: {web: {}}\n", encoding="utf-8")
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios/page.yaml").write_text("scenario: page\nsteps: [web.open: 'http://127.0.0.1/']\n")

    prober = tmp_path / "opt/current/bin/prober"
    looked = without_network(prober, "doctor", "--offline", "--json", "--config", config)

    told = {one["name"]: one["level"] for one in json.loads(looked.stdout)["checks"]}
    assert (looked.returncode, told["libraries"], "pjsip" in told) == (0, "good", False), looked.stderr
    config.write_text(config.read_text().replace("{web: {}}", "{ivr: {server: 127.0.0.1, prompts: .}}"))
    assert "pjsua2-python cannot be loaded" in without_network(prober, "doctor", "--offline", "--config", config).stdout


def test_another_python_is_refused(unpacked, tmp_path):
    """In a sentence that says how to name the right one."""
    environment = os.environ | {"PYTHON": "/nowhere/python"}
    done = subprocess.run(
        [unpacked / "install.sh", tmp_path / "opt"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "PYTHON=/path/to/python3." in done.stderr) == (3, True)


def test_installing_again_changes_nothing(installed, unpacked, without_network):
    """The version that is there is left alone, and said to be."""
    before = (installed / "current").resolve()
    done = without_network(unpacked / "install.sh", installed, PYTHON=sys.executable, PROBER_LINK="")
    assert done.returncode == 0, done.stderr
    assert "already" in done.stdout
    assert (installed / "current").resolve() == before


def test_the_same_files_make_the_same_archive(tmp_path):
    """Whenever they were written, by whomever, in whatever order."""
    sums = []
    for at, order in enumerate((("a", "b"), ("b", "a"))):
        folder = tmp_path / str(at)
        (folder / "inner").mkdir(parents=True)
        for name in order:
            (folder / "inner" / name).write_text(name, encoding="utf-8")
            os.utime(folder / "inner" / name, (at * 1000, at * 1000))
        bundling._pack(folder, tmp_path / f"{at}.tar.gz", "prober")
        sums.append((tmp_path / f"{at}.tar.gz").read_bytes())
    assert sums[0] == sums[1]


@pytest.mark.parametrize(
    "said",
    [
        "ERROR: x\nERROR: No matching distribution found for pjsua2-python>=2.15.1\n",
        "ERROR: ResolutionImpossible: for help visit …",
    ],
)
def test_what_has_no_wheel_is_told(said):
    """pip's words become a sentence that leads to the page."""
    told = bundling._refused(said)
    assert told.startswith("There is no wheel of ")
    assert "pjsua2-python" in told
    assert "docs/deploying/kylin-openeuler-arm64.md" in told


@pytest.mark.parametrize("wrong", [["--platform", "win32"], ["--wheels", "/nowhere"], ["--python", "3.9"]])
def test_wrong_wishes_are_told(wrong, capsys):
    """In a sentence, with exit 2."""
    with pytest.raises(SystemExit) as ended:
        bundling.main(wrong)
    assert ended.value.code == 2
    assert wrong[1] in capsys.readouterr().err
