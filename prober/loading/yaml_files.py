"""Small YAML files of a workspace, each of one shape: every mistake at once, in its place."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from prober.errors import BadInput
from prober.loading import mistakes
from prober.loading.fields import did_you_mean
from prober.loading.nodes import MapNode, find, plain, read_yaml
from prober.loading.shapes import keys_at
from prober.loading.text_file import unreadable_is_bad

_Shape = TypeVar("_Shape", bound=BaseModel)


@unreadable_is_bad()
def read_shaped(path: Path, shape: type[_Shape], *, what: str, known: Collection[str] = (), item: str = "") -> _Shape:
    """
    Return what the YAML file at *path* says, as *shape*.

    *what* it is goes into the messages, *known* and *item* to its fields.

    Raises:
        BadInput: Every mistake in it.
    """
    document = read_yaml(path, what=what)
    if not isinstance(document.root, MapNode):
        raise BadInput([document.problem(document.root, f"{what} is a mapping: key: value")])
    written = plain(document.root)
    try:
        return shape.model_validate(written, context={"known": known, "item": item})
    except ValidationError as error:
        raise BadInput(
            [
                document.problem(
                    find(document.root, one.where, key=one.key), one.message, one.hint or _near(shape, one)
                )
                for one in mistakes.of_validation(error, written)
            ]
        ) from None


def _near(shape: type[BaseModel], mistake: mistakes.Mistake) -> str:
    if not mistake.message.startswith("unknown key"):
        return ""
    return did_you_mean(str(mistake.where[-1]), keys_at(shape, mistake.where[:-1]))
