"""The menu, without a call."""

from __future__ import annotations

import pytest

from prober.demo.customers import Customers
from prober.demo.ivr.menu import MENU, NEW_ITEM, Conversation, Turn
from prober.demo.recordings import Recordings

AMOUNT = tuple(f"pieces/{piece}" for piece in ("d8", "ten", "d6", "yuan", "d5", "jiao"))
BALANCE = ("balance", *AMOUNT, "balance_menu")
MSISDN = "13800000001"


@pytest.fixture
def talk(demo_customers: Customers) -> Conversation:
    """A known customer who has been greeted; no fault is on."""
    talk = Conversation(MSISDN, demo_customers)
    assert talk.begin() == Turn(("welcome", "main_menu"))
    return talk


@pytest.mark.parametrize(
    ("keys", "heard"),
    [
        ("1", BALANCE),
        ("2", ("packages",)),
        ("3", ("new_item",)),
        ("*", ("main_menu",)),
        ("7", ("wrong_key", "main_menu")),
        ("9", ("wrong_key", "main_menu")),
        ("19", ("main_menu",)),
        ("1*", BALANCE),
        ("11", ("wrong_key", *BALANCE)),
        ("29", ("main_menu",)),
        ("39", ("main_menu",)),
        ("31", ("new_item_done", "main_menu")),
        ("31*", ("main_menu",)),
        ("3131", ("new_item_already", "main_menu")),
    ],
)
def test_keys(talk, keys, heard):
    """Keys lead where the menu says, and what is heard there says it."""
    for key in keys:
        turn = talk.key(key)
    assert turn == Turn(heard)


def test_order(talk, demo_customers):
    """Only the key that confirms orders the new item."""
    talk.key("3")
    assert demo_customers.active(MSISDN) == []
    talk.key("1")
    assert [package.code for package in demo_customers.active(MSISDN)] == [NEW_ITEM]


def test_agent(talk):
    """There are no agents: the call ends after the transfer is announced."""
    assert talk.key("0") == Turn(("agent", "goodbye"), ends=True)


def test_silence(talk):
    """A caller who stays silent is asked once more, and then left."""
    assert talk.silence() == Turn(("no_input", "main_menu"))
    assert talk.silence() == Turn(("goodbye",), ends=True)


def test_silence_forgiven(talk):
    """A key starts the count of silences anew."""
    talk.silence()
    talk.key("2")
    assert talk.silence() == Turn(("no_input", "packages"))


def test_stranger(demo_customers):
    """A number that is no customer's hears so, and nothing else."""
    talk = Conversation("13900000000", demo_customers)
    assert talk.begin() == Turn(("not_customer", "goodbye"), ends=True)


def test_wrong_prompt(talk):
    """The fault counts at the moment of the key: on, it plays the packages, and off again, the balance."""
    assert talk.key("1", "wrong-prompt") == Turn(("packages",))
    talk.key("9")
    assert talk.key("1") == Turn(BALANCE)


def test_missing_key(talk):
    """Key 1 of the main menu is wrong while the fault is on; that of another menu, and other keys, are not."""
    assert talk.key("1", "missing-key") == Turn(("wrong_key", "main_menu"))
    assert talk.key("3", "missing-key") == Turn(("new_item",))
    assert talk.key("1", "missing-key") == Turn(("new_item_done", "main_menu"))
    assert talk.key("1") == Turn(BALANCE)


def test_wrong_amount(talk):
    """The balance that is read out, also when it is repeated, is 10.00 yuan more, and right again afterwards."""
    more = ("balance", *(f"pieces/{piece}" for piece in ("d9", "ten", "d6", "yuan", "d5", "jiao")), "balance_menu")
    assert talk.key("1", "wrong-amount") == Turn(more)
    assert talk.key("*", "wrong-amount") == Turn(more)
    assert talk.key("*") == Turn(BALANCE)


def test_whole():
    """Every key, and every way on, leads to a place there is."""
    targets = {target for node in MENU.values() for target in (*node.keys.values(), node.leads_to) if target}
    assert targets <= set(MENU)


def test_recorded(ivr_recordings: Recordings):
    """Everything the menu says is recorded."""
    said = {line for node in MENU.values() for line in node.says if not line.startswith("{")}
    said |= {"new_item_done", "new_item_already", "wrong_key", "no_input"}
    assert said <= set(ivr_recordings.prompts)
