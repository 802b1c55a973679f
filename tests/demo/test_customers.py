"""The customer database."""

from __future__ import annotations

import pytest

from prober.demo.customers import Customers, Login, national, yuan

ME = "13800000001"


def test_the_first_state_is_eight_customers(demo_customers) -> None:
    """Each has a balance of their own; amounts that are hard to speak are among them."""
    balances = {customer.msisdn: customer.balance_fen for customer in demo_customers.all()}
    assert list(balances) == [f"1380000000{number}" for number in range(1, 9)]
    assert len(set(balances.values())) == 8
    assert balances[ME] == 8650
    assert {10005, 120340, 80} <= set(balances.values())


def test_the_new_item_is_on_offer(demo_customers) -> None:
    """5GLL30 costs 30.00 yuan a month, and nobody has it yet."""
    item = demo_customers.package("5GLL30")
    assert (item.name, item.price_fen) == ("5G 流量包", 3000)
    assert not any(demo_customers.active(customer.msisdn) for customer in demo_customers.all())


def test_another_opener_sees_what_was_ordered(demo_customers, tmp_path) -> None:
    """Doors open the database each for itself; what one writes the other reads, and opening changes nothing."""
    assert demo_customers.order(ME, "5GLL30")
    other = Customers(tmp_path / "customers.sqlite")
    assert [package.code for package in other.active(ME)] == ["5GLL30"]
    assert not other.order(ME, "5GLL30")
    assert other.cancel(ME, "5GLL30")
    assert not other.cancel(ME, "5GLL30")
    other.close()
    assert demo_customers.active(ME) == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda customers: customers.balance("13900000001"),
        lambda customers: customers.bills("13900000001"),
        lambda customers: customers.active("13900000001"),
        lambda customers: customers.order("13900000001", "5GLL30"),
        lambda customers: customers.order(ME, "NONE"),
        lambda customers: customers.cancel(ME, "NONE"),
    ],
)
def test_strangers_and_unknown_packages_are_told_apart(demo_customers, ask) -> None:
    """What is asked of nobody, or of nothing, is a LookupError."""
    assert demo_customers.find("13900000001") is None
    with pytest.raises(LookupError):
        ask(demo_customers)


def test_a_login_locks_after_five_wrong_ones(demo_customers) -> None:
    """The fifth wrong password locks; a stranger never locks."""
    assert demo_customers.login(ME, "246801") is Login.OK
    assert [demo_customers.login(ME, "0") for _ in range(5)] == [Login.WRONG] * 4 + [Login.LOCKED]
    assert demo_customers.login(ME, "246801") is Login.LOCKED
    assert [demo_customers.login("13900000001", "0") for _ in range(6)] == [Login.WRONG] * 6


def test_a_reset_brings_the_first_state_back(demo_customers) -> None:
    """Orders are gone and locks open."""
    demo_customers.order(ME, "5GLL30")
    for _ in range(5):
        demo_customers.login(ME, "0")
    demo_customers.reset()
    assert demo_customers.active(ME) == []
    assert demo_customers.login(ME, "246801") is Login.OK


def test_there_are_three_bills(demo_customers) -> None:
    """The newest is first, and the total is what the parts come to."""
    bills = demo_customers.bills(ME)
    assert len(bills) == 3
    assert [bill.month for bill in bills] == sorted((bill.month for bill in bills), reverse=True)
    newest = bills[0]
    assert newest.total_fen == newest.plan_fen + newest.voice_fen + newest.traffic_fen + newest.messages_fen


@pytest.mark.parametrize(("fen", "text"), [(8650, "86.50"), (80, "0.80"), (5, "0.05"), (120340, "1203.40")])
def test_amounts_have_two_decimals(fen, text) -> None:
    """Fen are written as yuan."""
    assert yuan(fen) == text


@pytest.mark.parametrize("number", ["13800000001", "8613800000001", "+8613800000001"])
def test_a_number_loses_its_country_code(number) -> None:
    """All ways of writing a number are one customer."""
    assert national(number) == ME
