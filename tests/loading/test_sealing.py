"""What is encrypted is opened with its key alone, and any change of it is noticed."""

from __future__ import annotations

import pytest

from prober.errors import RobotBroken
from prober.loading.sealing import Seal, is_sealed

SIZES = [0, 1, 65_535, 65_536, 65_537, 200_000]


@pytest.fixture
def seal():
    return Seal("a key of many characters")


@pytest.mark.parametrize("size", SIZES)
def test_what_is_sealed_is_opened(seal, tmp_path, size):
    """Of any length, in memory and as a file; a sealed file is not sealed again, and nothing is left beside it."""
    content = bytes(number % 251 for number in range(size))
    assert seal.opened(seal.sealed(content)) == content
    file = tmp_path / "call.wav"
    file.write_bytes(content)
    seal.seal_file(file)
    once = file.read_bytes()
    seal.seal_file(file)
    assert (file.read_bytes(), is_sealed(file)) == (once, True)
    assert seal.opened(once) == content
    assert list(tmp_path.iterdir()) == [file]


def test_the_content_is_not_in_it(seal):
    """Neither is it the same twice."""
    content = b"13800000001" * 1000
    assert b"13800000001" not in seal.sealed(content)
    assert seal.sealed(content) != seal.sealed(content)


@pytest.mark.parametrize(("key", "what"), [("", "no key is set"), ("another key of the house", "with another key")])
def test_without_the_right_key_it_is_told(seal, key, what):
    """A missing key and a wrong one have a sentence each."""
    with pytest.raises(RobotBroken, match=f"{what}. Set evidence.key"):
        Seal(key).opened(seal.sealed(b"x"))


@pytest.mark.parametrize(
    "harm",
    [
        lambda one: one[:-1],
        lambda one: one[: 32 + 65_552],
        lambda one: one[:32] + one[32 + 65_552 :],
        lambda one: one[:70_000] + bytes([one[70_000] ^ 1]) + one[70_001:],
        lambda one: one[:40],
    ],
)
def test_any_change_is_noticed(seal, harm):
    """A byte changed, pieces cut off at the end or the beginning."""
    with pytest.raises(RobotBroken, match="was changed since it was encrypted"):
        seal.opened(harm(seal.sealed(bytes(200_000))))


def test_a_head_that_is_cut_off_is_told(seal):
    """As damage, not as a wrong key."""
    with pytest.raises(RobotBroken, match="was cut off"):
        seal.opened(seal.sealed(b"")[:20])


def test_what_was_never_sealed_is_as_it_is(seal):
    """Evidence of before there was a key is read on; without a key nothing is sealed."""
    assert seal.opened(b"RIFF") == b"RIFF"
    assert Seal().sealed(b"RIFF") == b"RIFF"
    assert not Seal()
