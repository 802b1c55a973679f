"""
Files of evidence encrypted where they lie: AES-256-GCM, in pieces, so that none can be changed, swapped or cut off.

    PRBSEAL1 | 8 bytes: which key | 16 bytes: salt of this file | pieces of 64 KiB, each with its tag of 16 bytes

Every file has a key of its own, made of the workspace's key and its salt; a piece's nonce is its number, and whether
it is the last one.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from prober.errors import RobotBroken

_MAGIC = b"PRBSEAL1"
_PIECE_BYTES = 64 * 1024
_TAG_BYTES = 16
_SALT_BYTES = 16
_HEAD_BYTES = len(_MAGIC) + 8 + _SALT_BYTES


class Seal:
    """
    Encrypts with *key*, any text, and opens what was encrypted with it; what was never encrypted is as it is.

    Without a key nothing is encrypted, and what is cannot be opened.
    """

    def __init__(self, key: str = "") -> None:
        self._key = _stretched(key) if key else b""

    def __bool__(self) -> bool:
        """Whether there is a key."""
        return bool(self._key)

    def sealed(self, content: bytes) -> bytes:
        """Return *content* encrypted; as it is, where there is no key."""
        if not self._key:
            return content
        salt = os.urandom(_SALT_BYTES)
        view = memoryview(content)
        pieces = [view[at : at + _PIECE_BYTES] for at in range(0, len(view), _PIECE_BYTES)] or [view]
        return b"".join([self._head(salt), *_encrypted(self._cipher(salt), iter(pieces))])

    def seal_file(self, path: Path) -> None:
        """Encrypt the file at *path* where it lies, piece by piece; a file that is already is left alone."""
        if not self._key or is_sealed(path):
            return
        salt, beside = os.urandom(_SALT_BYTES), path.with_name(f"{path.name}.sealing")
        try:
            with path.open("rb") as source, beside.open("wb") as target:
                target.write(self._head(salt))
                target.writelines(_encrypted(self._cipher(salt), _pieces(source, _PIECE_BYTES)))
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)

    def opened(self, content: bytes) -> bytes:
        """
        Return *content* as it was before it was encrypted; as it is, where it never was.

        Raises:
            RobotBroken: The key is missing or another one, or the content was changed.
        """
        if not content.startswith(_MAGIC):
            return content
        salt = self._salt(content[:_HEAD_BYTES])
        body, whole = memoryview(content)[_HEAD_BYTES:], _PIECE_BYTES + _TAG_BYTES
        pieces = (body[at : at + whole] for at in range(0, len(body), whole))
        return b"".join(_decrypted(self._cipher(salt), pieces))

    def _head(self, salt: bytes) -> bytes:
        return _MAGIC + self._name() + salt

    def _name(self) -> bytes:
        return hmac.digest(self._key, b"which key", "sha256")[:8]

    def _salt(self, head: bytes) -> bytes:
        cure = "Set evidence.key in config.yaml to the key it was encrypted with."
        if not self._key:
            raise RobotBroken("this evidence is encrypted, and no key is set", cure=cure)
        if len(head) < _HEAD_BYTES:
            raise RobotBroken("this evidence was cut off", cure="Restore it: prober db restore.")
        if not hmac.compare_digest(head[len(_MAGIC) : len(_MAGIC) + 8], self._name()):
            raise RobotBroken("this evidence is encrypted with another key", cure=cure)
        return head[-_SALT_BYTES:]

    def _cipher(self, salt: bytes) -> AESGCM:
        return AESGCM(HKDF(SHA256(), 32, salt, b"prober evidence").derive(self._key))


def is_sealed(path: Path) -> bool:
    """Return whether the file at *path* is encrypted."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


@lru_cache(maxsize=8)
def _stretched(key: str) -> bytes:
    """Make a key of a text that a person may have thought of: trying many takes long."""
    return hashlib.scrypt(key.encode(), salt=b"prober evidence", n=2**14, r=8, p=1, dklen=32)


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    return iter(lambda: file.read(size), b"")


def _encrypted(cipher: AESGCM, pieces: Iterator[bytes | memoryview]) -> Iterator[bytes]:
    return _numbered(pieces, lambda nonce, piece: cipher.encrypt(nonce, piece, None))


def _decrypted(cipher: AESGCM, pieces: Iterator[bytes | memoryview]) -> Iterator[bytes]:
    try:
        yield from _numbered(pieces, lambda nonce, piece: cipher.decrypt(nonce, piece, None))
    except InvalidTag as exc:
        raise RobotBroken(
            "this evidence was changed since it was encrypted", cure="Restore it: prober db restore."
        ) from exc


def _numbered(
    pieces: Iterator[bytes | memoryview], work: Callable[[bytes, bytes | memoryview], bytes]
) -> Iterator[bytes]:
    """Do *work* on each piece, with a nonce that tells its place and whether it is the last."""
    number, piece = 0, next(pieces, b"")
    while True:
        following = next(pieces, None)
        yield work(number.to_bytes(11, "big") + bytes([following is None]), piece)
        if following is None:
            return
        number, piece = number + 1, following
