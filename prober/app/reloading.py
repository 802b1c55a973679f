"""Tells when a file that people write was changed; the only import of watchfiles."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR
from typing import Any

from watchfiles import Change, awatch

from prober.errors import RobotBroken

_WRITTEN = {".yaml", ".yml", ".py", ".wav", ".xlsx"}
_SETTLED_MS = 500
"""Changes that follow each other faster are one: an editor writes, renames and touches."""
_AGAIN_S = 60.0
"""After so long files that cannot be watched are tried again."""

_Places = Mapping[Path, tuple[int, int] | None]


class Files:
    """
    Calls *changed* when one of the files *read* was changed, or one that lies beneath a folder of them.

    What is to be watched is asked for again after each change, and when `look` is called: a folder may have been put in
    the place of another one. *say* hears of files that cannot be watched; that is tried again.
    """

    def __init__(
        self, read: Callable[[], Collection[Path]], changed: Callable[[], None], say: Callable[[str], None]
    ) -> None:
        self._read, self._changed, self._say = read, changed, say
        self._awake = asyncio.Event()
        self._written = False

    def look(self) -> None:
        """See whether other places are to be watched now."""
        self._awake.set()

    async def watch(self) -> None:
        """Watch until cancelled."""
        said = ""
        while True:
            try:
                await self._until_others(await self._places())
                said = ""
            except RobotBroken as broken:
                if said != str(broken):
                    said = str(broken)
                    self._say(said)
                await self._rest()
            # What was written while nobody watched is read with this.
            self._changed()

    async def _until_others(self, places: _Places) -> None:
        """
        Watch *places* until others are to be watched.

        Raises:
            RobotBroken: They cannot be.
        """
        tasks = [asyncio.create_task(self._follow(place, inside, places)) for place, inside in _watched(places)]
        try:
            while await self._places() == places:
                await _either(self._awake, tasks)
                self._awake.clear()
                if self._written:
                    self._written = False
                    self._changed()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, place: Path, inside: bool, places: _Places) -> None:
        def wanted(_: Change, path: str) -> bool:
            file = Path(path)
            written = file.suffix in _WRITTEN
            return file in places or (inside and written and file.is_relative_to(place))

        async for _ in awatch(place, watch_filter=wanted, step=100, debounce=_SETTLED_MS, recursive=inside):
            self._written = True
            self._awake.set()

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_AGAIN_S):
                await self._awake.wait()
        self._awake.clear()

    async def _places(self) -> _Places:
        """
        Return what is to be watched, and which folder each is at this moment; None: it is none.

        Raises:
            RobotBroken: Nobody can say where it is.
        """
        try:
            paths = {path.absolute() for path in self._read()}
        except OSError as exc:  # the folder the robot works in is no more
            raise _unwatched(exc) from exc
        return await asyncio.to_thread(lambda: {path: _folder(path) for path in sorted(paths)})


def _folder(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if S_ISDIR(found.st_mode) else None


def _watched(places: _Places) -> Sequence[tuple[Path, bool]]:
    """
    Return the folders that are followed, and whether with all that is inside.

    Of a file it is the folder it lies in: editors put a new file in the place of the old one; people do with folders.
    """
    folders = {path.resolve() for path, folder in places.items() if folder}
    outer = [folder for folder in folders if not folders & set(folder.parents)]
    around = {path.parent for path in places}
    return [*((folder, True) for folder in outer), *((folder, False) for folder in around)]


async def _either(event: asyncio.Event, tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Wait for *event*; what *tasks* end by is raised, for they never end."""
    waking = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait((waking, *tasks), return_when=asyncio.FIRST_COMPLETED)
    finally:
        waking.cancel()
    for task in tasks:
        if task.done():
            raise _unwatched(task.exception()) from task.exception()


def _unwatched(why: BaseException | None) -> RobotBroken:
    cure = "Send SIGHUP after a change. See fs.inotify.max_user_watches, and whether the folders are there."
    return RobotBroken(f"changes of files are not noticed: {why}", cure=cure)
