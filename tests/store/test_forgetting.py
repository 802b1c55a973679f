"""A number that is forgotten is nowhere: not in rows, files, pages that were given back."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from prober.channels.sms.quarantine import Pending
from prober.errors import RobotBroken, StoreBroken
from prober.loading.sealing import Seal
from prober.model.line import Line
from prober.model.order import Caps, Claim, OrderState
from prober.model.run import Evidence, Failure, Outcome, Run, StepResult
from prober.store.integrity import verify
from prober.store.store import Store
from prober.store.tables import INCIDENTS
from prober.store.traces_of import traces_of
from tests.canary.traces import in_bytes, in_folder

NUMBER, OTHER = "13812340001", "13956780002"
HIDDEN = "138••••0001"
KEY = "a key of many characters"
Make = Callable[..., Run]


@pytest.fixture
def store(store_url: str):
    """A store whose numbers are hashed with a key."""
    store = Store.open(store_url, key=KEY)
    yield store
    store.close()


@pytest.fixture
async def folder(store: Store, tmp_path: Path, a_run: Make, a_step: Callable[..., StepResult]) -> Path:
    """Two customers with runs, evidence, an order and a debt each, and an incident that names one of them."""
    root = tmp_path / "evidence"
    await store.remember([Line("demo-1", NUMBER), Line("demo-2", OTHER)])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("trace.network", f'{{"to": "{HIDDEN}"}}')
    seal = Seal(KEY)
    for name, line, text, content in (
        ("of-line", "demo-1", "", b"nothing"),
        ("spoken", "demo-3", f"another number: {HIDDEN}", b"nothing"),
        ("in-file", "demo-3", "", packed.getvalue()),
        ("sealed", "demo-3", "", seal.sealed(f"To: {NUMBER}".encode())),
        ("other", "demo-2", "another number: 139••••0002", b"139\xe2\x80\xa2"),
    ):
        path = root / "day" / name / "file.bin"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        kept = Evidence("trace", f"day/{name}/file.bin", hashlib.sha256(content).hexdigest(), len(content))
        facts = {"from": text} if text else {}
        step = replace(a_step(0), failure=Failure("x", actual=text), facts=facts, evidence=())
        ended = {"ended_at": a_run().started_at, "outcome": Outcome.FAILED}
        await store.run_finished(a_run(name, line=line, steps=(step,), evidence=(kept,), **ended))
    await orders_and_debts(store)
    return root


async def orders_and_debts(store: Store) -> None:
    now = datetime.now(UTC)
    for number, line in ((NUMBER, "demo-1"), (OTHER, "demo-2")):
        await store.orders.claim(Claim(f"o-{line}", "order", line, number, date(2026, 11, 21), 1, 0), Caps(9, 9))
        await store.orders.end(f"o-{line}", OrderState.UNDONE)
        quarantine = store.quarantine(Pending)
        for service in ("10086", "10010"):
            await quarantine.begin(Pending(number, service, "spoken", now, now + timedelta(hours=1)))
        await quarantine.settle(number, "10010", late_text="late")
    row = {"id": "i1", "first_run": "of-line", "last_run": "of-line", "opened_at": now, "what": f"wrong for {HIDDEN}!"}
    row |= dict.fromkeys(("kind", "channel", "layer", "step", "severity", "worked"), "")
    await store._database.write(lambda connection: connection.execute(insert(INCIDENTS).values(row)).close())


async def test_nothing_is_left_of_a_number(
    store: Store, store_url: str, folder: Path, contents: Callable[[], bytes]
) -> None:
    """Rows, packed and encrypted files; the other customer keeps everything, and the store verifies clean."""
    done = await store.forgetting.forget(NUMBER, folder, opened=Seal(KEY).opened)
    assert (done.left, done.unread, done.runs, done.files) == ([], {}, 2, 4)
    assert done.rows == {"lines": 1, "quarantines": 1, "orders": 1, "late_replies": 1}
    assert done.blanked == {"incidents.what": 1}
    assert {run.id for run in store.queries.runs()} == {"in-file", "sealed", "other"}
    assert await store.quarantine(Pending).pending(OTHER, "10086") is not None
    assert await store.quarantine(Pending).pending(NUMBER, "10086") is None
    assert verify(store_url, folder, seen=lambda *_: None).damages == ()
    again = await store.forgetting.forget(f"+86{NUMBER}", folder, opened=Seal(KEY).opened)
    assert again.nothing
    store.close()
    assert in_bytes(contents(), [NUMBER, HIDDEN]) == []
    assert in_folder(folder, [NUMBER, HIDDEN]) == []
    assert b"139\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa20002" in contents()


async def test_who_is_masked_alike_keeps_orders_and_debts(store: Store, folder: Path) -> None:
    """An order that may stand is another customer's money; only the hash says whose it is."""
    alike, now = "13899990001", datetime.now(UTC)
    await store.remember([Line("demo-9", alike)])
    await store.orders.claim(Claim("standing", "order", "demo-9", alike, date(2026, 11, 21), 1, 0), Caps(9, 9))
    await store.orders.end("standing", OrderState.STANDING)
    owed = Pending(alike, "10086", "r", now, now + timedelta(hours=1))
    await store.quarantine(Pending).begin(owed)
    done = await store.forgetting.forget(NUMBER, folder, opened=Seal(KEY).opened)
    assert (done.left, done.rows["orders"], done.rows["lines"]) == ([], 1, 1)
    assert await store.quarantine(Pending).pending(alike, "10086") == owed
    assert (await store.orders.standing_on([alike]))[alike].run_id == "standing"


async def test_a_line_that_got_another_number_is_forgotten_with_the_old_one(
    store: Store, folder: Path, a_run: Make, a_step: Callable[..., StepResult]
) -> None:
    """Its runs on the old number go, those on the new one stay, and so does what was under way at the change."""
    ended = {"ended_at": a_run().started_at, "outcome": Outcome.FAILED}
    changing = a_run("changing", line="demo-1")
    await store.run_started(changing)
    await store.remember([Line("demo-1", "13700000007")])
    await store.run_finished(replace(changing, **ended))
    await store.run_finished(a_run("new", line="demo-1", **ended))
    done = await store.forgetting.forget(NUMBER, folder, opened=Seal(KEY).opened)
    assert (done.left, done.runs) == ([], 3)
    kept = {run.id for run in store.queries.runs()}
    assert (kept & {"changing", "of-line"}, "new" in kept) == (set(), True)
    assert "lines" not in done.rows


@pytest.mark.parametrize("hidden", ["138****0001", "138xxxx0001", "138XXXX0001", "138＊＊＊＊0001"])
async def test_the_masks_of_operators_are_known(
    store: Store, folder: Path, a_run: Make, a_step: Callable[..., StepResult], hidden: str
) -> None:
    """What their pages and messages show is found, too: in rows, and in files."""
    ended = {"ended_at": a_run().started_at, "outcome": Outcome.FAILED}
    step = replace(a_step(0), failure=Failure("x", actual=f"尊敬的{hidden}"), evidence=())
    await store.run_finished(a_run("theirs", line="demo-3", steps=(step,), **ended))
    (folder / "day/theirs").mkdir()
    (folder / "day/theirs/page.html").write_bytes(f"尊敬的{hidden}".encode("gb18030"))
    done = await store.forgetting.forget(NUMBER, folder, opened=Seal(KEY).opened)
    assert (done.left, done.runs) == ([], 3)
    assert store.queries.run("theirs") is None
    assert not (folder / "day/theirs/page.html").exists()


@pytest.mark.parametrize("piece_bytes", [1, 7, 64, 1 << 20])
def test_a_database_is_looked_through_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece_bytes: int
) -> None:
    """Wherever a piece ends, what is there is found, and who is masked alike is not."""
    monkeypatch.setattr("prober.store.traces_of._PIECE_BYTES", piece_bytes)
    file, traces = tmp_path / "db", traces_of(NUMBER, ["a" * 32])
    for content, found in (
        (f"{HIDDEN}#{'b' * 32}", False),
        (f"{HIDDEN}#{'a' * 32}", True),
        (f"{HIDDEN}#{'b' * 31}", True),
        (f"{HIDDEN}#{'b' * 32}{HIDDEN}", True),
        (f"x{NUMBER}x", True),
    ):
        file.write_bytes(bytes(100) + content.encode() + bytes(3))
        assert traces.in_database(file) is found, content
        file.write_bytes(bytes(100) + content.encode())
        assert traces.in_database(file) is found, content


def test_a_short_number_has_no_masked_form(tmp_path: Path) -> None:
    """All of it is hidden, as all of any other short one is: only its hash and itself speak of it."""
    file, traces = tmp_path / "db", traces_of("10086", ["a" * 32])
    for content, found in (("••••", False), ("10086", True), ("a" * 32, True)):
        file.write_bytes(content.encode())
        assert traces.in_database(file) is found, content


async def test_no_clear_number_is_ever_kept(store: Store, folder: Path, contents: Callable[[], bytes]) -> None:
    """Lines, debts and orders are kept by what a number is hashed to."""
    store.close()
    assert in_bytes(contents(), [NUMBER, OTHER]) == []
    assert HIDDEN.encode() in contents()


async def test_what_cannot_be_opened_is_told(store: Store, folder: Path) -> None:
    """Without the key nobody knows whether an encrypted file speaks of the number."""
    done = await store.forgetting.forget(NUMBER, folder, opened=Seal().opened)
    assert list(done.unread) == ["day/sealed/file.bin"]


async def test_an_order_that_stands_is_not_forgotten(store: Store, folder: Path) -> None:
    """Nor a number that a run speaks for just now; nothing is done then."""
    await store.orders.claim(Claim("standing", "order", "demo-1", NUMBER, date(2026, 11, 21), 1, 0), Caps(9, 9))
    with pytest.raises(RobotBroken, match="an order of run standing may still stand"):
        await store.forgetting.forget(NUMBER, folder)
    await store.orders.end("standing", OrderState.UNDONE)
    await store.leases.lease(["demo-1"], "playing", 0)
    with pytest.raises(RobotBroken, match="the run playing is under way"):
        await store.forgetting.forget(NUMBER, folder)
    assert len(store.queries.runs()) == 5


async def test_a_key_can_be_given_later(store_url: str) -> None:
    """What was hashed without one is found with it; another key, and none, are refused with a sentence."""
    store = Store.open(store_url)
    now = datetime.now(UTC)
    pending = Pending(NUMBER, "10086", "r", now, now + timedelta(hours=1))
    await store.quarantine(Pending).begin(pending)
    store.close()
    store = Store.open(store_url, key=KEY)
    assert await store.quarantine(Pending).pending(NUMBER, "10086") == pending
    store.close()
    with pytest.raises(StoreBroken, match=r"hashed with another key than ‘store.key’"):
        Store.open(store_url, key="some other key of the house")
    store = Store.open(store_url)
    with pytest.raises(StoreBroken, match=r"hashed with a key, and ‘store.key’ is not set"):
        await store.quarantine(Pending).pending(NUMBER, "10086")
    store.close()
