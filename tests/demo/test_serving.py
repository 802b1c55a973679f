"""The demo operator as a process."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from prober.demo.operator import Ports
from prober.demo.serving import serve

ANY = Ports(sip=0, web=0, smpp=0, control=0)
FREE = ("--sip-port", "0", "--web-port", "0", "--smpp-port", "0", "--control-port", "0")
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def demo_process() -> Iterator[Start]:
    """Starts `python -m prober.demo` with the arguments given, in a session of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "prober.demo", *arguments]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # its own session: nobody else's processes
        process.communicate(timeout=10)


def _doors(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def _members(session: int) -> set[int]:
    """Return the living processes of a session."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _parent, _group, of_session = stat.read_text().rpartition(")")[2].split()[:4]
            if int(of_session) == session and state != "Z":
                found.add(int(stat.parent.name))
    return found


def _gone_within(session: int, limit_s: float) -> bool:
    until_s = time.monotonic() + limit_s
    while _members(session) and time.monotonic() < until_s:
        time.sleep(0.01)
    return not _members(session)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_within_two_seconds(demo_process, number) -> None:
    """One line of JSON names open doors; after the signal all is closed, exit 0, and no process is left."""
    process = demo_process(*FREE)
    doors = _doors(process)
    assert doors["pid"] == process.pid
    assert httpx.get(f"{doors['web']}/login").status_code == 200
    assert httpx.get(f"{doors['control']}/state").json()["doors"] == doors
    host, port = doors["smpp"].split(":")
    with socket.create_connection((host, int(port))):
        started_s = time.monotonic()
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
        assert time.monotonic() - started_s < 2
    assert (process.returncode, rest, errors) == (0, "", "")
    assert _gone_within(process.pid, 2)


def test_a_signal_during_the_start_ends_it_too(demo_process) -> None:
    """Told to end while the last door is opening, it ends as from any other moment, without a word."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = demo_process(*FREE[:-1], str(port))
    until_s = time.monotonic() + 20
    while time.monotonic() < until_s:  # the control door opens before the IVR's
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            break
    started_s = time.monotonic()
    process.terminate()
    said, errors = process.communicate(timeout=10)
    assert time.monotonic() - started_s < 2
    assert (process.returncode, errors) == (0, "")
    assert said.count("\n") <= 1
    assert _gone_within(process.pid, 2)


def test_ctrl_c_reaches_everyone_and_all_end(demo_process) -> None:
    """A terminal sends SIGINT to the whole group; the children neither complain nor stay."""
    process = demo_process(*FREE)
    _doors(process)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")
    assert _gone_within(process.pid, 2)


def test_a_closed_stdout_changes_nothing(demo_process) -> None:
    """Who reads the line and then closes the pipe can still end the operator properly."""
    process = demo_process(*FREE)
    _doors(process)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    process.terminate()
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")
    assert _gone_within(process.pid, 2)


def test_nobody_to_tell_ends_it(demo_process) -> None:
    """If stdout is closed before the doors are open, nobody could ever find them: all is closed, exit 3."""
    process = demo_process(*FREE)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 3
    assert "stdout is closed" in errors
    assert _gone_within(process.pid, 2)


def test_a_killed_operator_leaves_nobody(demo_process) -> None:
    """After kill -9 the children end by themselves."""
    process = demo_process(*FREE)
    _doors(process)
    assert len(_members(process.pid)) > 1
    process.kill()
    process.wait(10)
    assert _gone_within(process.pid, 5)


@pytest.mark.parametrize("door", ["sip", "web", "smpp", "control"])
def test_a_taken_port_is_said_in_one_sentence(door, capfd) -> None:
    """Exit 3 before any line; the sentence names the door, the port and the option."""
    kind = socket.SOCK_DGRAM if door == "sip" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if door != "sip":
            taken.listen()
        port = taken.getsockname()[1]
        assert serve(replace(ANY, **{door: port})) == 3
    said, errors = capfd.readouterr()
    assert said == ""
    assert f"port {port} of its {door} door" in errors
    assert f"--{door}-port" in errors
    assert errors.count("\n") == 1


def test_an_unknown_fault_is_bad_input(capfd) -> None:
    """Exit 2, with the faults there are."""
    assert serve(ANY, faults=["web=haunted"]) == 2
    said, errors = capfd.readouterr()
    assert said == ""
    assert "web=haunted" in errors
    assert "web=wrong-balance" in errors


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"script": "every=30s"}, "seed=7,every=30s"),
        ({"script": "seed=7", "faults": ["web=slow"]}, "leave either --fault or --script out"),
        ({"faults": ["web=slow", "web=wrong-text"]}, "web is named twice"),
    ],
)
def test_what_cannot_be_switched_is_bad_input(options, words, capfd) -> None:
    """Exit 2 before any line, and what to do."""
    assert serve(ANY, **options) == 2
    said, errors = capfd.readouterr()
    assert said == ""
    assert words in errors


def test_each_switching_is_a_line(demo_process) -> None:
    """What goes on or off is told on stderr in plain words, with the time of day before it."""
    process = demo_process(*FREE, "--fault", "web=slow,seconds=0.5")
    doors = _doors(process)
    httpx.put(f"{doors['control']}/faults", json={"web": "error-500", "sms": "lost"})
    httpx.delete(f"{doors['control']}/faults")
    process.terminate()
    _, errors = process.communicate(timeout=10)
    assert [line[9:] for line in errors.splitlines()] == [
        "web: slow is on. Every page comes 0.5 seconds late.",
        "web: slow is off.",
        "web: error-500 is on. Every page but the login page answers 500.",
        "sms: lost is on. Replies never come.",
        "web: error-500 is off.",
        "sms: lost is off.",
    ]


def test_a_pipe_that_nobody_reads_stops_nothing(demo_process) -> None:
    """With stderr full, the control door still answers."""
    process = demo_process(*FREE)
    control = _doors(process)["control"]
    with httpx.Client(base_url=control) as client:
        for _ in range(400):
            client.put("/faults", json={"web": "expired-session", "sms": "receipt-failed", "ivr": "one-way"})
            client.delete("/faults")
        assert client.get("/state").json()["faults"]["web"] is None


def test_a_page_that_is_held_back_does_not_hold_the_end_back(demo_process) -> None:
    """Told to end while `slow` holds a page back, the operator lets the page go and ends without a word of error."""
    process = demo_process(*FREE, "--fault", "web=slow,seconds=300")
    host, port = _doors(process)["web"].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as asker:
        asker.sendall(b"GET /login HTTP/1.1\r\nHost: hall\r\n\r\n")
        # The style sheet is not held back: once it is here, the page before it has been asked for.
        assert httpx.get(f"http://{host}:{port}/hall.css").status_code == 200
        started_s = time.monotonic()
        process.terminate()
        _, errors = process.communicate(timeout=10)
        assert time.monotonic() - started_s < 2
        assert asker.recv(12) == b"HTTP/1.1 200"
    assert process.returncode == 0
    assert errors.count("\n") == 1


def test_a_script_plays_from_the_start(demo_process) -> None:
    """The state tells the script and its episode, and the end of the operator is that of its fault."""
    process = demo_process(*FREE, "--script", "seed=7,every=1h,doors=web,healthy=0")
    state = httpx.get(f"{_doors(process)['control']}/state").json()
    assert state["script"]["seed"] == 7
    assert state["script"]["episode"]["fault"] == state["faults"]["web"] == state["switched"][0]["fault"]
    process.terminate()
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert [line.split(" is ")[1][:3] for line in errors.splitlines()] == ["on.", "off"]


def test_a_database_that_is_none_is_bad_input(tmp_path, capfd) -> None:
    """Exit 2 naming the file."""
    (tmp_path / "note.txt").write_text("not a database, but long enough to be told from an empty file" * 20)
    assert serve(ANY, database=tmp_path / "note.txt") == 2
    assert "note.txt" in capfd.readouterr().err


def test_a_named_database_outlives_the_operator(demo_process, tmp_path) -> None:
    """What a customer ordered is still ordered after a restart; a fault from the command line is on."""
    arguments = (*FREE, "--database", str(tmp_path / "customers.sqlite"), "--fault", "web=wrong-balance")
    process = demo_process(*arguments)
    doors = _doors(process)
    with httpx.Client(base_url=doors["web"], follow_redirects=True) as client:
        home = client.post("/login", data={"msisdn": "13800000002", "password": "246802"})
        assert "110.05元" in home.text
        client.post("/packages/5GLL30/order")
    process.terminate()
    process.communicate(timeout=10)
    doors = _doors(demo_process(*arguments))
    customers = {row["msisdn"]: row["packages"] for row in httpx.get(f"{doors['control']}/customers").json()}
    assert customers["13800000002"] == ["5GLL30"]
