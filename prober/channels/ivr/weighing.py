"""Holds a call's figures against limits: `quality`."""

from __future__ import annotations

from prober.channels.ivr.actions import Quality
from prober.channels.ivr.messages import Figures
from prober.channels.ivr.telephone import Telephone, estimate, facts_of, missing_share
from prober.model.run import Observation, Seen


async def quality(phone: Telephone, asked: Quality) -> Observation:
    """Return whether the call's sound so far keeps to every limit."""
    told = await phone.figures(phone.current("quality"))
    facts = {**facts_of(told), "lost_share": missing_share(told)}
    expected = "; ".join(_limits(asked)) or "sound"
    if not told.rtp_received:
        return Observation(Seen.NO_MEDIA, expected=expected, actual="no RTP packet came in", facts=facts, doubtful=True)
    missed = _missed(asked, told)
    return Observation(
        seen=Seen.POOR_QUALITY if missed else Seen.EXPECTED,
        expected=expected,
        actual="; ".join(missed or _figures(told)),
        facts=facts,
    )


def _limits(asked: Quality) -> list[str]:
    limits = {
        "MOS ≥ {:.2f}": asked.mos,
        "loss ≤ {:.1%}": asked.loss,
        "jitter ≤ {:.1f} ms": _ms(asked.jitter),
    }
    return [words.format(limit) for words, limit in limits.items() if limit is not None]


def _missed(asked: Quality, told: Figures) -> list[str]:
    """Return the figures that miss their limits; one that could not be measured keeps none."""
    mos, loss, jitter_s = estimate(told), missing_share(told), told.jitter_mean_s
    kept = {
        "mos": asked.mos is None or (mos is not None and mos >= asked.mos),
        "loss": asked.loss is None or (loss is not None and loss <= asked.loss),
        "jitter": asked.jitter is None or (jitter_s is not None and jitter_s <= asked.jitter),
    }
    return [words for words, fine in zip(_figures(told), kept.values(), strict=True) if not fine]


def _figures(told: Figures) -> list[str]:
    figures = {
        "estimated MOS {:.2f}": estimate(told),
        "loss {:.1%}": missing_share(told),
        "mean jitter {:.1f} ms": _ms(told.jitter_mean_s),
    }
    return [
        words.format(figure) if figure is not None else f"{words.partition(' {')[0]} not measured"
        for words, figure in figures.items()
    ]


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000
