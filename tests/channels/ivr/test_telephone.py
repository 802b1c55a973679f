"""What a call's figures tell, and what they do not where nothing was measured."""

from __future__ import annotations

from prober.channels.ivr.messages import Figures
from prober.channels.ivr.telephone import estimate, facts_of, missing_share


def test_a_call_without_a_stream_has_no_counts():
    """Not measured is no nought, and nothing is computed from it."""
    told = Figures(at_s=1.0)
    facts = facts_of(told)
    assert {facts[f"rtp_{name}"] for name in ("sent", "received", "lost", "discarded")} == {None}
    assert (estimate(told), missing_share(told)) == (None, None)
