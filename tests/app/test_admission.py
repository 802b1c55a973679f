"""Runs are admitted within the limits: all they need at once, in turn, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prober.app.admission import Admission, Admitted, Needs, limits, shared
from prober.channels.registry import VERBS
from prober.loading.config_service import ServeSettings
from prober.loading.vocabulary import Vocabulary
from prober.model.scenario import Scenario


def needs(*shared_: str, lines: tuple[str, ...] = ("a", "b", "c", "d")) -> Needs:
    return Needs(frozenset(shared_), lines)


async def admitted(admission: Admission, wanted: Needs, **more) -> Admitted:
    got = await admission.admit(wanted, wait_s=more.pop("wait_s", 5), **more)
    assert isinstance(got, Admitted), got
    return got


async def asking(admission: Admission, wanted: Needs, **more) -> asyncio.Task[Admitted]:
    """Ask, and come back when it waits."""
    task = asyncio.create_task(admitted(admission, wanted, wait_s=30, **more))
    await asyncio.sleep(0)
    return task


async def test_a_limit_holds_and_what_comes_free_is_given_on() -> None:
    """No more at once than the limit; what has no limit has none."""
    admission = Admission({"channel web": 1})
    first = await admitted(admission, needs("channel web"))
    await admitted(admission, needs("channel sms"))
    second = await asking(admission, needs("channel web"))
    assert admission.waiting == 1
    admission.release(first)
    assert (await second).line not in (first.line, "")


async def test_who_is_not_admitted_in_time_is_told_what_was_busy() -> None:
    """Each thing that was full, by its name and limit, and the lines that are held."""
    admission = Admission({"channel web": 1, "number 10086": 2})
    await admitted(admission, needs("channel web", lines=("a",)))
    assert await admission.admit(needs("channel web"), wait_s=0) == "channel web: 1 at once is the limit"
    assert await admission.admit(needs("channel sms", lines=("a",)), wait_s=0) == "other runs hold a"
    assert admission.waiting == 0


async def test_a_line_is_given_to_one_run_and_the_longest_unused_first() -> None:
    """So that every line has its turn; the store is asked for the others after it."""
    admission = Admission({})
    first = await admitted(admission, needs(lines=("a", "b")))
    second = await admitted(admission, needs(lines=("a", "b")))
    assert (first.lines, second.lines) == (["a", "b"], ["b", "a"])
    admission.release(second)
    admission.release(first)
    assert (await admitted(admission, needs(lines=("a", "b")))).line == "a"
    assert (await admitted(admission, needs(lines=("a", "b", "c")))).line == "c"


async def test_who_waits_is_served_in_order_and_counted_by_channel() -> None:
    """The first that asked is the first; what needs two channels waits in both."""
    admission = Admission({"channel web": 1, "channel ivr": 1, "number 10086": 1})
    held = await admitted(admission, needs("channel web"))
    first = await asking(admission, needs("channel web", "channel ivr"))
    second = await asking(admission, needs("channel web", "number 10086"))
    assert admission.queue == {"web": 2, "ivr": 1}
    admission.release(held)
    assert not second.done()
    admission.release(await first)
    await second
    assert admission.queue == {"web": 0, "ivr": 0}


async def test_who_needs_two_things_is_neither_starved_nor_in_the_way() -> None:
    """Others may use what it could not use yet, but only so often: then both are kept for it."""
    admission = Admission({"channel ivr": 1, "channel web": 1})
    web = await admitted(admission, needs("channel web"))
    both = await asking(admission, needs("channel ivr", "channel web"))
    for _ in range(3):
        admission.release(await admitted(admission, needs("channel ivr"), wait_s=0))
    assert isinstance(await admission.admit(needs("channel ivr"), wait_s=0), str)
    admission.release(web)
    admission.release(await both)
    await admitted(admission, needs("channel ivr"), wait_s=0)


async def test_who_gives_up_holds_nothing() -> None:
    """Neither by a cancellation while it waits, nor after it was given what it asked for."""
    admission = Admission({"channel web": 1})
    held = await admitted(admission, needs("channel web"))
    task = await asking(admission, needs("channel web"))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    late = await asking(admission, needs("channel web"))
    admission.release(held)
    late.cancel()
    await asyncio.gather(late, return_exceptions=True)
    await admitted(admission, needs("channel web"), wait_s=0)


def test_the_limits_are_those_of_config_yaml() -> None:
    """By channel, a browser's contexts among them, and by called number."""
    serve = ServeSettings.model_validate({"at_once": {"ivr": 3}, "numbers": {"10086": 1}})
    assert limits(serve) == {"channel ivr": 3, "channel web": 2, "channel sms": 8, "number 10086": 1}


def test_a_scenario_needs_its_channels_and_the_numbers_it_calls() -> None:
    """Those it dials and those it texts."""
    written = [{"ivr.dial": "10086"}, {"ivr.hang_up": None}, {"sms.send": {"to": "10010", "text": "CXYE"}}]
    steps = tuple(Vocabulary(VERBS).step(one)[0] for one in written)
    scenario = Scenario("s", "S", Path("s.yaml"), "0", ("ivr", "sms"), steps=steps)
    assert shared(scenario) == {"channel ivr", "channel sms", "number 10086", "number 10010"}
