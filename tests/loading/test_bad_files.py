"""What a person sees for each mistake, whole. A case holds the files and, last, what is said of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prober.cli import problems
from prober.errors import BadInput
from prober.loading.config import load_config
from prober.loading.scenario import load_scenarios

CASES = sorted((Path(__file__).parent / "bad").glob("*.txt"))
_SECTION = re.compile(r"^--- (.+)\n", re.MULTILINE)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_mistakes_are_told_whole(case, tmp_path, monkeypatch, small_vocabulary, small_settings):
    """Every mistake of the case is told at once, with place, line, caret and hint."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOT_SET", raising=False)
    files = sections(case.read_text(encoding="utf-8"))
    expected = files.pop("problems")
    for name, text in files.items():
        Path(name).write_text(text.replace("<ESC>", "\x1b"), encoding="utf-8")

    def load() -> object:
        if "config.yaml" in files:
            return load_config(Path("config.yaml"), small_settings, lambda url: not url.startswith("nowhere"))
        return load_scenarios([Path()], small_vocabulary)

    with pytest.raises(BadInput) as bad:
        load()

    assert problems.plain(bad.value.problems) + "\n" == expected


def sections(text: str) -> dict[str, str]:
    """Return the parts of a case by their names."""
    parts = _SECTION.split(text)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))
