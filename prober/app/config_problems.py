"""What is wrong with config.yaml beyond what it can tell by itself, each in its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from prober.errors import Problem
from prober.loading.nodes import Document, Where, find, parse_yaml


@dataclass
class ConfigProblems:
    """Notes problems at their places in the file *path*; at the file as a whole where the environment says it."""

    path: Path
    found: list[Problem] = field(default_factory=list)
    _document: Document | None = None

    def note(self, entry: Where, within: Where, message: str, hint: str) -> None:
        """Note a problem *within* an *entry* of a list, such as ("probes", 3)."""
        if self._document is None:
            self._document = parse_yaml(self.path, what="the configuration")
        root = self._document.root
        if find(root, entry) is find(root, entry[:1]):
            self.found.append(Problem(self.path, 0, 0, message, hint))
        else:
            self.found.append(self._document.problem(find(root, (*entry, *within)), message, hint))
