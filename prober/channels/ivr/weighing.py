"""Holds a call's figures against limits: `quality`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from prober.channels.ivr.actions import Quality
from prober.channels.ivr.messages import Figures
from prober.channels.ivr.telephone import Telephone, estimate, facts_of, missing_share
from prober.model.run import Observation, Seen


@dataclass(frozen=True)
class _Figure:
    """One figure of a call: what its limit is called, what it is called itself, and how it is told."""

    limit: str
    named: str
    form: str
    value: Callable[[Figures], float | None]
    times: float = 1.0
    least: bool = False

    def told(self, figure: float | None) -> str:
        return f"{self.named} {self._in_words(figure)}" if figure is not None else f"{self.named} not measured"

    def wanted(self, limit: float) -> str:
        return f"{self.limit} {'≥' if self.least else '≤'} {self._in_words(limit)}"

    def keeps(self, limit: float, figure: float | None) -> bool:
        """Whether it keeps to *limit*; what could not be measured keeps to none."""
        return figure is not None and (figure >= limit if self.least else figure <= limit)

    def _in_words(self, figure: float) -> str:
        return self.form.format(figure * self.times)


_FIGURES = {
    "mos": _Figure("MOS", "estimated MOS", "{:.2f}", estimate, least=True),
    "loss": _Figure("loss", "loss", "{:.1%}", missing_share),
    "jitter": _Figure("jitter", "mean jitter", "{:.1f} ms", lambda told: told.jitter_mean_s, times=1000),
    "level": _Figure("level", "level", "{:.1f} dBFS", lambda told: told.level_dbfs, least=True),
    "clipping": _Figure("clipping", "clipping", "{:.2%}", lambda told: told.clipped),
    "silence": _Figure(
        "silence", "silence", "{:.0%}", lambda told: None if told.sounding is None else 1 - told.sounding
    ),
    "dropout": _Figure("dropout", "longest dropout", "{:.0f} ms", lambda told: told.dropout_max_s, times=1000),
}
"""By the names of their limits."""


async def quality(phone: Telephone, asked: Quality, _: float) -> Observation:
    """Return whether the call's sound so far keeps to every limit, and goes both ways as far as reports tell."""
    call = phone.current("quality")
    told = await phone.figures(call)
    limits = {name: limit for name in _FIGURES if (limit := getattr(asked, name)) is not None}
    values = {name: one.value(told) for name, one in _FIGURES.items()}
    seen, actual = Seen.EXPECTED, "; ".join(one.told(values[name]) for name, one in _FIGURES.items())
    missed = [name for name, limit in limits.items() if not _FIGURES[name].keeps(limit, values[name])]
    if not told.rtp_received:
        seen, actual = Seen.NO_MEDIA, "no RTP packet came in"
    elif call.reaches is False:
        seen, actual = (
            Seen.ONE_WAY,
            f"the far end's RTCP reports know of none of the {told.rtp_sent} packets that we sent",
        )
    elif missed:
        seen, actual = Seen.POOR_QUALITY, "; ".join(_FIGURES[name].told(values[name]) for name in missed)
    return Observation(
        seen=seen,
        expected="; ".join(_FIGURES[name].wanted(limit) for name, limit in limits.items()) or "sound",
        actual=actual,
        facts={**facts_of(told), "lost_share": missing_share(told), "ours_arrives": call.reaches},
        doubtful=seen in (Seen.NO_MEDIA, Seen.ONE_WAY),
    )
