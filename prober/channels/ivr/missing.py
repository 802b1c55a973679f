"""What was heard instead of a prompt, and which of the faults of a call it was."""

from __future__ import annotations

from dataclasses import replace

from prober.channels.ivr import answer
from prober.channels.ivr.answer import Occurrence, Question
from prober.channels.ivr.call import Call
from prober.channels.ivr.hearing.events import Diverged, SoundStarted, Tone
from prober.channels.ivr.messages import Figures
from prober.channels.ivr.pressing import VERB as PRESS
from prober.channels.ivr.sip_trace import said_why
from prober.channels.ivr.telephone import Telephone
from prober.channels.ivr.transfer import Kind, moves
from prober.channels.timing import monotonic
from prober.model.prompt import PromptTable
from prober.model.run import Observation, Seen

HEAVY_LOSS = 0.2
"""
The share of lost packets that explains why nothing was recognised, or a number misread.

Measured with the demo operator's recordings, single packets lost: prompts are followed to their end up to 45 %, numbers
are read without a mistake up to 20 % (24 of 24), and broken off at 30 % (12 of 24).
"""
STOPPED_S = 1.0
"""How long no packet came when the far end has stopped sending; shorter is the network's jitter."""
REPORTS_EVERY_S = 6.0
"""A far end that reports at all has done so this long after its answer: every 5 s is the custom (RFC 3550, 6.2)."""
AT_ONCE_S = 0.5
"""A prompt that was last followed so long before the end was being played at the end."""
DOUBTFUL = frozenset({Seen.NO_MEDIA, Seen.ONE_WAY, Seen.SILENCE})
"""What a robot sees whose own network or sound is broken."""

_LAST_WORD_S = 0.8
"""
Sooner after a number a far end that hangs up has cut it off: a piece of it lasts up to half a second, is known at its
end only, and some of it was still in the jitter buffer.
"""


async def reported(phone: Telephone, call: Call, by_s: float) -> bool:
    """
    Wait, no longer than *by_s*, for the report of the far end's that tells whether our key arrived at all.

    Returns whether there was anything to wait for: what is heard meanwhile counts as well.
    """
    if not _keyed(phone, call) or call.media is None:
        return False
    reported_s = min(by_s, call.media.at_s + REPORTS_EVERY_S)
    await phone.line.until(lambda: call.reaches is not None or call.ended or None, reported_s)
    return True


async def instead(phone: Telephone, table: PromptTable, call: Call, question: Question) -> Observation:
    """Return what was heard instead of the prompt."""
    figures = await phone.figures(call, question.since_s)
    seen, actual = _instead(table, call, question, figures)
    other = answer.others(call, question)
    named = "; ".join(table_name(table, one) for one in other)
    if named and seen is not Seen.OTHER_PROMPT:
        actual = f"{actual}; before that: {named}"
    if _keyed(phone, call) and call.reaches is False and seen is not Seen.NO_MEDIA:
        seen, actual = Seen.ONE_WAY, _one_way(figures, actual)
    return Observation(
        seen=seen,
        expected=wanted(table, question),
        actual=actual,
        text=table.prompts[other[-1].prompt].text if other else None,
        timings={"silence_s": answer.silence_s(call, question.since_s, monotonic())},
        facts={
            "other_prompts": named or None,
            "score": other[-1].recognition.score if other else None,
            "lost_share": share(figures),
            "ours_arrives": call.reaches,
        },
        doubtful=seen in DOUBTFUL or (seen is Seen.DROPOUT and _stopped_s(figures) > STOPPED_S),
    )


def wanted(table: PromptTable, question: Question) -> str:
    """Return what is waited for, as a person reads it."""
    if question.tone is not None:
        return tone_name(question.tone)
    return " or ".join(f"prompt {name} «{table.prompts[name].text}»" for name in question.prompts)


def tone_name(tone: Tone) -> str:
    """Return a tone, or music, as a person reads it."""
    return "music" if tone is Tone.MUSIC else f"{tone.value.replace('-', ' ')} tone"


def table_name(table: PromptTable, one: Occurrence) -> str:
    """Return a playing's prompt as a person reads it, with its text."""
    return f"{_prompt(table, one)}, score {one.recognition.score:.2f}"


def unreadable(heard: Observation, figures: Figures) -> Observation:
    """Return what was heard as a dropout: a number that is read through such gaps may be another one."""
    actual = f"{heard.actual}; {_lost(figures)}: what was read out behind it cannot be relied on"
    return replace(heard, seen=Seen.DROPOUT, actual=actual)


def unfinished(heard: Observation) -> Observation:
    """Return what was heard as cut off: a number that was not said to its end may be another one."""
    actual = f"the far end ended the call in the middle of what was read out; till then: {heard.actual}, «{heard.text}»"
    return replace(heard, seen=Seen.HUNG_UP, actual=actual)


def is_cut(call: Call, one: Occurrence) -> bool:
    """Return whether the far end hung up before what is read out behind a playing was said to its end."""
    bye, said = call.trace.hung_up, one.read_out
    return bye is not None and (said is None or (said.ended_at_s or said.at_s) >= bye.at_s - _LAST_WORD_S)


def is_lossy(figures: Figures) -> bool:
    """Return whether so much was lost that it explains why something could not be made out."""
    return figures.lost_share is not None and figures.lost_share >= HEAVY_LOSS


def _lost(figures: Figures) -> str:
    return f"{figures.lost_share:.0%} of the packets since the stimulus were lost"


def share(figures: Figures) -> float | None:
    """Return the share of lost packets, rounded."""
    return None if figures.lost_share is None else round(figures.lost_share, 4)


def _prompt(table: PromptTable, one: Occurrence) -> str:
    prompt = table.prompts.get(one.prompt)
    text = f" «{prompt.text}»" if prompt and prompt.text else ""
    return f"prompt {one.prompt}{text}"


def _keyed(phone: Telephone, call: Call) -> bool:
    """Whether a key is the stimulus that went with our sound; as SIP INFO it arrives whatever becomes of that."""
    infos = {one.at_s for one in call.trace.requests("INFO", sent=True)}
    return phone.run.stimulus.by == PRESS and bool(call.keys) and call.keys[-1].at_s not in infos


def _one_way(figures: Figures, heard: str) -> str:
    return (
        f"we hear them, but they do not hear us: the far end's RTCP reports know of none of the {figures.rtp_sent} "
        f"packets that the robot sent, so its key did not arrive; heard here: {heard}"
    )


def _instead(table: PromptTable, call: Call, question: Question, figures: Figures) -> tuple[Seen, str]:
    if call.ended is not None:
        return Seen.HUNG_UP, _hung_up(table, call, question)
    if (last := next(reversed(moves(call.trace)), None)) is not None and last.kind is Kind.HELD:
        seen, actual = _in_the_call(table, call, question, figures)
        return seen, f"{actual}; {last}"
    return _in_the_call(table, call, question, figures)


def _in_the_call(table: PromptTable, call: Call, question: Question, figures: Figures) -> tuple[Seen, str]:
    if not figures.rtp_received:
        return Seen.NO_MEDIA, "the call is answered, and not one RTP packet has come in"
    stopped_at_s = figures.last_packet_at_s
    if stopped_at_s is None or stopped_at_s < question.since_s:
        return Seen.NO_MEDIA, "no RTP packet came in since the stimulus"
    other = [one for one in answer.others(call, question) if one.confirmed or not is_lossy(figures)]
    if other:
        return Seen.OTHER_PROMPT, "; ".join(table_name(table, one) for one in other)
    if is_lossy(figures):
        return Seen.DROPOUT, f"{_lost(figures)}: no prompt can be made out in what came"
    told = _toned(call, question) or _broken_off(table, call, question, figures)
    return told or _unknown(table, call, question)


def _toned(call: Call, question: Question) -> tuple[Seen, str] | None:
    found = [*answer.music_before(call, question.since_s), *answer.tones_since(call, question.since_s)]
    told = [f"{tone_name(one.tone)}{_since(one.at_s, question)}" for one in found]
    seen = Seen.MUSIC if all(one.tone is Tone.MUSIC for one in found) else Seen.TONE
    return (seen, "; ".join(told)) if told else None


def _since(at_s: float, question: Question) -> str:
    if at_s < question.since_s - answer.TOLERANCE_S:
        return ", which was being played already, went on"
    return f" {at_s - question.since_s:.2f} s after the stimulus"


def _stopped_s(figures: Figures) -> float:
    """Return how long nothing had arrived."""
    return figures.at_s - figures.last_packet_at_s if figures.last_packet_at_s is not None else 0.0


def _hung_up(table: PromptTable, call: Call, question: Question) -> str:
    assert call.ended is not None  # noqa: S101  # the caller has looked
    ended_s = call.ended.at_s
    ending = call.trace.hung_up
    who = "the far end" if ending is not None else "the robot"
    told = f"{who} ended the call {max(ended_s - question.since_s, 0.0):.2f} s after the stimulus"
    cut = _cut_at(call, ended_s)
    told += f", in the middle of {_prompt(table, cut)}: {_how_far(cut)}" if cut else ""
    why = said_why(ending) if ending else ""
    return f"{told}; its reason: {why}" if why else told


def _cut_at(call: Call, at_s: float) -> Occurrence | None:
    """Return the prompt that was being played at *at_s*, and no longer."""
    last = next(reversed(answer.occurrences(call)), None)
    if last is None or not last.withdrawn or last.ended is None or last.ended.at_s < at_s - AT_ONCE_S:
        return None
    return last


def _how_far(cut: Occurrence) -> str:
    assert cut.ended is not None  # noqa: S101  # it was cut
    event = cut.ended.event
    followed = f" ({event.coverage:.0%})" if isinstance(event, Diverged) else ""
    return f"{max(cut.ended.at_s - cut.started.at_s, 0.0):.2f} s of it{followed} were heard"


def _broken_off(table: PromptTable, call: Call, question: Question, figures: Figures) -> tuple[Seen, str] | None:
    stopped_s = _stopped_s(figures)
    stopped_at_s = figures.at_s - stopped_s
    sounding = any(start_s <= stopped_at_s <= end_s + AT_ONCE_S for start_s, end_s in call.sounds(monotonic()))
    if stopped_s > STOPPED_S and sounding:
        cut = _cut_at(call, stopped_at_s)
        within = f" in the middle of {_prompt(table, cut)}, {_how_far(cut)}" if cut else ""
        return Seen.DROPOUT, f"the sound broke off{within}: no RTP packet has come in for {stopped_s:.1f} s"
    cut = answer.cut_off(call, question)
    if cut is None:
        return None
    if cut.went_on_otherwise:
        return Seen.OTHER_PROMPT, f"{_prompt(table, cut)} began, and went on otherwise: {_how_far(cut)}"
    return Seen.DROPOUT, f"{_prompt(table, cut)} began, and broke off: {_how_far(cut)}"


def _unknown(table: PromptTable, call: Call, question: Question) -> tuple[Seen, str]:
    going_on = answer.going_on(call, question, monotonic())
    if going_on is not None:
        return Seen.OTHER_PROMPT, f"{table_name(table, going_on)}, which was being played already, went on"
    heard = [
        end_s - start_s
        for start_s, end_s in call.sounds(monotonic())
        if end_s > question.since_s + answer.TAIL_S and start_s <= question.ends_at_s
    ]
    if not heard:
        return Seen.SILENCE, f"packets came in, and nothing was heard for {monotonic() - question.since_s:.1f} s"
    levels = [one.event.level_dbfs for one in call.heard if isinstance(one.event, SoundStarted)]
    return Seen.OTHER_PROMPT, f"{sum(heard):.1f} s of sound ({levels[-1]:.0f} dBFS) that is no prompt of the library"
