"""Whether there is a way to the channel, as the kernel knows it."""

from __future__ import annotations

import pytest

from prober.channels import way
from prober.errors import RobotBroken


async def test_a_machine_without_a_route_is_the_robots_fault(monkeypatch):
    """Where the kernel knows no way to an address, or to any DNS server, the channel was never asked."""
    assert await way.way_to("127.0.0.1") == "this machine has a way to 127.0.0.1, from 127.0.0.1"
    monkeypatch.setattr(way, "_own_address", lambda _: None)
    with pytest.raises(RobotBroken, match=r"this machine has no route to 127\.0\.0\.1"):
        await way.way_to("127.0.0.1")
    with pytest.raises(RobotBroken, match="no route to the DNS servers"):
        await way.way_to("hall.invalid")


@pytest.mark.parametrize("upstream", ["nameserver 127.0.0.1\n", ""])
async def test_a_resolver_on_this_machine_proves_nothing(monkeypatch, tmp_path, upstream):
    """It answers on loopback though every cable is out: only whom it asks counts, and if that is unknown, in doubt."""
    monkeypatch.setattr(way, "_RESOLVERS", stub := tmp_path / "resolv.conf")
    monkeypatch.setattr(way, "_UPSTREAMS", upstreams := tmp_path / "upstreams.conf", raising=False)
    stub.write_text("nameserver 127.0.0.53\noptions edns0\n")
    upstreams.write_text(upstream)
    with pytest.raises(RobotBroken, match=r"why hall\.invalid has no address: .* its own resolver \(127\.0\.0\.53\)"):
        await way.way_to("hall.invalid")
    upstreams.write_text("nameserver 192.0.2.53\n")
    monkeypatch.setattr(way, "_own_address", {"192.0.2.53": "192.0.2.2"}.get)
    assert await way.way_to("hall.invalid") == "this machine has a way to the DNS servers, from 192.0.2.2"
