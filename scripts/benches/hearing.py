"""
How well prompts are recognised: Mandarin and English ones over spoilt lines, and what must not be taken for one.

An ear that knows all prompts of scripts/benches/listening/prompts, and the pieces of amounts, is fed frame by frame. (A
line's process feeds it five at a time: that costs less, and tells up to 0.1 s later.) Each prompt comes behind silence,
ringback or another prompt, begun at any sample, over every line. A prompt is right if it is confirmed, dated within 0.1
s. Then come texts that the ear does not know in the voices that it does, texts that it knows in other voices, tones,
keys, noise and music: none of it may be confirmed.

Music on hold, 10 s of five pieces that exchanges come with (Debian's asterisk-moh-opsound-wav), must be told as music,
and nothing else may be. `music_found_share` counts what is told within 3 s of its first sample above -40 dBFS.

`told` is how much of a prompt must be heard until the ear says which it is, counted from where its recording is no
longer the same, sample for sample, as that of another known prompt; `decided` counts from its audible beginning. Lost
packets are left blank, as the robot's line leaves them (see docs/hearing.md). The quick form plays a part of it.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle, product

from prober.channels.ivr.hearing.ear import Ear
from prober.channels.ivr.hearing.fingerprint import FRAME
from scripts.benches.frame.bench import Figure, Plan, Result, Table
from scripts.benches.listening.noises import MUSIC, NOISES
from scripts.benches.listening.recordings import UNLISTED, VOICES, known, on_hold, unknown
from scripts.benches.listening.streams import LINES, Before
from scripts.benches.listening.trials import Asked, Found, Trial, trial
from scripts.benches.scheduling.used import share

QUICK_EVERY = 5
"""The quick form plays every fifth stream."""
BOUNDS = {
    "right_share": ">= 0.995",
    "wrong": "== 0",
    "onset_error_p95_s": "<= 0.020",
    "told_p95_s": "<= 1.0",
    "music_of_nothing": "== 0",
}
HOLD_BOUNDS = {"music_found_share": ">= 0.8"}
"""Where music on hold is installed."""
ON_HOLD = "on hold"
PARTS = 4
"""Of each piece of it, on each line."""
SOON_S = 3.0
_SAYS = {
    UNLISTED: "other texts in a known voice",
    VOICES: "known texts in other voices",
    "noises": "noises",
}
_LIMITS = (
    "All prompts are synthetic speech by four voices; the lines are computed, but GSM, which is sox's codec.",
    "A recording is known, not a text: the IVR must play the very recordings that the robot has.",
    "What is wrongly confirmed is speech of the same voice that differs from a known prompt in a syllable or two.",
    "A told_max_s of seconds is a prompt found late in noise; its beginning is still dated rightly.",
    "Of the music made of notes, plain tones in noise and voices without accompaniment are the hardest to tell.",
    "The cost is that of whole streams: silence, looking for every prompt, following one, reading numbers behind it.",
)


def measure(plan: Plan) -> Result:
    """Play all streams to ears, and count."""
    asked = list(_asked(plan.seed))
    if plan.quick:
        asked = asked[plan.seed % QUICK_EVERY :: QUICK_EVERY]
    trials: list[Trial] = []
    with ProcessPoolExecutor() as pool:
        for one in pool.map(trial, asked, chunksize=8):
            trials.append(one)
            if len(trials) % 300 == 0:
                plan.say(f"{len(trials)} of {len(asked)} streams")
    found = [one for some in trials for one in some.found]
    return Result(
        {name: _rounded(figure) for name, figure in _figures(trials, found).items()},
        bounds=BOUNDS | (HOLD_BOUNDS if on_hold() else {}),
        samples=_samples(trials, found),
        limits=_LIMITS,
        tables=[_lines_table(trials), _others_table(trials), _music_table(trials)],
        remarks=list(_remarks(trials)),
    )


def _asked(seed: int) -> Iterator[Asked]:
    """Yield every stream; a prompt on a line comes behind one thing after another."""
    kinds = {"prompts": [one.name for one in known().prompts.recordings], "noises": list(NOISES)}
    kinds |= {kind: list(unknown(kind)) for kind in (UNLISTED, VOICES)}
    kinds[ON_HOLD] = [name for name in on_hold() for _ in range(PARTS)]
    before = cycle(Before)
    for (number, line), (kind, names) in product(enumerate(LINES), kinds.items()):
        for index, name in enumerate(names):
            behind = next(before) if kind == "prompts" else Before.SILENCE
            yield Asked(kind, name, line, (seed, number, index), behind)


def _figures(trials: Sequence[Trial], found: Sequence[Found]) -> dict[str, Figure]:
    errors_s, told_s, decided_s = _timed(found)
    held = [one for one in trials if one.asked.kind == ON_HOLD]
    after_s = [one.music[0].after_s for one in held if one.music]
    began_s = [abs(one.music[0].error_s) for one in held if one.music]
    return {
        "right_share": _right(found),
        "right_share_mandarin": _right(one for one in found if not _is_english(one)),
        "right_share_english": _right(filter(_is_english, found)),
        "wrong": sum(len(one.wrong) for one in trials),
        "read_out_of_nothing": sum(one.read_out for one in trials),
        "onset_error_p50_s": share(errors_s, 0.5),
        "onset_error_p95_s": share(errors_s, 0.95),
        "onset_error_max_s": max(errors_s, default=None),
        "told_p50_s": share(told_s, 0.5),
        "told_p95_s": share(told_s, 0.95),
        "told_max_s": max(told_s, default=None),
        "decided_p50_s": share(decided_s, 0.5),
        "decided_p95_s": share(decided_s, 0.95),
        "withdrawn_share": sum(one.withdrawn for one in trials if one.found) / max(1, len(found)),
        "music_found_share": _soon(held),
        "music_told_p50_s": share(after_s, 0.5),
        "music_told_p95_s": share(after_s, 0.95),
        "music_onset_error_p50_s": share(began_s, 0.5),
        "music_onset_error_p95_s": share(began_s, 0.95),
        "music_of_nothing": sum(len(one.music) for one in trials if not _is_music(one)),
        "core_share": sum(one.cost_s for one in trials) / sum(one.length_s for one in trials),
        "memory_of_an_ear_mb": _memory_mb(),
    }


def _is_music(one: Trial) -> bool:
    return one.asked.kind == ON_HOLD or one.asked.name in MUSIC


def _soon(trials: Sequence[Trial]) -> float | None:
    """Return the share of music that was told within 3 s."""
    soon = sum(bool(one.music) and one.music[0].after_s <= SOON_S for one in trials)
    return soon / len(trials) if trials else None


def _timed(found: Iterable[Found]) -> tuple[list[float], list[float], list[float]]:
    """Return onset errors, and after how long prompts were told and decided, of those that were right."""
    times = [
        (one.onset_error_s, one.told_s, one.decided_s)
        for one in found
        if one.onset_error_s is not None and one.told_s is not None and one.decided_s is not None
    ]
    return [one[0] for one in times], [one[1] for one in times], [one[2] for one in times]


def _right(found: Iterable[Found]) -> float:
    kept = [one.right for one in found]
    return sum(kept) / max(1, len(kept))


def _is_english(found: Found) -> bool:
    return found.prompt.startswith("en_")


def _memory_mb() -> float:
    """Return what an ear holds that has heard ten seconds; the library, which all calls share, is not counted."""
    known()
    tracemalloc.start()
    ear = Ear(known())
    for _ in range(500):
        ear.listen(bytes(2 * FRAME))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / 1e6


def _samples(trials: Sequence[Trial], found: Sequence[Found]) -> dict[str, int]:
    held = sum(one.asked.kind == ON_HOLD for one in trials)
    others = {"parts of music on hold": held} | {
        says: sum(one.asked.kind == kind for one in trials) for kind, says in _SAYS.items()
    }
    return {"prompts known": len(known().prompts.recordings), "prompts played": len(found), **others}


def _lines_table(trials: Sequence[Trial]) -> Table:
    columns = ("line", "played", "right", "wrong", "withdrawn")
    columns += ("onset error p95, ms", "told p50, s", "p95", "max", "decided p50, s", "p95")
    rows = [_line_row(line, [one for one in trials if one.asked.line == line and one.found]) for line in LINES]
    return Table("Prompts, by line", columns, rows)


def _line_row(line: str, trials: Sequence[Trial]) -> list[str | int | float | None]:
    found = [one for some in trials for one in some.found]
    errors_s, told_s, decided_s = _timed(found)
    counted = (len(found), sum(one.right for one in found), *_counted(trials)[:2])
    error_ms = share([error_s * 1000 for error_s in errors_s], 0.95)
    told = (share(told_s, 0.5), share(told_s, 0.95), max(told_s, default=None))
    return [line, *counted, *map(_rounded, (error_ms, *told, share(decided_s, 0.5), share(decided_s, 0.95)))]


def _others_table(trials: Sequence[Trial]) -> Table:
    columns = ("what is no known prompt", "played", "minutes", "confirmed", "started and withdrawn", "numbers read out")
    columns += ("told as music",)
    kinds = {_SAYS[kind]: [one for one in trials if one.asked.kind == kind] for kind in (UNLISTED, VOICES)}
    kinds |= {name: [one for one in trials if one.asked.kind == "noises" and one.asked.name == name] for name in NOISES}
    rows = []
    for what, some in kinds.items():
        minutes = round(sum(one.length_s for one in some) / 60, 1)
        told = sum(bool(one.music) for one in some)
        rows.append((what, len(some), minutes, *_counted(some), sum(one.read_out for one in some), told))
    return Table("What must not be taken for a prompt", columns, rows)


def _music_table(trials: Sequence[Trial]) -> Table:
    columns = (
        "line",
        "music on hold played",
        "told within 3 s",
        "told at all",
        "told p50, s",
        "p95",
        "onset error p50, s",
    )
    rows = []
    for line in LINES:
        some = [one for one in trials if one.asked.line == line and one.asked.kind == ON_HOLD]
        told = [one.music[0] for one in some if one.music]
        after_s, error_s = ([one.after_s for one in told], [abs(one.error_s) for one in told])
        times = map(_rounded, (share(after_s, 0.5), share(after_s, 0.95), share(error_s, 0.5)))
        rows.append([line, len(some), sum(one <= SOON_S for one in after_s), len(told), *times])
    return Table("Music on hold, by line", columns, rows)


def _counted(trials: Sequence[Trial]) -> tuple[int, int]:
    """Return what was confirmed and not played, and what was withdrawn."""
    return sum(len(one.wrong) for one in trials), sum(one.withdrawn for one in trials)


def _remarks(trials: Sequence[Trial]) -> Iterator[str]:
    for one in trials:
        where = f"{one.asked.name} ({one.asked.kind}) behind {one.asked.before}, {one.asked.line}"
        missed = [found.prompt for found in one.found if not found.right]
        if one.music and not _is_music(one):
            yield f"{where}: took it for music"
        if missed or one.wrong:
            yield f"{where}: missed {', '.join(missed) or 'none'}; took for {', '.join(one.wrong) or 'nothing else'}"


def _rounded(figure: Figure) -> Figure:
    return round(figure, 4) if isinstance(figure, float) else figure
