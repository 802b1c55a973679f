"""What people's experience is judged by: the lists that come with the robot, and a workspace's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from prober.loading.config_names import Count
from prober.loading.fields import STRICT, Duration, Text
from prober.loading.yaml_files import read_shaped
from prober.model.review import Question
from prober.model.wording import Experience, Reading, Wording

_OWN = Path(__file__).with_name("wording")
_Channel = Literal["ivr", "web", "sms"]
_Most = Annotated[Count | None, Field(default=None)]


class _Reading(BaseModel):
    model_config = STRICT
    sentence: _Most
    whole: _Most
    choices: _Most
    seconds: Duration | None = None


class _Wording(BaseModel):
    model_config = STRICT
    jargon: dict[Text, Text] = Field(default_factory=dict)
    reading: dict[_Channel, _Reading] = Field(default_factory=dict)


class _Wordings(BaseModel):
    model_config = STRICT
    zh: _Wording = Field(default_factory=_Wording)
    en: _Wording = Field(default_factory=_Wording)


class _Question(BaseModel):
    model_config = STRICT
    zh: Text
    en: Text = ""


class _Checklist(BaseModel):
    model_config = STRICT
    all: dict[Text, _Question] | None = None
    ivr: dict[Text, _Question] | None = None
    web: dict[Text, _Question] | None = None
    sms: dict[Text, _Question] | None = None


def load_experience(wording: Path | None = None, checklist: Path | None = None) -> Experience:
    """
    Return the robot's own lists, with what the files of a workspace add.

    *wording* adds words, and limits that count instead of ours; *checklist* replaces what is asked on the channels it
    names.

    Raises:
        BadInput: Every mistake in these files.
    """
    ours = {name: read_shaped(_OWN / f"{name}.yaml", _Wording, what="a list of words") for name in ("zh", "en")}
    theirs = read_shaped(wording, _Wordings, what="a list of words") if wording else _Wordings()
    asked = _asked(read_shaped(_OWN / "checklist.yaml", _Checklist, what="a check-list"))
    if checklist:
        asked |= _asked(read_shaped(checklist, _Checklist, what="a check-list"))
    return Experience(
        wording={name: _together(said, getattr(theirs, name)) for name, said in ours.items()},
        checklist=tuple(question for questions in asked.values() for question in questions),
    )


def _together(ours: _Wording, theirs: _Wording) -> Wording:
    reading = {
        str(channel): _limits(theirs.reading.get(channel), ours.reading.get(channel))
        for channel in {**ours.reading, **theirs.reading}
    }
    return Wording({**ours.jargon, **theirs.jargon}, reading)


def _limits(*said: _Reading | None) -> Reading:
    """Return each limit as it is *said* first."""

    def first(name: str) -> Any:
        return next((value for one in said if one and (value := getattr(one, name)) is not None), None)

    return Reading(**{name: first(name) for name in _Reading.model_fields})


def _asked(said: _Checklist) -> dict[str, list[Question]]:
    """Return what is asked by whose it is; what the file does not name is not there."""
    sections: Mapping[str, dict[str, _Question] | None] = dict(said)
    return {
        whose: [
            Question(name, "" if whose == "all" else whose, one.zh, one.en or one.zh) for name, one in questions.items()
        ]
        for whose, questions in sections.items()
        if questions is not None
    }
