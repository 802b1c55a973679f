"""All doors before one database."""

from __future__ import annotations

import tempfile
from pathlib import Path

import httpx

from prober.demo.operator import Operator, Ports


async def test_all_doors_share_one_database_and_one_set_of_switches(tmp_path, monkeypatch) -> None:
    """What is ordered on the web is seen at the control door and reset there; a fault set there shows on the web."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    operator = Operator(Ports(0, 0, 0, 0))
    doors = await operator.start()
    async with (
        httpx.AsyncClient(base_url=doors.web, follow_redirects=True) as hall,
        httpx.AsyncClient(base_url=doors.control) as control,
    ):
        await hall.post("/login", data={"msisdn": "13800000001", "password": "246801"})
        await hall.post("/packages/5GLL30/order")
        assert (await control.get("/customers")).json()[0]["packages"] == ["5GLL30"]
        await control.post("/reset")
        assert "已订购" not in (await hall.get("/packages")).text
        await control.put("/faults", json={"web": "wrong-balance"})
        assert "96.50元" in (await hall.get("/home")).text
        counters = (await control.get("/state")).json()["counters"]
        assert counters["web"]["logins"] == 1
        assert counters["sms"]["stored"] == 0
    assert _entries(tmp_path) == 1
    await operator.close()
    await operator.close()
    assert _entries(tmp_path) == 0


def _entries(folder: Path) -> int:
    return len(list(folder.iterdir()))
