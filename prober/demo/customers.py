"""The one customer database behind all three doors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from prober.demo import first_state

LOCKED_AFTER = 5

_SCHEMA = """
CREATE TABLE IF NOT EXISTS customers (
    msisdn TEXT PRIMARY KEY, password TEXT NOT NULL, balance_fen INTEGER NOT NULL,
    brand TEXT NOT NULL, province TEXT NOT NULL, wrong_logins INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS packages (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, price_fen INTEGER NOT NULL, description TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS bills (
    msisdn TEXT NOT NULL REFERENCES customers, month TEXT NOT NULL, plan_fen INTEGER NOT NULL,
    voice_fen INTEGER NOT NULL, traffic_fen INTEGER NOT NULL, messages_fen INTEGER NOT NULL,
    PRIMARY KEY (msisdn, month));
CREATE TABLE IF NOT EXISTS orders (
    msisdn TEXT NOT NULL REFERENCES customers, code TEXT NOT NULL REFERENCES packages, PRIMARY KEY (msisdn, code));
"""


class Login(Enum):
    """What came of a login."""

    OK = "ok"
    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(frozen=True)
class Customer:
    """One customer as every door knows them."""

    msisdn: str
    balance_fen: int
    brand: str
    province: str


@dataclass(frozen=True)
class Package:
    """Something a customer can order, paid by the month."""

    code: str
    name: str
    price_fen: int
    description: str


@dataclass(frozen=True)
class Bill:
    """One month's bill. *month* is written 2026-10."""

    month: str
    plan_fen: int
    voice_fen: int
    traffic_fen: int
    messages_fen: int

    @property
    def total_fen(self) -> int:
        """Return what the month cost altogether."""
        return self.plan_fen + self.voice_fen + self.traffic_fen + self.messages_fen


def yuan(fen: int) -> str:
    """Return an amount as customers read it: 8650 is 86.50."""
    return f"{fen // 100}.{fen % 100:02d}"


def national(number: str) -> str:
    """Return a number without its country code: +8613800000001 is 13800000001."""
    digits = number.removeprefix("+")
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits


class Customers:
    """
    Reads and writes the customer database; each process, and each thread, opens its own.

    What is asked of a number that is no customer's raises LookupError, and so does a package that does not exist.
    """

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("PRAGMA foreign_keys=ON")
        self._db.executescript(_SCHEMA)
        if self._db.execute("SELECT 1 FROM customers").fetchone() is None:
            self.reset()

    def close(self) -> None:
        """Close the database. Safe to call twice."""
        self._db.close()

    def all(self) -> list[Customer]:
        """Return every customer, by number."""
        rows = self._db.execute("SELECT msisdn, balance_fen, brand, province FROM customers ORDER BY msisdn")
        return [Customer(*row) for row in rows]

    def find(self, msisdn: str) -> Customer | None:
        """Return the customer of a number, None for a stranger's."""
        query = "SELECT msisdn, balance_fen, brand, province FROM customers WHERE msisdn = ?"
        row = self._db.execute(query, (msisdn,)).fetchone()
        return Customer(*row) if row else None

    def balance(self, msisdn: str) -> int:
        """Return the balance in fen."""
        return self._known(msisdn).balance_fen

    def bills(self, msisdn: str) -> list[Bill]:
        """Return the last three bills, the newest first."""
        self._known(msisdn)
        columns = "month, plan_fen, voice_fen, traffic_fen, messages_fen"
        query = f"SELECT {columns} FROM bills WHERE msisdn = ? ORDER BY month DESC"  # noqa: S608 - a constant list
        return [Bill(*row) for row in self._db.execute(query, (msisdn,))]

    def packages(self) -> list[Package]:
        """Return everything on offer, the new item first."""
        rows = self._db.execute("SELECT code, name, price_fen, description FROM packages ORDER BY rowid")
        return [Package(*row) for row in rows]

    def package(self, code: str) -> Package:
        """Return one package."""
        for package in self.packages():
            if package.code == code:
                return package
        raise LookupError(f"no package {code}")

    def active(self, msisdn: str) -> list[Package]:
        """Return the packages a customer has."""
        self._known(msisdn)
        codes = {code for (code,) in self._db.execute("SELECT code FROM orders WHERE msisdn = ?", (msisdn,))}
        return [package for package in self.packages() if package.code in codes]

    def order(self, msisdn: str, code: str) -> bool:
        """Give the customer a package; False if they had it already."""
        self._known(msisdn)
        self.package(code)
        return self._db.execute("INSERT OR IGNORE INTO orders VALUES (?, ?)", (msisdn, code)).rowcount == 1

    def cancel(self, msisdn: str, code: str) -> bool:
        """Take a package from the customer; False if they had none."""
        self._known(msisdn)
        self.package(code)
        return self._db.execute("DELETE FROM orders WHERE msisdn = ? AND code = ?", (msisdn, code)).rowcount == 1

    def login(self, msisdn: str, password: str) -> Login:
        """Check the service password. Five wrong ones in a row lock the account until a reset; a stranger is WRONG."""
        with self._writing():
            query = "SELECT password, wrong_logins FROM customers WHERE msisdn = ?"
            row = self._db.execute(query, (msisdn,)).fetchone()
            if row is None:
                return Login.WRONG
            right, wrong_logins = row[0] == password, int(row[1])
            if wrong_logins >= LOCKED_AFTER:
                return Login.LOCKED
            wrong_logins = 0 if right else wrong_logins + 1
            self._db.execute("UPDATE customers SET wrong_logins = ? WHERE msisdn = ?", (wrong_logins, msisdn))
        if right:
            return Login.OK
        return Login.LOCKED if wrong_logins >= LOCKED_AFTER else Login.WRONG

    def reset(self) -> None:
        """Bring every customer, bill, package and order back to the first state."""
        today = datetime.now(UTC).astimezone().date()
        with self._writing():
            for table in ("orders", "bills", "packages", "customers"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - the four names above
            self._db.executemany("INSERT INTO packages VALUES (?, ?, ?, ?)", first_state.PACKAGES)
            self._db.executemany("INSERT INTO customers VALUES (?, ?, ?, ?, ?, 0)", first_state.CUSTOMERS)
            self._db.executemany("INSERT INTO bills VALUES (?, ?, ?, ?, ?, ?)", first_state.bills(today))

    def _known(self, msisdn: str) -> Customer:
        if (customer := self.find(msisdn)) is None:
            raise LookupError(f"no customer {msisdn}")
        return customer

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
