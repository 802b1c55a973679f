"""Who is told what, and when: a table, a clock, and no waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from prober.alerts import routes
from prober.model.alarm import Alarm, Delivery, Quiet, Reason, Way, last_change
from prober.model.incident import Cause, Happened, Incident, Kind
from prober.model.probe import Severity
from prober.model.run import Layer
from tests.alerts.conftest import NOON, Clock, changed

Make = Callable[..., Incident]
NIGHT = Quiet("0 22 * * *", 9 * 3600)
SECONDS, MINUTES, HOURS = (
    (lambda n: timedelta(seconds=n)),
    (lambda n: timedelta(minutes=n)),
    (lambda n: timedelta(hours=n)),
)


class Outbox:
    """Takes each alarm once, as the store does, and sends it at once."""

    def __init__(self, *ways: Way) -> None:
        self.ways = ways
        self.told: list[Alarm] = []

    def plan(self, incident: Incident, now: datetime, state: Delivery = Delivery.SENT) -> list[tuple[str, Reason]]:
        """Plan at *now*; what is due now gets *state*. Return what is new, by way and reason."""
        new = []
        for alarm in routes.plan(incident, self.told, self.ways, now).alarms:
            key = (alarm.incident_id, alarm.way, alarm.reason, alarm.number)
            if key not in {(one.incident_id, one.way, one.reason, one.number) for one in self.told}:
                sent = state if alarm.due_at <= now else Delivery.WAITING
                sent_at = now if sent is Delivery.SENT else None
                made = replace(alarm, id=len(self.told) + 1, state=sent, made_at=now, sent_at=sent_at)
                self.told.append(made)
                new.append((made.way, made.reason))
        return new

    def over(self, incident: Incident, start: datetime, end: datetime) -> list[tuple[float, str, Reason]]:
        """Plan every second from *start* to *end*; return what is new, with the seconds since *start*."""
        told, now = [], start
        while now <= end:
            told += [((now - start).total_seconds(), way, reason) for way, reason in self.plan(incident, now)]
            now += SECONDS(1)
        return told


@pytest.mark.parametrize(
    ("way", "told"),
    [
        (Way("all"), True),
        (Way("item", items=("balance-query",)), True),
        (Way("other item", items=("bill",)), False),
        (Way("channel", channels=("ivr", "sms")), True),
        (Way("other channel", channels=("web",)), False),
        (Way("team", teams=("voice",)), True),
        (Way("other team", teams=("web",)), False),
        (Way("kind", kinds=(Kind.CHANNEL,)), True),
        (Way("other kind", kinds=(Kind.ROBOT,)), False),
        (Way("as bad", severity=Severity.MAJOR), True),
        (Way("worse only", severity=Severity.CRITICAL), False),
        (Way("all of it", items=("balance-query",), teams=("web",)), False),
    ],
    ids=lambda value: value.name.replace(" ", "-") if isinstance(value, Way) else "",
)
def test_a_way_is_told_of_what_matches_everything(way: Way, told: bool, an_incident: Make) -> None:
    """Item, channel, team, kind and severity must all match, where they are given."""
    assert Outbox(way).plan(an_incident(), NOON + MINUTES(1)) == ([(way.name, Reason.OPENED)] if told else [])


def test_channels_that_disagree_are_told_to_the_people_of_each(an_incident: Make) -> None:
    """A cause that lies with two channels matches a way of either."""
    incident = an_incident(cause=Cause(Kind.CHANNEL, "ivr+web", Layer.CONTENT, "same"))
    both = Outbox(Way("voice", channels=("ivr",)), Way("web", channels=("web",)), Way("sms", channels=("sms",)))
    assert both.plan(incident, NOON + MINUTES(1)) == [("voice", Reason.OPENED), ("web", Reason.OPENED)]


def test_what_fails_together_is_told_together(an_incident: Make) -> None:
    """Nothing is told for 5 s after an incident opened, then once; what joined meanwhile is no update."""
    outbox = Outbox(Way("chat"))
    incident = changed(an_incident(), Happened.JOINED, NOON + SECONDS(1), probes=("balance", "bill"))
    assert outbox.over(incident, NOON, NOON + HOURS(2)) == [(5.0, "chat", Reason.OPENED)]


def test_many_that_join_are_one_update_in_ten_minutes(an_incident: Make) -> None:
    """Fifty probes that join over five minutes make one message, ten minutes after the first; then silence."""
    outbox, incident, told = Outbox(Way("chat")), an_incident(), []
    for second in range(3600):
        now = NOON + SECONDS(second)
        if 60 <= second < 360 and second % 6 == 0:
            incident = changed(incident, Happened.JOINED, now)
        told += [(second, reason) for _, reason in outbox.plan(incident, now)]
    assert told == [(5, Reason.OPENED), (605, Reason.UPDATED)]


def test_who_joins_late_is_gathered_for_a_minute(an_incident: Make) -> None:
    """A probe that joins after an hour is told a minute later, with those that follow it in that minute."""
    outbox, incident = Outbox(Way("chat")), an_incident()
    outbox.plan(incident, NOON + SECONDS(5))
    for second in (0, 20, 40):
        incident = changed(incident, Happened.JOINED, NOON + HOURS(1) + SECONDS(second))
    told = outbox.over(incident, NOON + HOURS(1), NOON + HOURS(2))
    assert told == [(60.0, "chat", Reason.UPDATED)]


def test_reminders_go_on_until_somebody_acknowledges(an_incident: Make) -> None:
    """Every half hour after it was told, and never again once it is acknowledged."""
    outbox, incident = Outbox(Way("chat", remind_s=1800)), an_incident()
    first = outbox.over(incident, NOON, NOON + MINUTES(65))
    assert [(at, reason) for at, _, reason in first] == [
        (5.0, Reason.OPENED),
        (1805.0, Reason.REMINDER),
        (3605.0, Reason.REMINDER),
    ]
    incident = changed(incident, Happened.ACKNOWLEDGED, NOON + MINUTES(66), acknowledged_at=NOON + MINUTES(66))
    assert outbox.over(incident, NOON + MINUTES(66), NOON + HOURS(4)) == []


def test_an_incident_nobody_acknowledges_goes_up(an_incident: Make) -> None:
    """The boss is told after ten minutes, unless somebody acknowledged or it was over before."""
    ways = (Way("chat"), Way("boss", after_s=600))
    quiet, answered, over = Outbox(*ways), Outbox(*ways), Outbox(*ways)
    assert quiet.over(an_incident(), NOON, NOON + HOURS(1)) == [
        (5.0, "chat", Reason.OPENED),
        (600.0, "boss", Reason.ESCALATED),
    ]
    acknowledged = an_incident(acknowledged_at=NOON + MINUTES(5))
    assert answered.over(acknowledged, NOON, NOON + HOURS(1)) == [(5.0, "chat", Reason.OPENED)]
    over.plan(an_incident(), NOON + SECONDS(5))
    closed = changed(an_incident(), Happened.CLOSED, NOON + MINUTES(5), closed_at=NOON + MINUTES(5))
    assert over.over(closed, NOON + MINUTES(5), NOON + HOURS(1)) == [(0.0, "chat", Reason.CLOSED)]


def test_a_snooze_keeps_everybody_quiet_and_is_followed_by_a_reminder(an_incident: Make) -> None:
    """Neither reminder nor escalation while it lasts; both when it is over, even where no reminders are asked for."""
    outbox = Outbox(Way("chat"), Way("boss", after_s=600))
    outbox.plan(an_incident(), NOON + SECONDS(5))
    snoozed = changed(an_incident(), Happened.SNOOZED, NOON + MINUTES(1), snoozed_until=NOON + HOURS(2))
    told = outbox.over(snoozed, NOON + MINUTES(1), NOON + HOURS(3))
    assert told == [(7140.0, "chat", Reason.REMINDER), (7140.0, "boss", Reason.ESCALATED)]


def test_the_end_is_told_to_who_was_told_of_the_beginning(an_incident: Make) -> None:
    """Once, and not to those who were told of nothing."""
    outbox = Outbox(Way("chat"), Way("web", channels=("web",)), Way("boss", after_s=3600))
    outbox.plan(an_incident(), NOON + SECONDS(5))
    closed = changed(an_incident(), Happened.CLOSED, NOON + MINUTES(9), closed_at=NOON + MINUTES(9))
    assert outbox.over(closed, NOON + MINUTES(9), NOON + HOURS(1)) == [(0.0, "chat", Reason.CLOSED)]


def test_what_was_over_before_it_was_told_is_one_message(an_incident: Make) -> None:
    """An alarm that still waits is not followed by another: it tells of the end itself."""
    outbox = Outbox(Way("chat"))
    outbox.plan(an_incident(), NOON + SECONDS(5), Delivery.WAITING)
    closed = changed(an_incident(), Happened.CLOSED, NOON + MINUTES(1), closed_at=NOON + MINUTES(1))
    assert outbox.over(closed, NOON + MINUTES(1), NOON + MINUTES(30)) == []
    # The message that then got through told of the end.
    outbox.told = [replace(one, state=Delivery.SENT, change_id=last_change(closed)) for one in outbox.told]
    assert outbox.plan(closed, NOON + MINUTES(31)) == []


def test_an_incident_shorter_than_a_look_is_told_all_the_same(an_incident: Make) -> None:
    """Opened and closed before anybody looked: one message; an hour after its end, none."""
    closed = changed(an_incident(), Happened.CLOSED, NOON + SECONDS(9), closed_at=NOON + SECONDS(9))
    assert Outbox(Way("chat")).plan(closed, NOON + SECONDS(20)) == [("chat", Reason.OPENED)]
    assert Outbox(Way("chat")).plan(closed, NOON + HOURS(2)) == []
    assert Outbox(Way("boss", after_s=60)).plan(closed, NOON + SECONDS(20)) == []


@pytest.mark.parametrize(
    ("severity", "critical", "held"),
    [(Severity.MAJOR, True, True), (Severity.CRITICAL, True, False), (Severity.CRITICAL, False, True)],
)
def test_quiet_hours_hold_back_what_is_not_critical(
    severity: Severity, critical: bool, held: bool, an_incident: Make
) -> None:
    """What happens at midnight is looked at each minute till seven, unless it is critical and critical passes."""
    midnight = NOON + HOURS(12)
    incident = an_incident(severity=severity, opened_at=midnight)
    way = Way("chat", quiet=replace(NIGHT, critical=critical))
    (alarm,) = routes.plan(incident, [], [way], midnight + SECONDS(5)).alarms
    assert alarm.due_at == midnight + SECONDS(5) + (routes.HELD if held else SECONDS(0))
    assert routes.held_until(incident, way, NOON + HOURS(19) - SECONDS(1)) == NOON + HOURS(19) - (
        SECONDS(0) if held else SECONDS(1)
    )


def test_quiet_hours_begin_and_end_to_the_second(an_incident: Make) -> None:
    """22:00:00 is in them, 07:00:00 is not."""
    way = Way("chat", quiet=NIGHT)
    for opened_at, held in (
        (NOON + HOURS(10), True),
        (NOON + HOURS(10) - SECONDS(6), False),
        (NOON + HOURS(19), False),
    ):
        (alarm,) = routes.plan(an_incident(opened_at=opened_at - SECONDS(5)), [], [way], opened_at).alarms
        assert (alarm.due_at > opened_at) is held


def test_a_way_that_failed_is_told_of_by_the_other(an_incident: Make) -> None:
    """Each failed alarm once, by the way named ‘otherwise’, though that way is not told of such incidents."""
    outbox = Outbox(Way("chat", otherwise=("oncall",)), Way("oncall", severity=Severity.CRITICAL))
    outbox.plan(an_incident(), NOON + SECONDS(5), Delivery.FAILED)
    assert outbox.over(an_incident(), NOON + SECONDS(20), NOON + HOURS(1)) == [(0.0, "oncall", Reason.INSTEAD)]
    closed = changed(an_incident(), Happened.CLOSED, NOON + HOURS(2), closed_at=NOON + HOURS(2))
    assert outbox.plan(closed, NOON + HOURS(2)) == [("oncall", Reason.CLOSED)]


def test_maintenance_of_every_item_silences_an_incident(an_incident: Make) -> None:
    """Of one of two items it does not; what has no item is in a window of everything, the robot is in none."""

    def window(item: str | None, at: datetime) -> str:
        return "release" if item == "balance-query" else ""

    assert routes.in_maintenance(an_incident(), window, NOON)
    assert not routes.in_maintenance(an_incident(items=("balance-query", "bill")), window, NOON)
    assert not routes.in_maintenance(an_incident(items=()), window, NOON)
    assert routes.in_maintenance(an_incident(items=()), lambda item, at: "release", NOON)
    robot = an_incident(items=(), cause=Cause(Kind.ROBOT, "ivr", Layer.ROBOT, "self-check"))
    assert not routes.in_maintenance(robot, lambda item, at: "release", NOON)
    assert routes.in_maintenance(replace(robot, items=("balance-query",)), window, NOON)


@pytest.mark.parametrize(
    ("reason", "fields", "needless"),
    [
        (Reason.OPENED, {"closed_at": NOON}, False),
        (Reason.CLOSED, {"closed_at": NOON}, False),
        (Reason.REMINDER, {}, False),
        (Reason.REMINDER, {"acknowledged_at": NOON}, True),
        (Reason.REMINDER, {"snoozed_until": NOON + HOURS(1)}, True),
        (Reason.REMINDER, {"snoozed_until": NOON}, False),
        (Reason.REMINDER, {"closed_at": NOON}, True),
        (Reason.ESCALATED, {}, False),
        (Reason.ESCALATED, {"acknowledged_at": NOON}, True),
        (Reason.UPDATED, {"acknowledged_at": NOON}, False),
        (Reason.UPDATED, {"closed_at": NOON}, True),
    ],
)
def test_what_waited_too_long_is_dropped(
    reason: Reason, fields: dict[str, datetime], needless: bool, an_incident: Make
) -> None:
    """What was answered meanwhile is not told; the beginning and the end always are."""
    alarm = Alarm("INC-20261122-0001", "chat", reason, NOON)
    assert routes.needless(alarm, an_incident(**fields), {}, NOON) is needless


def test_an_alarm_instead_is_dropped_once_the_first_got_through(an_incident: Make) -> None:
    """The other way need not be told any more."""
    instead = Alarm("INC-20261122-0001", "oncall", Reason.INSTEAD, NOON, instead_of=1)
    first = Alarm("INC-20261122-0001", "chat", Reason.OPENED, NOON, id=1, state=Delivery.FAILED)
    assert not routes.needless(instead, an_incident(), {1: first}, NOON)
    assert routes.needless(instead, an_incident(), {1: replace(first, state=Delivery.SENT)}, NOON)


def test_what_was_told_by_another_way_is_dropped_once_it_is_long_over(an_incident: Make) -> None:
    """A way that is dead for days speaks of nothing old when it is back; what nobody was told of it does tell."""
    first = Alarm("INC-20261122-0001", "chat", Reason.OPENED, NOON, id=1, state=Delivery.FAILED)
    instead = Alarm("INC-20261122-0001", "oncall", Reason.INSTEAD, NOON, instead_of=1, id=2, state=Delivery.SENT)
    closed, told = an_incident(closed_at=NOON), {1: first, 2: instead}
    assert routes.needless(first, closed, told, NOON + HOURS(2))
    assert not routes.needless(first, closed, told, NOON + MINUTES(59))
    assert not routes.needless(first, an_incident(), told, NOON + HOURS(2))
    failed_too = {1: first, 2: replace(instead, state=Delivery.FAILED)}
    assert not routes.needless(first, closed, failed_too, NOON + HOURS(2))


def test_looking_again_is_planned_for_the_next_alarm(an_incident: Make, clock: Clock) -> None:
    """The plan says when the next reminder or escalation is due, so that nobody has to poll for it."""
    ways = (Way("chat", remind_s=1800), Way("boss", after_s=600))
    assert routes.plan(an_incident(), [], ways, clock()).next_at == NOON + SECONDS(5)
    outbox = Outbox(*ways)
    outbox.plan(an_incident(), clock.on(seconds=5))
    assert routes.plan(an_incident(), outbox.told, ways, clock()).next_at == NOON + SECONDS(600)


def test_what_opened_before_the_clock_was_set_back_is_told_at_once(an_incident: Make) -> None:
    """And that it is over, too: nobody waits until the clock says so again."""
    outbox, incident = Outbox(Way("all")), an_incident()
    back = NOON - HOURS(2)
    assert outbox.plan(incident, back) == [("all", Reason.OPENED)]
    closed = changed(incident, Happened.CLOSED, NOON + MINUTES(1), closed_at=NOON + MINUTES(1))
    assert outbox.plan(closed, back + SECONDS(1)) == [("all", Reason.CLOSED)]
