"""The outbox and the tickets, on every database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from prober.alerts.base import FOR_GOOD
from prober.model.alarm import MAYBE, Alarm, Delivery, Reason
from prober.model.incident import Cause, Kind, ProbeResult, Standing
from prober.model.probe import Watched
from prober.model.run import Layer
from prober.store.alarms import LONGEST
from prober.store.store import Store

NOON = datetime(2026, 11, 22, 4, 0, 0, 123456, UTC)
LATER = NOON + timedelta(minutes=1)


@pytest.fixture
async def incident(store: Store) -> str:
    """An open incident."""
    cause = Cause(Kind.CHANNEL, "ivr", Layer.PROMPT, "听到余额")
    await store.incidents.apply(
        ProbeResult("balance", NOON, NOON, Standing.FAILED, ("run-1",), cause), Watched("balance")
    )
    return store.incidents.find()[0].id


def alarm(incident: str, way: str = "chat", **changes: object) -> Alarm:
    return replace(Alarm(incident, way, Reason.OPENED, NOON, change_id=1), **changes)


async def test_an_alarm_is_there_once(store: Store, incident: str) -> None:
    """Whoever makes it again, even at once, makes nothing; another number, reason or way is another alarm."""
    made = await asyncio.gather(*(store.alarms.make([alarm(incident)], NOON) for _ in range(10)))
    assert sum(made) == 1
    others = [alarm(incident, "mail"), alarm(incident, number=2), alarm(incident, reason=Reason.CLOSED)]
    assert await store.alarms.make([*others, alarm(incident), *others], NOON) == 3
    assert len(store.alarms.of([incident])[incident]) == 4


async def test_what_is_claimed_is_nobody_elses_until_its_time_is_over(store: Store, incident: str) -> None:
    """Then it is given out again, with the doubt in its error; an alarm comes back as it was kept."""
    await store.alarms.make([alarm(incident)], NOON)
    claims = await asyncio.gather(*(store.alarms.claim("chat", NOON, LATER) for _ in range(10)))
    (claimed,) = [one for each in claims for one in each]
    assert claimed == replace(alarm(incident), id=claimed.id, made_at=NOON)
    assert await store.alarms.claim("chat", LATER - timedelta(microseconds=1), LATER) == []
    (again,) = await store.alarms.claim("chat", LATER, LATER + timedelta(minutes=1))
    assert (again.id, again.attempts) == (claimed.id, 1)
    assert MAYBE in again.error


async def test_what_became_of_an_alarm_is_kept_and_counted(store: Store, incident: str) -> None:
    """With its text; what is sent or needless is claimed no more, what failed goes with the next that is due."""
    await store.alarms.make([alarm(incident), alarm(incident, number=2), alarm(incident, number=3)], NOON)
    first, second, third = await store.alarms.claim("chat", NOON, LATER)
    sent = replace(
        first, state=Delivery.SENT, sent_at=NOON, attempts=1, title="故障", text="现象\N{TELEPHONE RECEIVER}"
    )
    failed = replace(second, state=Delivery.FAILED, attempts=3, due_at=LATER + timedelta(hours=1), error="500")
    waiting = replace(third, state=Delivery.WAITING, due_at=LATER)
    await store.alarms.save([sent, failed, waiting])
    assert store.alarms.find() == [waiting, failed, sent]
    assert store.alarms.find(open_only=True) == [waiting, failed]
    counts = store.alarms.counts()
    assert (counts[Delivery.SENT], counts[Delivery.FAILED], counts[Delivery.WAITING], counts[Delivery.SENDING]) == (
        1,
        1,
        1,
        0,
    )
    assert store.alarms.due(NOON) == {"chat": LATER}
    assert await store.alarms.claim("chat", NOON, LATER) == []
    assert [one.id for one in await store.alarms.claim("chat", LATER, LATER + timedelta(minutes=1))] == [
        second.id,
        third.id,
    ]


async def test_what_failed_stays_failed_while_it_is_tried_again(store: Store, incident: str) -> None:
    """Else the robot would be ready, and its dead man called, for as long as each attempt takes."""
    await store.alarms.make([alarm(incident), alarm(incident, number=2)], NOON)
    first, _ = await store.alarms.claim("chat", NOON, LATER)
    await store.alarms.save([replace(first, state=Delivery.FAILED, attempts=3, due_at=LATER)])
    await store.alarms.claim("chat", LATER, LATER + timedelta(minutes=1))
    assert {state: number for state, number in store.alarms.counts().items() if number} == {
        Delivery.FAILED: 1,
        Delivery.SENDING: 1,
    }


async def test_nobody_heard_what_no_way_told(store: Store, incident: str) -> None:
    """An alarm that failed is heard of where another way told as much of the incident, or more, at whatever time."""
    cause = Cause(Kind.CHANNEL, "ivr", Layer.PROMPT, "听到余额")
    await store.incidents.note(incident, "wang", "it is the IVR")
    await store.alarms.make([alarm(incident, change_id=2), alarm(incident, "mail")], NOON)
    (chat,) = await store.alarms.claim("chat", NOON, LATER)
    (mail,) = await store.alarms.claim("mail", NOON, LATER)
    await store.alarms.save([replace(chat, state=Delivery.FAILED)])
    assert store.alarms.unheard() == 1
    await store.alarms.save([replace(mail, state=Delivery.SENT)])
    assert store.alarms.unheard() == 0  # what chat had beside it was a note
    await store.incidents.apply(ProbeResult("bill", NOON, NOON, Standing.FAILED, ("run-2",), cause), Watched("bill"))
    await store.alarms.save([replace(chat, state=Delivery.FAILED, change_id=3)])
    assert store.alarms.unheard() == 1
    await store.alarms.save([replace(mail, state=Delivery.SENT, change_id=3)])
    assert store.alarms.unheard() == 0


async def test_an_alarm_of_an_incident_that_is_forgotten_is_not_made(store: Store) -> None:
    """Retention may be quicker."""
    assert await store.alarms.make([alarm("INC-20200101-0001")], NOON) == 0


async def test_a_ticket_is_made_once_and_waits_anew_when_a_person_asks(store: Store, incident: str) -> None:
    """One that was made stays as it is, whoever asks; one that failed is due at once."""
    made = await asyncio.gather(*(store.tickets.make(incident, "jira", NOON) for _ in range(5)))
    assert len(set(made)) == len(store.tickets.find()) == 1
    assert (store.tickets.next_at(NOON, ["jira"]), store.tickets.next_at(NOON, ["zentao"])) == (NOON, None)
    assert await store.tickets.claim(NOON, LATER, systems=["zentao"]) is None
    claimed = await store.tickets.claim(NOON, LATER, systems=["jira"])
    assert claimed is not None
    assert await store.tickets.claim(NOON, LATER, systems=["jira"]) is None
    failed = replace(claimed, state=Delivery.FAILED, due_at=LATER + timedelta(hours=1), attempts=3, error="401")
    await store.tickets.save(failed)
    assert await store.tickets.make(incident, "jira", LATER) == failed
    assert (await store.tickets.make(incident, "jira", LATER, again=True)).due_at == LATER
    claimed = await store.tickets.claim(
        LATER, LATER + timedelta(minutes=1), systems=["jira", "zentao"], incident_id=incident
    )
    assert claimed is not None
    sent = replace(claimed, state=Delivery.SENT, number="OPS-24")
    await store.tickets.save(sent)
    assert await store.tickets.make(incident, "jira", LATER, again=True) == sent
    assert store.tickets.get(incident, "jira") == sent
    assert store.tickets.get(incident, "zentao") is None
    assert store.tickets.next_at(LATER, ["jira"]) is None
    assert store.tickets.counts(["jira"])[Delivery.SENT] == 1
    assert store.tickets.counts(["zentao"])[Delivery.SENT] == 0


async def test_tickets_are_taken_one_by_one_and_what_nobody_finished_is_in_doubt(store: Store, incident: str) -> None:
    """A robot that was killed may have made it: nobody is given it again, until a person asks, dropped ones too."""
    for system in ("jira", "zentao"):
        await store.tickets.make(incident, system, NOON)
    both = ["jira", "zentao"]
    claimed = await asyncio.gather(*(store.tickets.claim(NOON, LATER, systems=both) for _ in range(5)))
    assert sorted(one.system for one in claimed if one) == both
    assert await store.tickets.claim(LATER, LATER, systems=both) is None
    assert {one.state for one in store.tickets.find()} == {Delivery.UNSURE}
    await store.tickets.save(replace(store.tickets.find()[0], state=Delivery.NEEDLESS))
    for system in both:
        assert (await store.tickets.make(incident, system, LATER)).state is not Delivery.WAITING
        assert (await store.tickets.make(incident, system, LATER, again=True)).state is Delivery.WAITING


async def test_what_waits_since_before_the_clock_was_set_back_is_due_at_once(store: Store, incident: str) -> None:
    """A zone that was wrong by eight hours holds nothing back so long; what may wait an hour is waited for."""
    await store.alarms.make([alarm(incident), alarm(incident, "mail", due_at=NOON - timedelta(hours=7))], NOON)
    await store.tickets.make(incident, "jira", NOON)
    back = NOON - timedelta(hours=8)
    assert store.alarms.due(back) == {"chat": back, "mail": back + timedelta(hours=1)}
    assert store.tickets.next_at(back, ["jira"]) == back
    assert [one.way for one in await store.alarms.claim("chat", back, back + timedelta(minutes=1))] == ["chat"]
    assert await store.alarms.claim("mail", back, back + timedelta(minutes=1)) == []
    assert await store.tickets.claim(back, back + timedelta(minutes=1), systems=["jira"]) is not None
    assert FOR_GOOD < LONGEST
