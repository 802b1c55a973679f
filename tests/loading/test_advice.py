"""What `prober check` warns of, whole. A case holds the files and, last, what is said of them."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from prober.channels.ivr import listening
from prober.channels.registry import VERBS
from prober.cli import problems
from prober.loading.advice import CHECKS, HEARD_PAST_S, Known, warnings
from prober.loading.scenario import load_scenarios
from prober.loading.vocabulary import Vocabulary
from prober.model.scenario import Ordering
from prober.model.verb import ROBOT, Verb

CASES = sorted((Path(__file__).parent / "advice").glob("*.txt"))
SECTION = re.compile(r"^--- (.+)\n", re.MULTILINE)
SECRETS = {"246801": "service_password", "1": "pin", "sesame-open": "word"}
KNOWN = Known(lengths_s={"long": 12.3, "short": 1.5}, secrets=SECRETS)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_warnings_are_told_whole(case, tmp_path, monkeypatch):
    """Everything a check finds is told with its place, and what is well is left in peace."""
    monkeypatch.chdir(tmp_path)
    parts = SECTION.split(case.read_text(encoding="utf-8"))[1:]
    files = dict(zip(parts[::2], parts[1::2], strict=True))
    expected = files.pop("warnings")
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")

    found = warnings(load_scenarios([Path()], Vocabulary(VERBS, prompts=KNOWN.lengths_s)), KNOWN)

    assert problems.plain(found) + "\n" == expected


def test_every_check_has_a_case():
    """No check stands untried."""
    assert len(CASES) == len(CHECKS) - 1  # pages and receipts share one


def test_a_prompt_is_listened_to_as_long_as_the_channel_does():
    """The figures are those of the ear."""
    assert HEARD_PAST_S == {"confirmed": listening.GRACE_S, "end": listening.READING_S}


def test_a_python_scenario_is_not_read_in_the_order_of_its_text(tmp_path, monkeypatch):
    """Who calls what when is known only when it is played; an order without an undoing is told all the same."""
    monkeypatch.chdir(tmp_path)
    Path("s.py").write_text(
        "from prober import scenario\n\n\n@scenario(effects='orders')\nasync def s(ivr, sms):\n"
        "    await ivr.press('1')\n    await sms.send(to='10086', text='KT5G')\n",
        encoding="utf-8",
    )
    (found,) = warnings(load_scenarios([Path()], Vocabulary(VERBS)), Known())
    assert problems.plain([found]).startswith("s.py:4:11: no ‘always’ steps undo")


def test_what_a_verb_orders_and_needs_is_said_where_it_is_declared():
    """A verb cannot be declared without; what it needs is a verb of its channel; the robot itself orders nothing."""
    verbs = Vocabulary(VERBS).verbs
    asked = {field.name for field in dataclasses.fields(Verb) if field.default is dataclasses.MISSING}
    assert {"ordering", "needs"} <= asked
    assert [verb for verb in verbs.values() if verb.needs and verbs[verb.needs].channel != verb.channel] == []
    assert {verb.ordering for verb in verbs.values() if verb.channel == ROBOT} == {Ordering.NEITHER}
    assert {name for name, verb in verbs.items() if verb.ordering is Ordering.PLACES} == {
        *("ivr.press", "ivr.say", "sms.send"),
        *("web.click", "web.choose", "web.check", "web.press", "web.download", "web.dialog"),
    }
    assert {name for name, verb in verbs.items() if verb.ordering is Ordering.SHOWS} == {
        *("ivr.hear", "sms.receive"),
        *("web.see", "web.not_see", "web.read", "web.wait_for", "web.matches", "web.looks_like"),
    }


def test_a_step_knows_what_its_verb_says_of_orders():
    """Whoever plays it has no list of verbs to look into."""
    step, _ = Vocabulary(VERBS).step({"ivr.press": "1"})
    assert step is not None
    assert (step.action.ordering, step.action.needs) == (Ordering.PLACES, "ivr.dial")
