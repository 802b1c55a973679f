"""Packets of sound in which nobody may hear anything, nor count keys."""

from __future__ import annotations

import struct

from prober.channels.ivr.packets.streams import Streams, is_rtcp, is_rtp

SOUND, EVENT = bytes(range(160)), b"\x05\x0a\x00\xa0"


def rtp(kind: int, number: int, stamp: int, payload: bytes, *, marked: bool = False) -> bytes:
    return struct.pack("!BBHII", 0x80, marked << 7 | kind, number, stamp, 7) + payload


def test_a_key_becomes_the_silence_that_would_have_been_there():
    """Numbers go on, stamps too, beyond their largest; kind, length and mark are those of sound."""
    streams = Streams()
    assert streams.clear(heard := rtp(8, 65534, 2**32 - 320, SOUND)) == heard
    keys = [
        rtp(120, 65535, 2**32 - 160, EVENT, marked=True),
        rtp(120, 0, 2**32 - 160, EVENT),
        rtp(120, 1, 160, EVENT, marked=True),
    ]
    silence = b"\xd5" * 160
    assert [streams.silenced(key) for key in keys] == [
        rtp(8, 65535, 2**32 - 160, silence),
        rtp(8, 0, 0, silence),
        rtp(8, 1, 160, silence),
    ]


def test_silence_is_in_the_codec_of_the_call():
    """What is silence in A-law is a loud tone in mu-law; where no sound was heard yet, A-law it is."""
    streams = Streams()
    streams.clear(rtp(0, 1, 160, SOUND))
    streams.clear(rtp(120, 2, 320, EVENT))
    assert streams.silenced(rtp(0, 3, 480, SOUND)) == rtp(0, 3, 480, b"\xff" * 160)
    assert Streams().silenced(rtp(120, 3, 480, EVENT)) == rtp(8, 3, 480, b"\xd5" * 160)


def test_a_report_does_not_tell_how_many_bytes_were_sent():
    """A sender's report loses that count alone; a receiver's is as it was."""
    sender = struct.pack("!BBHIQIII", 0x80, 200, 6, 7, 1, 2, 3, 999) + b"rest"
    receiver = struct.pack("!BBHI", 0x80, 201, 1, 7)
    assert Streams.report(sender) == sender.replace(struct.pack("!I", 999), bytes(4))
    assert Streams.report(receiver) == receiver
    assert is_rtcp(sender)
    assert not is_rtp(sender)
    assert is_rtp(rtp(8, 1, 1, b""))
    assert not is_rtp(b"\r\n\r\n")
