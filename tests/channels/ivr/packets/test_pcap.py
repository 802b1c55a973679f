"""Capture files: read as tcpdump and dumpcap write them, written as Wireshark reads them."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from ipaddress import ip_address

import pytest

from prober.channels.ivr.packets.pcap import Datagram, read, write

OURS, THEIRS = (ip_address(one).packed for one in ("10.0.0.7", "10.0.0.5"))
IPV4 = bytes.fromhex("450000001a2b40004011" + "0000") + OURS + THEIRS
IPV6 = bytes.fromhex("60000000 0000 1140") + ip_address("fd00::7").packed + ip_address("fd00::5").packed
ONE = Datagram(1_700_000_000_123_456_789, (OURS, 5060), (THEIRS, 5062), b"odd", IPV4)
SIX = replace(ONE, source=(IPV6[8:24], 5060), target=(IPV6[24:], 5062), header=IPV6)


def packet(one: Datagram) -> bytes:
    return write([one])[40:]


def captured(*frames: bytes, link: int, order: str = "<", magic: int = 0xA1B2C3D4) -> io.BytesIO:
    head = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    records = (struct.pack(f"{order}IIII", 1_700_000_000, 123_456, len(one), len(one)) + one for one in frames)
    return io.BytesIO(head + b"".join(records))


@pytest.mark.parametrize("one", [ONE, SIX, replace(ONE, payload=b"")], ids=["IPv4", "IPv6", "empty"])
def test_what_is_written_is_read_again(one):
    """To the nanosecond, with addresses, ports and payload; only lengths and checksums in the header are made anew."""
    (found,) = read(io.BytesIO(write([one])))
    assert replace(found, header=b"") == replace(one, header=b"")
    assert len(found.header) == len(one.header)


def test_the_checksums_are_those_of_the_rfcs():
    """Summed with its checksum, an IP header and a datagram with what stands for its addresses come to nothing."""
    made = packet(ONE)
    pseudo = made[12:20] + struct.pack("!HH", 17, len(made) - 20)
    for summed in (made[:20], pseudo + made[20:] + b"\0"):
        total = sum(struct.unpack(f"!{len(summed) // 2}H", summed))
        assert (total & 0xFFFF) + (total >> 16) == 0xFFFF


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("magic", "parts_ns"), [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1)])
def test_both_orders_of_bytes_and_both_units_are_read(order, magic, parts_ns):
    """A file tells by its first number whose it is, and whether its stamps are micro- or nanoseconds."""
    (found,) = read(captured(packet(ONE), link=101, order=order, magic=magic))
    assert found.at_ns == 1_700_000_000 * 10**9 + 123_456 * parts_ns


@pytest.mark.parametrize(
    ("link", "before", "interface"),
    [
        (1, b"\2" * 12 + b"\x08\x00", 0),
        (1, b"\2" * 12 + b"\x81\x00\x00\x05\x08\x00", 0),
        (0, b"\2\0\0\0", 0),
        (113, bytes(14) + b"\x08\x00", 0),
        (276, b"\x08\x00\0\0\0\0\0\x03" + bytes(12), 3),
    ],
    ids=["Ethernet", "VLAN", "loopback", "Linux cooked", "Linux cooked 2"],
)
def test_every_kind_of_network_is_read(link, before, interface):
    """What stands before the IP packet is left out; the interface is known where it is told."""
    (found,) = read(captured(before + packet(ONE), link=link))
    assert (found.payload, found.source, found.interface) == (b"odd", ONE.source, interface)


def test_what_is_no_whole_udp_datagram_is_left_out():
    """A fragment, TCP, ARP, what was cut, and nonsense."""
    whole = packet(ONE)
    fragment = whole[:6] + b"\x20\x00" + whole[8:]
    tcp = whole[:9] + b"\x06" + whole[10:]
    short = (whole[:20], whole[:7], b"", b"\xff" * 60, b"\x4f" + whole[1:])
    assert list(read(captured(fragment, tcp, *short, link=101))) == []
    assert list(read(captured(b"\2" * 12 + b"\x08\x06" + whole, link=1))) == []
    cut = captured(whole, link=101).getvalue()
    assert list(read(io.BytesIO(cut[:-1]))) == []


@pytest.mark.parametrize(
    "content", [b"", b"RIFF" * 20, captured(link=105).getvalue()], ids=["empty", "WAV", "wireless"]
)
def test_what_is_no_capture_is_refused(content):
    """And so is one whose packets stand behind something unknown."""
    with pytest.raises(ValueError, match=r"it is no capture|its link type is 105"):
        list(read(io.BytesIO(content)))
