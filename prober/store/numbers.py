"""
The telephone numbers of test customers, as the store keeps them: masked for people, hashed to be compared.

`138••••0001#3f…`: HMAC-SHA256 with a salt of the database's own, and once more with `store.key` where one is given.
Without a key, whoever has the whole database finds a number out by trying all there are; with one, nobody does.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from sqlalchemy import Connection, insert, select, update

from prober.errors import StoreBroken
from prober.model.order import masked
from prober.store.tables import KEYS, LATE_REPLIES, LINES, ORDERS, QUARANTINES, RUNS

HASHED = (LINES, QUARANTINES, ORDERS, LATE_REPLIES)
"""The tables that are about a number, each in its column `msisdn`; runs have one, too."""
_MARK = "#"
_CHECKED = "prober"


class Numbers:
    """Hashes numbers with the salt of the database they are kept in, and with *key*, if it is one."""

    def __init__(self, key: str = "") -> None:
        self._key = key

    def kept(self, connection: Connection, msisdn: str) -> str:
        """
        Return *msisdn* as it is kept.

        Raises:
            StoreBroken: The numbers of this database are hashed with another key, or with one that was not given.
        """
        keys = _keys(connection)
        self._refuse_other(keys)
        one = salted(keys["salt"], msisdn)
        return _keyed(self._key, one) if self._key else one

    def prepare(self, connection: Connection) -> None:
        """
        Hash what was kept without a key with this one.

        Raises:
            StoreBroken: The numbers are hashed with another key already.
        """
        keys = _keys(connection)
        if not self._key:
            return
        if "check" in keys:
            self._refuse_other(keys)
            return
        for table in (*HASHED, RUNS):
            kept = select(table.c.msisdn).where(table.c.msisdn.is_not(None)).distinct()
            for one in connection.scalars(kept).all():
                changed = update(table).where(table.c.msisdn == one).values(msisdn=_keyed(self._key, one))
                connection.execute(changed)
        connection.execute(insert(KEYS).values(name="check", value=_hmac(self._key, _CHECKED)))

    def _refuse_other(self, keys: Mapping[str, str]) -> None:
        if keys.get("check", "") == (_hmac(self._key, _CHECKED) if self._key else ""):
            return
        given = "another key than ‘store.key’" if self._key else "a key, and ‘store.key’ is not set"
        raise StoreBroken(
            f"the telephone numbers in the results database are hashed with {given}",
            cure="Give the key it was begun with (store.key in config.yaml): without it nobody knows whom they are.",
        )


def shown(kept: str) -> str:
    """Return what a person sees of a number that is kept: 138••••0001."""
    return kept.partition(_MARK)[0]


def salted(salt: str, msisdn: str) -> str:
    """Return *msisdn* as it is kept where there is no key."""
    return f"{masked(msisdn)}{_MARK}{_hmac(salt, msisdn)}"


def _keyed(key: str, one: str) -> str:
    """Return a salted number hashed once more: that needs the key alone, so that a key can be given at any time."""
    display, _, hashed = one.partition(_MARK)
    return f"{display}{_MARK}{_hmac(key, hashed)}"


def _hmac(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def _keys(connection: Connection) -> dict[str, str]:
    return {row.name: row.value for row in connection.execute(select(KEYS))}
