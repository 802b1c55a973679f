"""Speech: whether the voice that is set up speaks, and whether the model that is set up loads, or which one to take."""

from __future__ import annotations

from prober.channels.ivr.config import Settings as IvrSettings
from prober.channels.ivr.speech.engines import ALTERNATIVE, RECOMMENDED
from prober.channels.ivr.speech.recognition import Recognition
from prober.channels.ivr.voice.synthesis import spoken
from prober.channels.timing import monotonic
from prober.doctor.finding import Finding, Patient, broken, good
from prober.errors import RobotBroken

_NONE = (
    "no speech recognition is set up. For Mandarin: pip install sherpa-onnx, unpack the model "
    f"{RECOMMENDED} (k2-fsa) into models/ beside config.yaml, and write channels.ivr.speech: "
    f"{{engine: sherpa-onnx, model: models/{RECOMMENDED}}}. A smaller one: {ALTERNATIVE}, for "
    "pip install faster-whisper and engine: whisper"
)


async def voice(patient: Patient) -> Finding | list[Finding]:
    """Have the voice speak as a run does."""
    settings: IvrSettings = patient.channels["ivr"]
    if settings.voice is None:
        return []
    named, began_s = f"{settings.voice.engine} with the voice {settings.voice.named}", monotonic()
    try:
        sound = await spoken(settings.voice, "10086")
    except RobotBroken as exc:
        return broken(f"{named}: {exc.what}", "Choose a voice that is there; docs/channels/ivr.md, A voice.")
    return good(f"{named} speaks; {len(sound) / 16000:.1f} s of speech took {monotonic() - began_s:.1f} s")


async def model(patient: Patient) -> Finding:
    """Load the model as a run does, and say how long that took."""
    settings: IvrSettings = patient.channels["ivr"]
    if settings.speech is None:
        return good(_NONE)
    named = f"{settings.speech.engine} with the model {settings.speech.model}"
    recognition, began_s = Recognition(settings.speech), monotonic()
    try:
        await recognition.loaded()
        took_s = monotonic() - began_s
    except RobotBroken as exc:
        return broken(f"{named}: {exc.what}", "Unpack the model anew, or choose another; docs/channels/ivr.md, Speech.")
    finally:
        await recognition.close()
    return good(f"{named} recognises speech ({settings.speech.language}); loading it took {took_s:.1f} s")
