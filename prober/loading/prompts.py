"""A folder of recorded prompts -> PromptTable."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path

from prober.errors import BadInput, Problem
from prober.loading.fields import did_you_mean
from prober.loading.nodes import Document, ListNode, MapNode, Node, ScalarNode, read_yaml
from prober.loading.text_file import unreadable_is_bad
from prober.loading.wav import AUDIBLE_DBFS, RATE, audible, read_wav
from prober.model.prompt import Prompt, PromptTable

TABLE = "prompts.yaml"
SECTIONS = ("prompts", "pieces", "sayings")
SHORTEST_S = {"prompts": 0.5, "pieces": 0.1, "sayings": 0.1}
"""Shorter ones do not hold enough to be told from others."""


@unreadable_is_bad()
def load_prompts(folder: Path) -> PromptTable:
    """
    Return the prompt library in *folder*: its WAV files are the prompts, those of its `pieces` folder the pieces, those
    of `sayings` what a customer says.

    Their texts stand in `prompts.yaml` beside them, which may be missing: `prompts: {name: text}`, `pieces: …` and
    `sayings: …`, where a text may also be `{text: …, spoken: …}` (*spoken* is for whoever renders the recording).

    Raises:
        BadInput: Every recording that cannot be used, and every mistake in the table of texts, at once.
    """
    problems: list[Problem] = []
    table = _Texts(folder / TABLE, problems)
    recordings = {name: _recordings(folder if name == "prompts" else folder / name) for name in SECTIONS}
    if not recordings["prompts"]:
        hint = "put 8 kHz mono WAV files there, or name another folder: channels.ivr.prompts in config.yaml"
        problems.append(Problem(folder, 0, 0, f"there is no prompt (*.wav) in {folder}", hint))
    texts = {section: table.of(section, paths) for section, paths in recordings.items()}
    seen: dict[str, Path] = {}
    for section, paths in recordings.items():
        for path in paths.values():
            problems += _faults(path, section, seen)
    if problems:
        raise BadInput(problems)
    return PromptTable(
        folder=folder,
        prompts=_prompts(recordings["prompts"], texts["prompts"]),
        pieces=_prompts(recordings["pieces"], texts["pieces"]),
        sayings=_prompts(recordings["sayings"], texts["sayings"]),
        sha256=_sha256(folder, recordings),
    )


def _recordings(folder: Path) -> dict[str, Path]:
    paths = folder.iterdir() if folder.is_dir() else ()
    return {path.stem: path for path in sorted(paths) if path.suffix.lower() == ".wav"}


def _prompts(paths: dict[str, Path], texts: dict[str, str]) -> dict[str, Prompt]:
    return {name: Prompt(name, path, texts.get(name, "")) for name, path in paths.items()}


def _sha256(folder: Path, recordings: dict[str, dict[str, Path]]) -> str:
    paths = [path for section in recordings.values() for path in section.values()]
    whole = hashlib.sha256()
    for path in (*paths, *filter(Path.is_file, [folder / TABLE])):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()} {digest}\n".encode())
    return whole.hexdigest()


def _faults(path: Path, section: str, seen: dict[str, Path]) -> Iterator[Problem]:
    """Yield why a recording cannot be recognised. *seen* holds the recordings read before, by their content."""
    try:
        samples = read_wav(path)
    except BadInput as exc:
        yield from exc.problems
        return
    if len(samples) < SHORTEST_S[section] * RATE:
        length_s = len(samples) / RATE
        yield Problem(path, 0, 0, f"{path.name}: {length_s:.2f} s of sound; {SHORTEST_S[section]} s are needed")
    elif audible(samples) is None:
        why = f"{path.name}: nothing in it is louder than {AUDIBLE_DBFS:.0f} dBFS"
        yield Problem(path, 0, 0, why, "record it again")
    if section == "sayings":  # they are not listened for
        return
    twin = seen.setdefault(hashlib.sha256(samples.tobytes()).hexdigest(), path)
    if twin != path:
        why = f"{path.name}: it is the same recording as {twin.name}, so the two cannot be told apart"
        yield Problem(path, 0, 0, why, "remove one of them")


class _Texts:
    """The table of texts. What is wrong with it is added to *problems*."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self._problems = problems
        self._document: Document | None = None
        if path.exists():
            try:
                self._document = read_yaml(path, what="a table of prompt texts")
            except BadInput as exc:
                problems += exc.problems
        sections = self._entries(self._document.root if self._document else Node(0, 0))
        for key, _ in sections.values():
            if key.text not in SECTIONS:
                self._note(key, f"unknown key ‘{key.text}’", did_you_mean(str(key.text), SECTIONS))
        self._sections = {name: self._entries(sections[name][1]) if name in sections else {} for name in SECTIONS}

    def of(self, section: str, recorded: Collection[str]) -> dict[str, str]:
        """Return the texts of *section*; those that no recording speaks are problems."""
        texts: dict[str, str] = {}
        for name, (key, value) in self._sections[section].items():
            written = value.values.get("text", value) if isinstance(value, MapNode) else value
            if isinstance(written, ScalarNode) and written.text:
                texts[name] = written.text
            else:
                self._note(value, f"the text of ‘{name}’ is missing", f"write {name}: the words it speaks")
            if name not in recorded:
                wav = f"{name}.wav" if section == "prompts" else f"{section}/{name}.wav"
                why = f"‘{name}’ has a text but no recording: there is no {wav}"
                self._note(key, why, did_you_mean(name, recorded))
        return texts

    def _entries(self, node: Node) -> dict[str, tuple[ScalarNode, Node]]:
        if isinstance(node, MapNode):
            return {name: (key, node.values[name]) for name, key in node.keys.items()}
        if isinstance(node, ScalarNode | ListNode) and node != ScalarNode(node.line, node.column, node.hint):
            self._note(node, "names with their texts are wanted here", "for example  welcome: 您好")
        return {}

    def _note(self, node: Node, message: str, hint: str) -> None:
        assert self._document is not None  # noqa: S101  # nodes come out of it
        self._problems.append(self._document.problem(node, message, hint))
