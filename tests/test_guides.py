"""The documentation says what is there: its commands exist, its links lead somewhere, its scenarios load."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer.main

from prober.channels.registry import VERBS
from prober.cli.main import app
from prober.loading.prompts import load_prompts
from prober.loading.scenario import load_scenarios
from prober.loading.vocabulary import Vocabulary

ROOT = Path(__file__).parent.parent
GUIDES = sorted(path for path in (ROOT / "docs/guides").glob("*.md") if not path.name.endswith(".zh-CN.md"))
EVERY_GUIDE = sorted((ROOT / "docs/guides").glob("*.md"))
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_ENDS = {"&", "&&", "|", "||", ";", "<", ">", ">>", "2>", "2>>"}


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _blocks(path: Path, language: str) -> list[str]:
    return [text for spoken, text in _BLOCK.findall(path.read_text(encoding="utf-8")) if spoken == language]


def _prose(path: Path) -> str:
    return _BLOCK.sub("", path.read_text(encoding="utf-8"))


def _commands(path: Path) -> Iterator[list[str]]:
    """Yield the arguments of each `prober …` in the page's shell blocks."""
    for line in (line for block in _blocks(path, "sh") for line in block.splitlines()):
        words = shlex.split(line, comments=True)
        if words[:1] == ["prober"]:
            end = next((at for at, word in enumerate(words) if word in _ENDS), len(words))
            yield words[1:end]


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", EVERY_GUIDE, ids=_name)
def test_every_command_in_a_guide_exists(page: Path) -> None:
    """The command line takes each command as it stands there, with its options and values; none is run."""
    commands = list(_commands(page))
    assert commands
    for words in commands:
        _understand(words)


def _understand(words: list[str]) -> None:
    """Let the command line read *words* as far as its options; it raises where it would refuse them."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("prober", [*words], resilient_parsing=False)
    while hasattr(command, "resolve_command"):
        given = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, given)
        context = command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    """A link names a file that is there, and a heading that this file has."""
    broken = []
    for link in _LINK.findall(_prose(page)):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        target, _, anchor = unquote(link).partition("#")
        leads_to = (page.parent / target).resolve() if target else page
        if not leads_to.exists() or (anchor and anchor not in _anchors(leads_to)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_whole_scenario_on_a_page_loads(page: Path, tmp_path: Path) -> None:
    """What begins with `scenario:` in the documentation can be copied into a file as it is."""
    vocabulary = Vocabulary(VERBS).knowing(load_prompts(ROOT / "scenarios/prompts"))
    for number, block in enumerate(block for block in _blocks(page, "yaml") if block.startswith("scenario:")):
        file = tmp_path / f"{number}.yaml"
        file.write_text(block, encoding="utf-8")
        assert len(load_scenarios([file], vocabulary)) == 1


@pytest.mark.parametrize("guide", GUIDES, ids=_name)
def test_a_guide_says_the_same_in_both_languages(guide: Path) -> None:
    """The Chinese guide has the headings, tables and code of the English one."""
    chinese = guide.with_name(f"{guide.stem}.zh-CN.md")
    assert _BLOCK.findall(chinese.read_text(encoding="utf-8")) == _BLOCK.findall(guide.read_text(encoding="utf-8"))
    for shape in (r"^#+ ", r"^\|", r"^- "):
        counts = [len(re.findall(shape, _prose(page), re.MULTILINE)) for page in (guide, chinese)]
        assert counts[0] == counts[1], shape


@pytest.mark.parametrize("guide", GUIDES, ids=_name)
def test_the_readme_leads_to_every_guide(guide: Path) -> None:
    """Both front pages name each guide in their own language."""
    assert f"(docs/guides/{guide.name})" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"(docs/guides/{guide.stem}.zh-CN.md)" in (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
