"""The canary test can fail: what looks for the secret finds it wherever it is planted."""

from __future__ import annotations

import base64
import gzip
import io
import json
import sqlite3
import zipfile
from urllib.parse import quote

import numpy as np
import pytest

from tests.canary import tones, traces

HARD, KEYS = "p&ss wörd/密码+1", "48657864"


def zipped(content):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.json", content)
    return held.getvalue()


PLANTED = {
    "raw": lambda secret: secret.encode(),
    "url": lambda secret: quote(secret, safe="").lower().encode(),
    "json": lambda secret: json.dumps(secret).encode(),
    **{f"base64 +{n}": lambda secret, n=n: base64.b64encode(b"x" * n + secret.encode() + b"yz") for n in range(3)},
    "hex": lambda secret: secret.encode().hex().upper().encode(),
    "utf-16-be": lambda secret: secret.encode("utf-16-be"),
    "utf-16-le": lambda secret: secret.encode("utf-16-le"),
    "ucs-2 hex": lambda secret: secret.encode("utf-16-be").hex().encode(),
    "utf-16 base64": lambda secret: base64.b64encode(b"x" + secret.encode("utf-16-le")),
    "gzip": lambda secret: gzip.compress(secret.encode()),
    "zip in a zip": lambda secret: zipped(zipped(secret.encode())),
    "data url": lambda secret: (
        b"<img src='data:image/png;base64," + base64.b64encode(gzip.compress(secret.encode())) + b"'>"
    ),
}


@pytest.mark.parametrize("secret", [HARD, KEYS])
@pytest.mark.parametrize("way", PLANTED)
def test_a_planted_secret_is_found(way, secret, tmp_path):
    """In every form, in the middle of a file."""
    content = PLANTED[way](secret)
    whole = content if content[:2] in (b"PK", b"\x1f\x8b") else b"before " + content + b" after"
    (tmp_path / "file.bin").write_bytes(whole)
    assert traces.in_folder(tmp_path, [secret])
    assert traces.in_folder(tmp_path, ["otherwise"]) == []


def test_a_secret_in_a_column_or_a_name_is_found(tmp_path):
    """Of a database, and of a file."""
    database = sqlite3.connect(tmp_path / "x.sqlite")
    with database:
        database.execute("CREATE TABLE steps (name, facts)")
        database.execute("INSERT INTO steps VALUES (?, ?)", ("a", json.dumps({"x": HARD})))
    database.close()
    (tmp_path / f"shot-{KEYS}.png").touch()
    assert [found.partition(":")[0] for found in traces.in_database(tmp_path / "x.sqlite", [HARD])] == ["steps.facts"]
    assert traces.in_folder(tmp_path, [KEYS])


def test_keys_are_heard_in_a_recording():
    """Also under noise, and short; noise alone and a chord of speech are no keys."""
    rng = np.random.default_rng(1)
    time = np.arange(800) / 8000

    def tone(*tones):
        return sum(0.2 * np.sin(2 * np.pi * one * time) for one in tones)

    noise = rng.normal(0, 0.02, 400)
    pressed = np.concatenate([noise, tone(770, 1209), noise, tone(852, 1336), noise, tone(852, 1336), noise])
    assert tones.keys(pressed) == "488"
    assert tones.keys(rng.normal(0, 0.1, 8000)) == ""
    assert tones.keys(tone(220, 440, 660, 880, 1100)) == ""
