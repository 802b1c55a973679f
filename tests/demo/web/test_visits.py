"""Who is logged in, and how long."""

from __future__ import annotations

from prober.demo.web.visits import ENDS_AFTER_S, Visits


def test_a_visit_ends_after_half_an_hour_without_a_page() -> None:
    """Each page begins the half hour again."""
    now_s = 0.0
    visits = Visits(clock=lambda: now_s)
    token = visits.begin("13800000001")
    now_s = ENDS_AFTER_S - 1
    assert visits.of(token)
    now_s += ENDS_AFTER_S - 1
    assert visits.of(token)
    now_s += ENDS_AFTER_S
    assert visits.of(token) is None


def test_no_two_visits_share_a_token() -> None:
    """The same customer twice is two visits, and ending one leaves the other."""
    visits = Visits()
    first, second = visits.begin("13800000001"), visits.begin("13800000001")
    visits.end(first)
    assert visits.of(first) is None
    assert visits.of(second)
