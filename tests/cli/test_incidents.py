"""`prober incidents`, as a person uses it."""

from __future__ import annotations

import getpass
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console
from typer.testing import CliRunner

from prober.cli import incident_view as view
from prober.cli.main import app
from prober.errors import BadInput
from prober.model.incident import Cause, Kind, ProbeResult, Standing
from prober.model.probe import Severity, Watched
from prober.model.run import Evidence, Failure, Layer, Outcome, Run, StepResult
from prober.store.store import Store

GOLDEN = Path(__file__).parent / "golden"
NOON = datetime(2026, 10, 22, 12, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
PAGE = Cause(Kind.CHANNEL, "web", Layer.PAGE, "web.see 我的余额")
ROBOT = Cause(Kind.ROBOT, "sms", Layer.ROBOT, "sms.send")
FIRST, SECOND = "INC-20261022-0001", "INC-20261022-0002"
URL = "sqlite:///results_db/prober.sqlite"


@pytest.fixture(autouse=True)
def _beijing(monkeypatch):
    """The machine stands in Beijing."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def a_run(run_id: str, minute: float) -> Run:
    at = NOON + timedelta(minutes=minute)
    kept = (
        Evidence("screenshot", f"2026-10-22/{run_id}/3.png", "ab" * 32, 10, step=0),
        Evidence("trace", f"2026-10-22/{run_id}/trace.zip", "ab" * 32, 10),
    )
    failure = Failure("web.see 我的余额: http error", "«我的余额»", "500 Internal Server Error")
    step = StepResult(
        0,
        "web.see 我的余额",
        "web",
        "see",
        Outcome.FAILED,
        at,
        at,
        layer=Layer.PAGE,
        failure=failure,
        evidence=kept[:1],
    )
    hashes = dict.fromkeys(("scenario_sha256", "prompts_sha256", "config_sha256"), "0")
    return Run(
        id=run_id, scenario="balance", title="余额", line="demo-1", planned_at=at, started_at=at, ended_at=at,
        outcome=Outcome.FAILED, probe="balance[全球通]", steps=(step,), evidence=kept[1:], **hashes,
    )  # fmt: skip


@pytest.fixture
async def _workspace(tmp_path, monkeypatch):
    """A workspace with an incident that two probes were in, one that is open, and the runs of the first."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("lines:\n  - {name: demo-1, msisdn: 13800000001}\n", encoding="utf-8")
    store = Store.open(URL)
    for run in (a_run("20261022T120000-00000001", 0), a_run("20261022T120500-00000002", 5)):
        await store.run_started(run)
        await store.run_finished(run)
    words = "web.see 我的余额: http error — 500 Internal Server Error"

    async def apply(probe, minute, standing, run="", *, cause=PAGE, severity=Severity.CRITICAL):
        at = NOON + timedelta(minutes=minute)
        failed = standing is not Standing.WELL
        made = ProbeResult(probe, at, at, standing, (run,), cause if failed else None, words if failed else "")
        await store.incidents.apply(made, Watched(probe, severity=severity, item="balance-query", team="网厅"))

    failed = Standing.FAILED
    await apply("balance[全球通]", 0, failed, "20261022T120000-00000001")
    await apply("bill", 0.5, failed, "bill-run")
    store.incidents._now = lambda: NOON + timedelta(minutes=2)
    await store.incidents.acknowledge(FIRST, "mei", "值班已知，正在重启")
    await apply("balance[全球通]", 5, failed, "20261022T120500-00000002")
    await apply("bill", 6, Standing.WELL)
    await apply("balance[全球通]", 7.25, Standing.WELL)
    await apply("sms", 30, Standing.ERROR, "sms-run", cause=ROBOT, severity=Severity.MINOR)
    store.close()


def cli(*arguments: str):
    done = CliRunner().invoke(app, ["incidents", *arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def golden(name: str, text: str) -> None:
    """Hold *text* to the golden file; a new one is written, and fails once."""
    file, text = GOLDEN / name, "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
    if not file.exists():
        file.write_text(text, encoding="utf-8")
        pytest.fail(f"{file} is new: look at it")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.usefixtures("_workspace")
def test_the_story_of_an_incident(tmp_path):
    """What broke, what happened since, in order, and the evidence of its first and last failing run."""
    golden("incident.txt", cli("show", FIRST.lower()).stdout.replace(str(tmp_path), "/workspace"))


@pytest.mark.usefixtures("_workspace")
def test_incidents_as_a_table():
    """The latest first; Chinese stands in line. On a narrow terminal each has two lines, and its whole id."""
    store = Store.open(URL)
    for width, name in ((110, "incidents.txt"), (44, "incidents_narrow.txt")):
        console = Console(width=width, color_system=None)
        with console.capture() as shown:
            console.print(view.listed(store.incidents.find(), NOON + timedelta(minutes=42), SHANGHAI, width=width))
        golden(name, shown.get())
    store.close()


@pytest.mark.usefixtures("_workspace")
def test_what_is_listed():
    """The open ones; all; those of an item, a channel, or the last hours."""

    def listed(*options: str) -> list[str]:
        return [one["id"] for one in json.loads(cli("list", "--json", *options).stdout)["incidents"]]

    assert listed() == [SECOND]
    assert listed("--all") == [SECOND, FIRST]
    assert listed("--all", "--channel", "web") == [FIRST]
    assert listed("--all", "--item", "balance-query", "--limit", "1") == [SECOND]
    assert listed("--since", "1s") == [SECOND]
    assert SECOND in cli("list").stdout
    assert cli("close", SECOND, "--by", "mei").exit_code == 0
    assert cli("list").stdout == "no incident is open\n"
    assert cli("list", "--all", "--item", "other").stdout == "no incident\n"


@pytest.mark.usefixtures("_workspace")
def test_what_people_say_is_masked_and_steers_no_terminal():
    """Numbers of customers and secrets do not stand in notes; a note that says nothing is refused."""
    assert cli("note", SECOND, "call 13812345678 \x1b[31mnow", "--by", "mei").exit_code == 0
    shown = cli("show", SECOND).stdout
    assert "call 138••••5678 \N{REPLACEMENT CHARACTER}[31mnow" in shown
    assert cli("note", SECOND, "  ").exit_code == 2


@pytest.mark.usefixtures("_workspace")
def test_a_mistake_elsewhere_in_the_settings_hides_no_incident(monkeypatch):
    """Somebody changes config.yaml while another sees to what is broken; what is to be kept is masked by all of it."""
    monkeypatch.setenv("PROBER__MAINTENENCE__X", "1")
    with Path("config.yaml").open("a", encoding="utf-8") as config:
        config.write("\nmaintenance: [{name: a, name: b, cron: nonsense}, &x {}, *x]\nserve: {}\nserve: {}\n")
    assert SECOND in cli("list").stdout
    assert cli("show", SECOND).exit_code == 0
    with pytest.raises(BadInput, match="what you say is kept without the secrets that are in the settings"):
        cli("ack", SECOND, "on it", "--by", "mei")
    assert cli("ack", SECOND, "--by", "mei").exit_code == 0
    assert cli("snooze", SECOND, "--for", "1h", "--by", "mei").exit_code == 0


@pytest.mark.usefixtures("_workspace")
def test_people_see_to_an_incident():
    """Each act says what it did and by whom, and stands in the story."""
    assert cli("ack", SECOND, "on it", "--by", "mei").stdout == f"{SECOND}: acknowledged by mei\n"
    assert cli("note", SECOND.lower(), "网关重启").stdout == f"{SECOND}: noted by {getpass.getuser()}\n"
    assert cli("snooze", SECOND, "--for", "8h", "--by", "mei").stdout.startswith(f"{SECOND}: snoozed until 20")
    assert cli("close", SECOND, "mended", "--by", "mei").stdout == f"{SECOND}: closed by mei\n"
    told = json.loads(cli("show", SECOND, "--json").stdout)["incident"]
    assert (told["open"], told["acknowledged_by"]) == (False, "mei")
    assert told["changes"][3].pop("text").startswith("until 20")
    assert [(one["happened"], one["by"], one.get("text", "")) for one in told["changes"][1:]] == [
        ("acknowledged", "mei", "on it"),
        ("note", getpass.getuser(), "网关重启"),
        ("snoozed", "mei", ""),
        ("closed", "mei", "mended"),
    ]


@pytest.mark.usefixtures("_workspace")
@pytest.mark.parametrize(
    ("act", "said"),
    [
        (("ack", "INC-1"), "there is no incident ‘INC-1’"),
        (("show", "INC-1"), "there is no incident ‘INC-1’"),
        (("note", "INC-1", "x"), "there is no incident ‘INC-1’"),
        (("ack", FIRST), f"{FIRST} was closed 2026-10-22 20:07:15"),
        (("snooze", FIRST, "--for", "1h"), f"{FIRST} was closed"),
        (("close", FIRST), f"{FIRST} was closed"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(act, said):
    """Unknown, and closed."""
    with pytest.raises(BadInput, match=said):
        cli(*act)


@pytest.mark.usefixtures("_workspace")
def test_what_is_acknowledged_has_its_person():
    """Another one reads who it is."""
    cli("ack", SECOND, "--by", "mei")
    with pytest.raises(BadInput, match=f"{SECOND} is acknowledged already, by mei"):
        cli("ack", SECOND, "--by", "bo")


@pytest.mark.usefixtures("_workspace")
def test_a_length_of_time_is_written_as_anywhere():
    """`--for soon` is no time."""
    done = cli("snooze", SECOND, "--for", "soon")
    assert done.exit_code == 2
    assert "‘soon’ is no duration" in done.output


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-5, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3660, "1 h 01 min"), (90_000, "1 d 1 h"),
    ],
)  # fmt: skip
def test_lengths_of_time_in_words(seconds, told):
    """The two largest units."""
    assert view.lasted(NOON, NOON + timedelta(seconds=seconds)) == told
