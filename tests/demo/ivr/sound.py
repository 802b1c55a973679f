"""Where a recording is found in what was heard."""

from __future__ import annotations

import numpy as np

from prober.demo.recordings import Pcm


def place(heard: Pcm, wanted: Pcm) -> float:
    """Return where *wanted* begins in *heard*, in seconds; from there on it is all that is heard."""
    sound, begin = heard.astype(float), wanted[:4000].astype(float)
    energy = np.convolve(np.square(sound), np.ones(len(begin)), "valid")
    at = int((np.correlate(sound, begin, "valid") / np.sqrt(energy + 1)).argmax())
    length = min(len(wanted), len(heard) - at)
    assert length > 4000
    # G.711 encoders differ in how they round the smallest steps.
    assert np.corrcoef(sound[at : at + length], wanted[:length])[0, 1] > 0.999
    return at / 8000
