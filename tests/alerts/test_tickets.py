"""Incidents handed over to a real HTTP server that speaks as Jira and ZenTao do, by the templates of the docs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prober.alerts import posting
from prober.alerts.filling import spoken_of, unfillable
from prober.alerts.tickets import Desk
from prober.alerts.words import Writer
from prober.errors import BadInput, StoreBroken
from prober.loading.config import load_config
from prober.loading.config_alerts import TICKET_WORDS
from prober.loading.config_service import TicketSettings
from prober.loading.masking import Masker
from prober.loading.nodes import parse_yaml, plain
from prober.model.alarm import Delivery, Ticket
from prober.model.incident import Cause, Incident, Kind, ProbeResult, Standing
from prober.model.probe import Severity, Watched
from prober.model.run import Layer
from prober.store.store import Store
from tests.alerts.conftest import Clock
from tests.alerts.sinks import HttpSink

DOCS = Path(__file__).parents[2] / "docs" / "alerts.md"
TOKEN = "jira-token-0123456789"


@pytest.fixture(autouse=True)
def tickets_answer(sink: HttpSink) -> None:
    """A server that makes a ticket of everything."""
    sink.status, sink.answer = 201, b'{"id": "10042", "key": "OPS-24", "issues": [{"number": 7}]}'


@pytest.fixture
def desk(store: Store, clock: Clock, sink: HttpSink) -> Callable[..., Desk]:
    """Make what hands over to a system at the sink; what is given replaces what is there."""

    def make(**changes: object) -> Desk:
        system = {
            "name": "jira",
            "url": f"http://127.0.0.1:{sink.port}/rest/api/2/issue",
            "headers": {"Authorization": f"Bearer {TOKEN}"},
            "body": '{"fields": {"summary": {{ title | tojson }}, "labels": {{ items | tojson }}}}',
            "number": "key",
            "on": "opened",
        }
        settings = TicketSettings.model_validate(system | changes)
        writer = Writer(mask=Masker([TOKEN]))
        return Desk([settings], incidents=store.incidents, tickets=store.tickets, writer=writer, now=clock)

    return make


async def opened(store: Store, clock: Clock, severity: Severity = Severity.MAJOR) -> Incident:
    """Open an incident with everything in it that a body of JSON must escape."""
    cause = Cause(Kind.CHANNEL, "ivr", Layer.PROMPT, '听到"余额"')
    result = ProbeResult(
        "balance", clock(), clock(), Standing.FAILED, ("run-1",), cause, "heard «流量\n套餐» {{ 7 * 7 }}"
    )
    await store.incidents.apply(result, Watched("balance", severity=severity, item="balance-query"))
    return store.incidents.find()[0]


async def look(desk: Desk, store: Store, clock: Clock) -> None:
    """Plan and hand over, as the robot does."""
    await desk.plan(store.incidents.find(), clock())
    await desk.work()


async def test_an_incident_becomes_one_ticket_with_its_number(
    desk: Callable[..., Desk], store: Store, clock: Clock, sink: HttpSink
) -> None:
    """Valid JSON whatever was heard, the token in the header, the number kept; a second look makes none."""
    incident = await opened(store, clock)
    for _ in range(3):
        await look(desk(), store, clock)
        clock.on(minutes=10)
    ((path, headers, content),) = sink.requests
    assert path == "/rest/api/2/issue"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert content["fields"]["labels"] == ["balance-query"]
    assert "heard «流量\n套餐» {{ 7 * 7 }}" in content["fields"]["summary"]
    (ticket,) = store.tickets.find()
    assert (ticket.incident_id, ticket.system, ticket.number, ticket.state) == (
        incident.id,
        "jira",
        "OPS-24",
        Delivery.SENT,
    )


@pytest.mark.parametrize(("path", "number"), [("key", "OPS-24"), ("id", "10042"), ("issues.0.number", "7"), ("", "")])
async def test_the_number_is_read_by_its_path(
    path: str, number: str, desk: Callable[..., Desk], store: Store, clock: Clock
) -> None:
    """Keys, numbers in lists; without a path, none is looked for."""
    await opened(store, clock)
    await look(desk(number=path), store, clock)
    assert [one.number for one in store.tickets.find()] == [number]


async def test_a_ticket_is_made_when_it_is_to_be(
    desk: Callable[..., Desk], store: Store, clock: Clock, sink: HttpSink
) -> None:
    """Not before somebody acknowledges, not below the severity, and not at all where one has to ask."""
    incident = await opened(store, clock)
    await look(desk(on="acknowledged"), store, clock)
    await look(desk(on="opened", severity="critical"), store, clock)
    await look(desk(on="asked"), store, clock)
    assert sink.requests == []
    await store.incidents.acknowledge(incident.id, "ops")
    await look(desk(on="acknowledged"), store, clock)
    assert len(sink.requests) == 1


async def test_a_refusal_is_kept_without_the_token_and_tried_on(
    desk: Callable[..., Desk], store: Store, clock: Clock, sink: HttpSink
) -> None:
    """Failed after the third time, and visible; made when the other side takes it."""
    await opened(store, clock)
    sink.status, sink.answer = 401, f'{{"error": "bad token {TOKEN}"}}'.encode()
    for _ in range(4):
        await look(desk(), store, clock)
        clock.on(seconds=70)
    (ticket,) = store.tickets.find()
    assert ticket.state is Delivery.FAILED
    assert store.tickets.counts(["jira"])[Delivery.FAILED] == 1
    assert "refused it: 401" in ticket.error
    assert TOKEN[:8] not in ticket.error
    sink.close()
    clock.on(minutes=6)
    await look(desk(), store, clock)
    assert "cannot be reached" in store.tickets.find()[0].error
    sink.open()
    sink.status, sink.answer = 201, b'{"key": "OPS-25"}'
    clock.on(minutes=6)
    await look(desk(), store, clock)
    assert [(one.state, one.number) for one in store.tickets.find()] == [(Delivery.SENT, "OPS-25")]


@pytest.mark.parametrize("echoed", [f"Bearer {TOKEN}", TOKEN, f'{{"token": "{TOKEN}"}}'])
async def test_no_part_of_a_header_is_told(
    echoed: str, desk: Callable[..., Desk], store: Store, clock: Clock, sink: HttpSink
) -> None:
    """Whole or the token alone, also where it stands across the place at which the answer is cut."""
    await opened(store, clock)
    sink.status, sink.answer = 401, f"{'x' * 178} {echoed} is no good".encode()
    made = desk()
    made._writer = Writer()  # knows no secret of its own
    await look(made, store, clock)
    (ticket,) = store.tickets.find()
    assert "refused it: 401 xxx" in ticket.error
    assert TOKEN[:6] not in ticket.error


async def test_no_other_secret_is_told_in_halves(
    desk: Callable[..., Desk], store: Store, clock: Clock, sink: HttpSink
) -> None:
    """The robot's other secrets are masked before the answer is cut."""
    await opened(store, clock)
    sink.status, sink.answer = 401, f"{'x' * 188} {TOKEN}".encode()
    await look(desk(headers={}), store, clock)
    assert TOKEN[:6] not in store.tickets.find()[0].error


async def test_an_answer_without_a_number_is_in_doubt_and_not_asked_again_by_itself(
    desk: Callable[..., Desk], store: Store, clock: Clock, sink: HttpSink
) -> None:
    """A second ticket would be worse; a person may ask."""
    incident = await opened(store, clock)
    sink.answer = b"<html>please log in</html>"
    for _ in range(3):
        await look(desk(), store, clock)
        clock.on(minutes=10)
    assert len(sink.requests) == 1
    assert store.tickets.find()[0].state is Delivery.UNSURE
    sink.answer = b'{"key": "OPS-26"}'
    made = await desk().ask(incident.id, "jira")
    assert (made.state, made.number) == (Delivery.SENT, "OPS-26")
    assert (await desk().ask(incident.id, "jira")).number == "OPS-26"
    assert len(sink.requests) == 2


async def test_a_server_that_does_not_answer_may_have_made_it(
    desk: Callable[..., Desk], store: Store, clock: Clock, sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the request and says nothing, or a proxy says it for it: no second ticket by itself."""
    monkeypatch.setattr(posting, "_ANSWER_S", 1.0)
    incident = await opened(store, clock)
    sink.gate.clear()
    for _ in range(3):
        await look(desk(), store, clock)
        clock.on(minutes=10)
    sink.gate.set()
    assert len(sink.requests) == 1
    (ticket,) = store.tickets.find()
    assert (ticket.state, "look there" in ticket.error) == (Delivery.UNSURE, True)
    for status in (408, 500, 502, 504):
        sink.status = status
        assert (await desk().ask(incident.id, "jira")).state is Delivery.UNSURE
    for status in (429, 503):
        sink.status = status
        assert (await desk().ask(incident.id, "jira")).state is Delivery.WAITING
    sink.status, sink.answer = 201, b'{"key": "OPS-26"}'
    assert (await desk().ask(incident.id, "jira")).number == "OPS-26"


async def test_a_ticket_the_store_could_not_keep_at_once_is_made_once(
    desk: Callable[..., Desk], store: Store, clock: Clock, sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the database is held the answer waits, is kept when it is free, and the trouble is said meanwhile."""
    await opened(store, clock)
    refusals = [StoreBroken("the database is locked", cure="Wait.")]
    save, made, seen = store.tickets.save, desk(), []

    async def locked(ticket: Ticket) -> None:
        if refusals:
            raise refusals.pop()
        seen.append(made.trouble)
        await save(ticket)

    monkeypatch.setattr("prober.alerts.base._SAVED_AGAIN_S", 0.0)
    monkeypatch.setattr(store.tickets, "save", locked)
    await look(made, store, clock)
    clock.on(minutes=10)
    await look(made, store, clock)
    assert len(sink.requests) == 1
    assert "locked" in seen[0]
    assert made.trouble == ""
    assert [one.number for one in store.tickets.find()] == ["OPS-24"]


async def test_a_bad_ticket_costs_the_others_nothing(
    desk: Callable[..., Desk], store: Store, clock: Clock, sink: HttpSink
) -> None:
    """A template that stumbles over a type and a header that is none are failures with a reason, and no traceback."""
    incident = await opened(store, clock)
    for number, (changes, why) in enumerate(
        [
            ({"body": "{{ what + items }}"}, "cannot be filled in"),
            ({"body": "{{ 1 / 0 }}"}, "cannot be filled in"),
            ({"headers": {"Token": "令牌-secret"}}, "a header holds what no header can"),
            ({"headers": {"Token": "secret\nsecond"}}, "cannot be reached"),
        ]
    ):
        ticket = await desk(name=f"s{number}", on="asked", **changes).ask(incident.id, f"s{number}")
        assert why in ticket.error
        assert "secret" not in ticket.error
    assert sink.requests == []
    await look(desk(), store, clock)
    assert len(sink.requests) == 1


async def test_what_was_dropped_is_made_when_a_person_asks(
    desk: Callable[..., Desk], store: Store, clock: Clock, sink: HttpSink
) -> None:
    """Refused till it was long over, it is dropped; a robot that knows no such system drops nothing."""
    incident = await opened(store, clock)
    await desk().plan(store.incidents.find(), clock())
    await desk(name="other", on="asked").work()
    assert [one.state for one in store.tickets.find()] == [Delivery.WAITING]
    sink.status = 401
    for _ in range(3):
        await desk().work()
        clock.on(minutes=1)
    await store.incidents.close(incident.id, "ops")
    store.incidents._now = clock
    clock.at = datetime.now(UTC) + timedelta(hours=2)
    await desk().work()
    assert [one.state for one in store.tickets.find()] == [Delivery.NEEDLESS]
    sink.status = 201
    assert (await desk().ask(incident.id, "jira")).number == "OPS-24"


async def test_a_template_that_cannot_be_filled_in_is_a_failure_with_a_reason(
    desk: Callable[..., Desk], store: Store, clock: Clock
) -> None:
    """What compiles may still fail; nor may a template reach into the robot."""
    for body in ("{{ items[3].name }}", "{{ title.__class__.__mro__ }}"):
        incident = await opened(store, clock)
        ticket = await desk(body=body, on="asked", name=f"s{len(body)}").ask(incident.id, f"s{len(body)}")
        assert "cannot be filled in" in ticket.error
        assert ticket.state is Delivery.WAITING


def test_a_ticket_speaks_the_language_of_its_system(an_incident: Callable[..., Incident], clock: Clock) -> None:
    """What happened and what still worked, as title and text do."""
    incident = an_incident(what_zh="播放的是别的语音", worked_zh="网厅：balance-web 12 秒前")
    for language, what, worked in (
        ("zh", incident.what_zh, incident.worked_zh),
        ("en", incident.what, incident.worked),
    ):
        system = TicketSettings.model_validate({"name": "x", "url": "http://x", "body": "x", "language": language})
        spoken = spoken_of(incident, system, Writer(), clock())
        assert (spoken["what"], spoken["worked"]) == (what, worked)


@pytest.mark.parametrize(
    ("system", "why"),
    [
        ('body: "{{ items[0] }}"', "tried with an incident of the robot itself"),
        ('body: "{{ what + 1 }}"', "cannot be filled in"),
        ('body: "{{ id }}", headers: {Token: 令牌}', "a header holds plain characters only"),
    ],
)
def test_a_ticket_that_cannot_be_made_is_told_before_any_incident(system: str, why: str, tmp_path: Path) -> None:
    """By an incident of a channel, and one of the robot itself, when the settings are read."""
    config = tmp_path / "config.yaml"
    config.write_text(
        f"lines: [{{name: demo-1, msisdn: 13800000001}}]\ntickets:\n  - {{name: jira, url: 'http://x', {system}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(BadInput, match=why):
        load_config(config, {}, unfillable=unfillable)


async def test_templates_know_the_words_that_are_promised(an_incident: Callable[..., Incident], clock: Clock) -> None:
    """No more and no fewer: `prober check` refuses any other."""
    system = TicketSettings(name="x", url="http://x", body="x")
    assert sorted(spoken_of(an_incident(), system, Writer(), clock())) == sorted(TICKET_WORDS)


EXAMPLES = [
    ("jira", "/rest/api/2/issue", b'{"id": "10042", "key": "OPS-24"}', "OPS-24"),
    ("zentao", "/api.php/v1/products/1/bugs", b'{"id": 77, "title": "x", "status": "active"}', "77"),
    ("generic", "/incidents", b'{"data": {"number": "A-1"}}', "A-1"),
]


async def test_the_examples_of_the_docs_work(
    desk: Callable[..., Desk], store: Store, clock: Clock, sink: HttpSink, tmp_path: Path
) -> None:
    """Each is posted to where it says, as JSON, and its number comes back."""
    incident = await opened(store, clock)
    systems = documented(tmp_path)
    assert list(systems) == [name for name, *_ in EXAMPLES]
    for name, path, answer, number in EXAMPLES:
        sink.answer = answer
        url = re.sub(r"https?://[^/]+", f"http://127.0.0.1:{sink.port}", str(systems[name]["url"]))
        ticket = await desk(**systems[name] | {"url": url}).ask(incident.id, name)
        posted_to, _, content = sink.requests[-1]
        assert (posted_to, ticket.number) == (path, number)
        assert incident.id in str(content)
        assert isinstance(content, dict)


def documented(folder: Path) -> dict[str, dict[str, object]]:
    """Return the systems of docs/alerts.md, by name."""
    (block,) = re.findall(r"```yaml\n(tickets:\n.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    file = folder / "tickets.yaml"
    file.write_text(block, encoding="utf-8")
    systems = plain(parse_yaml(file, what="the example").root)["tickets"]
    return {one["name"]: one for one in systems}
