"""The control door before a real HTTP client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest

from prober.demo.control import Control
from prober.demo.customers import Customers
from prober.demo.faults import Faults
from prober.demo.http import HttpDoor
from prober.demo.journal import Journal
from prober.demo.player import Player


@pytest.fixture
async def control_client(demo_customers: Customers, demo_faults: Faults) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the control door of an operator with nothing else."""
    journal, player = Journal(), Player(demo_faults)
    demo_faults.watch(journal.note)
    control = Control(
        demo_customers, demo_faults, player, journal, lambda: {"doors": {"sip": "here"}}, demo_customers.reset
    )
    door = HttpDoor("127.0.0.1", 0, control.app())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{await door.start()}") as client:
        yield client
    player.stop()
    await door.close()


async def test_faults_are_switched(control_client, demo_faults) -> None:
    """PUT changes the doors it names, null clears one, DELETE clears all; the answer is what is on."""
    answer = await control_client.put("/faults", json={"ivr": "wrong-prompt", "sms": "late-reply"})
    assert answer.json() == {
        "ivr": {"name": "wrong-prompt", "arguments": {}},
        "web": None,
        "sms": {"name": "late-reply", "arguments": {"seconds": 20.0}},
    }
    answer = await control_client.put("/faults", json={"ivr": None, "sms": {"name": "late-reply", "seconds": 5}})
    assert answer.json()["ivr"] is None
    assert demo_faults.active("sms").arguments == {"seconds": 5.0}
    assert (await control_client.delete("/faults")).json() == {"ivr": None, "web": None, "sms": None}


@pytest.mark.parametrize(
    "body", ['{"web": "wrong"}', "[]", "nonsense", b"\xff\xfe\xfd", "", '{"web": ["wrong-balance"]}']
)
async def test_what_cannot_be_switched_is_422(control_client, demo_faults, body) -> None:
    """The answer says what is wrong, and nothing is switched."""
    answer = await control_client.put("/faults", content=body)
    assert answer.status_code == 422
    assert answer.json()["error"]
    assert demo_faults.active("web") is None


async def test_a_script_is_played_and_ended(control_client, demo_faults) -> None:
    """PUT begins it in place of what is on, and its state is the answer; DELETE ends it and its fault."""
    await control_client.put("/faults", json={"sms": "lost"})
    wish = {"seed": 7, "every_s": 600, "doors": ["web"], "healthy": 0}
    told = (await control_client.put("/script", json=wish)).json()
    assert {name: told[name] for name in wish} == wish
    state = (await control_client.get("/state")).json()
    assert state["script"] == told
    assert state["faults"] == {"ivr": None, "web": told["episode"]["fault"], "sms": None}
    assert (await control_client.put("/script", json={"seed": 8})).json()["seed"] == 8
    assert (await control_client.delete("/script")).json() == {"ivr": None, "web": None, "sms": None}
    assert (await control_client.get("/state")).json()["script"] is None


async def test_a_script_has_the_switches_for_itself(control_client, demo_faults) -> None:
    """While it plays, PUT and DELETE /faults are 409 with what to do, and nothing is switched."""
    await control_client.put("/script", json={"seed": 7, "doors": ["web"], "healthy": 0})
    on = demo_faults.active("web")
    for answer in (
        await control_client.put("/faults", json={"sms": "lost"}),
        await control_client.delete("/faults"),
    ):
        assert answer.status_code == 409
        assert "DELETE /script" in answer.json()["error"]
    assert (demo_faults.active("web"), demo_faults.active("sms")) == (on, None)
    await control_client.delete("/script")
    assert (await control_client.put("/faults", json={"sms": "lost"})).status_code == 200


@pytest.mark.parametrize("body", ['{"seed": "x"}', "{}", "[]", '{"seed": 7, "doors": "web"}', '{"seed": 7, "fax": 1}'])
async def test_what_is_no_script_is_422(control_client, body) -> None:
    """The answer says what is wrong; a script that is on plays on."""
    await control_client.put("/script", json={"seed": 7})
    answer = await control_client.put("/script", content=body)
    assert answer.status_code == 422
    assert answer.json()["error"]
    assert (await control_client.get("/state")).json()["script"]["seed"] == 7


async def test_the_state_tells_what_was_switched(control_client) -> None:
    """Each change of a door is an entry, in order, with aware times."""
    await control_client.put("/faults", json={"web": "slow"})
    await control_client.put("/faults", json={"web": None, "sms": "lost"})
    entries = (await control_client.get("/state")).json()["switched"]
    assert [(entry["number"], entry["door"], (entry["fault"] or {}).get("name")) for entry in entries] == [
        (1, "web", "slow"),
        (2, "web", None),
        (3, "sms", "lost"),
    ]
    assert [entry["at_s"] for entry in entries] == sorted(entry["at_s"] for entry in entries)
    assert all(datetime.fromisoformat(entry["at"]).utcoffset() == timedelta(0) for entry in entries)


async def test_the_state_tells_the_known_faults(control_client) -> None:
    """Who reads the state needs no manual for the switches."""
    state = (await control_client.get("/state")).json()
    assert state["doors"] == {"sip": "here"}
    assert state["faults"] == {"ivr": None, "web": None, "sms": None}
    assert "10.00 yuan" in state["known_faults"]["web"]["wrong-balance"]


async def test_a_reset_is_seen_among_the_customers(control_client, demo_customers) -> None:
    """GET /customers shows balances and packages; POST /reset takes the orders back."""
    demo_customers.order("13800000001", "5GLL30")
    first = (await control_client.get("/customers")).json()[0]
    assert (first["msisdn"], first["balance_fen"], first["packages"]) == ("13800000001", 8650, ["5GLL30"])
    assert (await control_client.post("/reset")).json() == {"customers": 8}
    assert (await control_client.get("/customers")).json()[0]["packages"] == []
