"""`channels.ivr` in config.yaml."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from prober.channels.ivr.config import Settings


@pytest.mark.parametrize(
    ("server", "host", "port"),
    [("10.0.0.5:5062", "10.0.0.5", 5062), ("ivr.example.net", "ivr.example.net", 5060)],
)
def test_the_server_has_a_port_of_its_own_or_5060(server, host, port):
    """host:port, or the host alone."""
    settings = Settings.model_validate({"server": server, "prompts": "prompts"})
    assert (settings.host, settings.port) == (host, port)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"server": "sip:10086@host"}, "write host:port"),
        ({"server": "host:70000"}, "write host:port"),
        ({"transport": "sctp"}, "udp"),
        ({"codecs": ["OPUS"]}, "PCMA"),
        ({"codecs": []}, "at least 1"),
        ({"rtp_ports": "20000"}, "write 20000-29999"),
        ({"rtp_ports": "20000-20001"}, "the fewest"),
        ({"sever": "host"}, "Extra inputs"),
    ],
)
def test_a_mistake_is_refused_with_what_to_write(wrong, told):
    """Nothing wrong gets as far as a call."""
    with pytest.raises(ValidationError, match=told):
        Settings.model_validate({"server": "host:5060", "prompts": "prompts", **wrong})
