"""Numbers and amounts that are joined from pieces are read exactly."""

from __future__ import annotations

import numpy as np
import pytest

from prober.channels.ivr.hearing.events import Confirmed, ReadOut
from prober.channels.ivr.hearing.library import Library, References

UNITS = ("", "ten", "hundred", "thousand")
TEXTS = {8650: "八十六元五角", 10005: "一百元零五分", 120340: "一千二百零三元四角", 3000: "三十元整", 80: "八角"}


def _below_10000(number, *, leading):
    """Return the pieces of a number; a missing place is one 零, and a leading 一十 is 十."""
    pieces, zero = [], False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit == 0:
            zero = zero or bool(pieces) or not leading
            continue
        pieces += ["d0"] * zero
        if (digit, place) != (1, 1) or pieces or not leading:
            pieces.append(f"d{digit}")
        pieces += [UNITS[place]] * (place > 0)
        zero = False
    return pieces


def _spoken(fen):
    yuan, jiao, cent = fen // 100, fen // 10 % 10, fen % 10
    pieces = [*_below_10000(yuan // 10000, leading=True), "ten_thousand"] if yuan >= 10000 else []
    if yuan:
        pieces += [*_below_10000(yuan % 10000, leading=not pieces), "yuan"]
    if jiao:
        pieces += [f"d{jiao}", "jiao"]
    if cent:
        pieces += ["d0"] * (not jiao and yuan > 0) + [f"d{cent}", "fen"]
    return pieces if jiao or cent else [*(pieces or ["d0", "yuan"]), "whole"]


def _amounts(count):
    rng = np.random.default_rng(42)
    return [*TEXTS, *(int(10 ** rng.uniform(0.7, 7)) for _ in range(count))]


@pytest.fixture(scope="module")
def pieces(library):
    """The samples of every piece."""
    return {piece.name: piece.samples for piece in library.pieces.recordings}


def _call(prompts, spoken, *, behind, silence):
    return np.concatenate([silence(0.53), prompts["balance"], *spoken, *behind, silence(1.3)])


@pytest.mark.parametrize(("fen", "text"), TEXTS.items())
def test_amounts_are_spoken_as_people_write_them(fen, text, library):
    """The order of the pieces that these tests read is the demo operator's own."""
    texts = {piece.name: piece.text for piece in library.pieces.recordings}
    assert "".join(texts[piece] for piece in _spoken(fen)) == text


@pytest.fixture(scope="module")
def read(library, prompts, pieces, lines, hear, silence):
    """Speak an amount on a line, another prompt right behind it or none, and return what is heard."""

    def speak(fen, line, behind):
        spoken = [pieces[name] for name in _spoken(fen)]
        after = [prompts[behind]] if behind else []
        return hear(library, lines[line](_call(prompts, spoken, behind=after, silence=silence)))

    return speak


@pytest.mark.parametrize(
    ("line", "count", "behind"),
    [
        ("A-law", 35, "balance_menu"),
        ("A-law", 5, None),
        ("mu-law -10 dB", 5, "balance_menu"),
        ("pink noise 20 dB", 5, None),
        ("pink noise 10 dB", 5, "balance_menu"),
        ("3 % loss", 5, "balance_menu"),
        ("clock 0.3 % off", 5, None),
    ],
)
def test_amounts_are_read_exactly_on(line, count, behind, library, read):
    """Every piece in its place, whether silence follows or the next prompt without a gap; in the pieces' words."""
    texts = {piece.name: piece.text for piece in library.pieces.recordings}
    wrong = []
    for fen in _amounts(count):
        pieces = _spoken(fen)
        said = "".join(texts[name] for name in pieces)
        events = read(fen, line, behind)
        found = [event for event in events if isinstance(event, ReadOut)]
        if [(one.after, list(one.pieces), one.text) for one in found] != [("balance", pieces, said)]:
            wrong.append(f"{fen / 100:10.2f}  {said}  read {[one.text for one in found]}")
        confirmed = [event.prompt for event in events if isinstance(event, Confirmed)]
        assert confirmed == ["balance"] + ([] if behind is None else [behind])
    assert not wrong, f"{len(wrong)} of {count + len(TEXTS)} amounts on {line}:\n" + "\n".join(wrong)


def test_the_time_of_the_reading_is_known(library, prompts, pieces, lines, hear, silence):
    """It starts and ends within 30 ms of where the pieces do, pauses between them or not."""
    for pause_s in (0, 0.06, 0.2):
        spoken = [part for name in _spoken(8652) for part in (pieces[name], silence(pause_s))][:-1]
        events = hear(library, lines["A-law"](_call(prompts, spoken, behind=[], silence=silence)))
        read = [event for event in events if isinstance(event, ReadOut)]
        start_s = 0.53 + len(prompts["balance"]) / 8000
        assert [one.text for one in read] == ["八十六元五角二分"]
        assert read[0].started_s == pytest.approx(start_s, abs=0.03)
        assert read[0].ended_s == pytest.approx(start_s + sum(map(len, spoken)) / 8000, abs=0.03)


def test_a_pause_before_the_first_piece_is_waited_out(library, prompts, pieces, lines, hear, silence):
    """The IVR may look the balance up first."""
    spoken = [silence(2.0), *(pieces[name] for name in _spoken(3000))]
    events = hear(library, lines["A-law"](_call(prompts, spoken, behind=[], silence=silence)))
    assert [event.text for event in events if isinstance(event, ReadOut)] == ["三十元整"]


@pytest.mark.parametrize("line", ["A-law", "pink noise 20 dB"])
@pytest.mark.parametrize(("fen", "text"), [(None, None), (10005, "一百元零五分")])
def test_other_speech_is_no_number(fen, text, line, library, prompts, pieces, lines, hear, silence):  # noqa: PLR0917  # fixtures
    """Speech by the same voice that is in no recording, right behind a prompt or an amount, adds no piece."""
    names = set(prompts)
    spoken = [silence(0.2)] if fen is None else [pieces[name] for name in _spoken(fen)]
    for unknown in sorted(names - {"balance"})[:: 1 if fen else 2]:
        stream = _call(prompts, spoken, behind=[prompts[unknown]], silence=silence)
        events = hear(library.only(names - {unknown}), lines[line](stream))
        read = [event.text for event in events if isinstance(event, ReadOut)]
        assert read == ([] if text is None else [text]), unknown


@pytest.mark.parametrize("line", ["A-law", "pink noise 10 dB"])
def test_where_nothing_is_read_out_nothing_is_read(line, library, prompts, lines, hear, silence):
    """Neither silence, nor noise, nor another prompt behind a prompt is a number."""
    for after in library.prompts.recordings[::2]:
        stream = np.concatenate([silence(0.5), prompts["balance"], silence(0.3), after.samples, silence(3.5)])
        events = hear(library, lines[line](stream))
        assert not [event for event in events if isinstance(event, ReadOut)], after.name


def test_without_pieces_nothing_is_read(library, prompts, pieces, hear, silence):
    """A library of prompts alone works."""
    alone = Library(library.prompts, References.of([]))
    events = hear(alone, _call(prompts, [pieces["d8"], pieces["yuan"]], behind=[], silence=silence))
    assert not [event for event in events if isinstance(event, ReadOut)]
    assert [event.prompt for event in events if isinstance(event, Confirmed)] == ["balance"]
