"""Trials of what tools say of pages, held against what the pages themselves wrote down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from scripts.benches.browsing.hall import Stamp, hall
from scripts.benches.browsing.players import Player


@dataclass
class Told:
    """What a tool said of *trials* pages, less what the pages stamped, in seconds; how many did not stamp is *lost*."""

    open_errors_s: list[float] = field(default_factory=list)
    see_errors_s: list[float] = field(default_factory=list)
    delays_s: list[float] = field(default_factory=list)
    lost: int = 0

    def hold(self, said: tuple[float, float], stamp: Stamp | None) -> None:
        """Hold what was said of one page against its stamp."""
        if stamp is None:
            self.lost += 1
            return
        self.open_errors_s.append(said[0] - stamp.open_s)
        self.see_errors_s.append(said[1] - stamp.see_s)
        self.delays_s += [stamp.open_s, stamp.see_s]


def tried(folder: Path, players: Mapping[str, Player], *, rounds: int, trials: int, chance: Random) -> dict[str, Told]:
    """Let each of *players* play so many *trials* in turn, *rounds* times."""
    found: dict[str, Told] = defaultdict(Told)
    with hall(chance) as place:
        for number in range(rounds):
            for name, play in players.items():
                path = f"/{name.split()[0]}-{number}"
                said: Sequence[tuple[float, float]] = play(folder / path.strip("/"), place.url + path, trials)
                for trial, one in enumerate(said):
                    found[name].hold(one, place.stamps.get(f"{path}/{trial}"))
    return dict(found)
