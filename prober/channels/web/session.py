"""One run's dealings with the web hall: steps go in, observations and evidence come out."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from prober.channels.base import RunContext
from prober.channels.timing import monotonic
from prober.channels.web import (
    access,
    captchas,
    certificates,
    conditions,
    content,
    dialogs,
    downloading,
    figures,
    inputs,
    looking,
    tabs,
    waiting,
)
from prober.channels.web.actions import (
    Back,
    Captcha,
    Check,
    Choose,
    Click,
    Dialog,
    Download,
    Fill,
    Frame,
    NotSee,
    Open,
    Press,
    Read,
    SaveLogin,
    Screenshot,
    Scroll,
    See,
    Tab,
    Upload,
    UseLogin,
    WaitFor,
)
from prober.channels.web.circumstances import unreachable
from prober.channels.web.config import Screenshots, Settings
from prober.channels.web.darkroom import Darkroom
from prober.channels.web.engine import Gone, NotFetched, TooLong, browser_ended
from prober.channels.web.logins import Logins
from prober.channels.web.masking import WindowMask
from prober.channels.web.moment import Moment, last_look, shown
from prober.channels.web.opening import go_back, open_page
from prober.channels.web.page_checks import Accessible, Broken, Errors, Jargon, LooksLike, Matches, Vitals
from prober.channels.web.recording import Recording
from prober.channels.web.studio import Studio
from prober.channels.web.verbs import VERBS
from prober.channels.web.window import Blocked, Look, Window
from prober.errors import RobotBroken
from prober.model.run import Evidence, Observation, Seen
from prober.model.scenario import Action

_WAITS = frozenset(verb.name for verb in VERBS if verb.waits)
_DOES: Mapping[type, Callable[[Window, Any, Moment], Awaitable[Observation]]] = {
    Back: go_back,
    **dict.fromkeys((Click, Fill, Choose, Check, Press), inputs.do),
    See: conditions.see,
    NotSee: conditions.not_see,
    Read: conditions.read,
    WaitFor: waiting.wait_for,
    Scroll: waiting.scroll,
    Dialog: dialogs.answer,
    Tab: tabs.go_to,
    Frame: tabs.enter,
    Vitals: figures.vitals,
    Errors: figures.errors,
    Broken: content.broken,
    Accessible: access.accessible,
}
"""What does each verb that needs but the window."""

_STIRS = (Click, Press)
"""After these no still is taken: a picture holds the page's thread up, and what it now does is timed."""
_TELLING = 8
"""A header or cookie of so many characters may be a secret; shorter ones (`1`, `off`) stand in many places."""


class WebSession:
    """A customer at a browser window of their own."""

    def __init__(
        self, run: RunContext, window: Window, settings: Settings, *, recording: Recording, darkroom: Darkroom
    ) -> None:
        self._run, self._window, self._settings = run, window, settings
        self._recording: Recording | None = recording
        self._film = recording.film
        self._mask = WindowMask(run.mask)
        for value in (*settings.headers.values(), *settings.cookies.values()):
            if len(value) >= _TELLING:
                self._mask.typed(value)
        self._studio = Studio(window, self._mask, darkroom, run.evidence)
        self._logins = Logins(settings.logins)
        self._failed = False
        self._of_run: tuple[Evidence, ...] = ()
        self._own: Mapping[type, Callable[[Any, Moment], Awaitable[Observation]]] = {
            Open: self._open,
            Upload: self._upload,
            Download: self._download,
            Screenshot: self._photograph,
            Captcha: lambda wanted, moment: captchas.answer(window, wanted, moment, settings.captcha),
            SaveLogin: self._save_login,
            UseLogin: self._use_login,
            LooksLike: self._looks_like,
            Matches: lambda wanted, moment: content.matches(window, wanted, moment, run.briefing),
            Jargon: lambda wanted, moment: content.jargon(window, wanted, moment, run.briefing),
        }

    async def perform(self, action: Action, deadline_s: float) -> Observation:
        """
        Do *action* and return what was seen, be it nothing.

        Raises:
            RobotBroken: The browser is gone, or the robot's own network or proxy failed.
        """
        self._window.begin_step()
        moment = self._moment(action, deadline_s)
        try:
            seen = await self._let_in(await self._before(action) or await self._act(action, moment))
        except RobotBroken:
            self._failed = True
            raise
        except (Gone, TooLong, TimeoutError) as exc:
            seen = await self._unanswered(exc, action)
        except Blocked as exc:
            seen = dialogs.unexpected(exc.opened, expected=action.full_name)
            await self._window.dismiss()
        except NotFetched as exc:
            seen = await unreachable(self._window, self._window.front.page.url, exc.code, expected=action.full_name)
        finally:  # what was typed before the step broke is in the trace as well
            for password in self._window.passwords:
                self._mask.typed(password)
            for name, text in self._window.typed:
                self._run.mask.learn(name, text)
            self._window.typed.clear()
        late = seen.took_s is not None and seen.took_s > deadline_s
        return await self._with_evidence(seen, late=late, films=not isinstance(action.argument, _STIRS))

    def _moment(self, action: Action, deadline_s: float) -> Moment:
        started_s, stimulus = monotonic(), self._run.stimulus
        return Moment(
            verb=action.full_name,
            started_s=started_s,
            until_s=(stimulus.at_s if action.verb in _WAITS else started_s) + deadline_s,
            stimulus=stimulus,
            stimulus_s=stimulus.at_s,
            captures=action.captures,
        )

    async def _before(self, action: Action) -> Observation | None:
        """Return that a dialog of the step before stands in the way, None if none does, or if this step answers it."""
        opened = self._window.dialog
        if opened is None or isinstance(action.argument, Dialog):
            return None
        await self._window.dismiss()
        return dialogs.unexpected(opened, expected=action.full_name)

    async def _act(self, action: Action, moment: Moment) -> Observation:
        wanted = action.argument
        if own := self._own.get(type(wanted)):
            return await own(wanted, moment)
        return await _DOES[type(wanted)](self._window, wanted, moment)

    async def _let_in(self, seen: Observation) -> Observation:
        """
        Return *seen* of a page that did not come in words of its own, where its site is shown a certificate.

        Raises:
            RobotBroken: The site refuses it.
        """
        if self._settings.proxy or seen.seen not in {Seen.UNREACHABLE, Seen.HTTP_ERROR}:
            return seen
        tab = self._window.front
        url = tab.trail[-1] if tab.trail else tab.page.url
        if (mine := certificates.for_url(self._settings.client_certificates, url)) is None:
            return seen
        await certificates.check(mine, url)
        _, stands_in, why = seen.actual.partition(certificates.NO_PAGE)
        if not stands_in:
            return seen
        actual = f"{url}: {why.rstrip('»')}"
        return dataclasses.replace(seen, seen=Seen.UNREACHABLE, took_s=None, actual=actual, doubtful=True)

    async def _open(self, wanted: Open, moment: Moment) -> Observation:
        return await open_page(self._window, wanted, moment, self._settings.base_url)

    async def _upload(self, wanted: Upload, moment: Moment) -> Observation:
        return await inputs.do(self._window, self._with_paths(wanted), moment)

    async def _save_login(self, wanted: SaveLogin, _: Moment) -> Observation:
        state = await self._window.customer()
        await asyncio.to_thread(self._logins.save, wanted.login, self._run.line.name, state)
        return Observation(Seen.EXPECTED, expected=f"login ‘{wanted.login}’ is saved")

    async def _use_login(self, wanted: UseLogin, _: Moment) -> Observation:
        name, line = wanted.login, self._run.line.name
        await self._window.be(await asyncio.to_thread(self._logins.load, name, line, wanted.max_age))
        return Observation(Seen.EXPECTED, expected=f"login ‘{name}’ is used")

    def _with_paths(self, wanted: Upload) -> Upload:
        folder = self._settings.files
        paths = {label: folder / name for label, name in wanted.files.items()}
        if missing := [path for path in paths.values() if not path.is_file()]:
            raise RobotBroken(f"there is no file {missing[0]} to upload", cure="Put it there (channels.web.files).")
        return dataclasses.replace(wanted, files={label: str(path) for label, path in paths.items()})

    async def _download(self, wanted: Download, moment: Moment) -> Observation:
        """Download a file and keep it, where it is a text that can be masked."""
        seen, fetched = await downloading.download(self._window, wanted, moment)
        if fetched is None or fetched.text is None:
            return seen
        began_s, text = monotonic(), await asyncio.to_thread(self._mask, fetched.text)
        kept = await self._studio.keep("download", text.encode(), ending=Path(fetched.name).suffix)
        return dataclasses.replace(seen, evidence=kept, evidence_s=seen.evidence_s + monotonic() - began_s)

    async def _photograph(self, wanted: Screenshot, _: Moment) -> Observation:
        began_s = monotonic()
        kept = await self._studio.keep("screenshot", await self._studio.take(whole=wanted.whole), ending=".png")
        return Observation(
            Seen.EXPECTED if kept else Seen.NOTHING,
            expected=f"a picture of the page {wanted.caption}".rstrip(),
            actual="it was taken" if kept else "the page cannot be drawn",
            evidence=kept,
            evidence_s=monotonic() - began_s,
            doubtful=not kept,
        )

    async def _looks_like(self, wanted: LooksLike, moment: Moment) -> Observation:
        mine = self._settings
        size = mine.device or f"{mine.viewport.width}x{mine.viewport.height}"
        approved = mine.approved / f"{wanted.picture.replace('/', '-')}@{size}.png"
        return await looking.looks_like(self._window, wanted, moment, self._studio, approved)

    async def _unanswered(self, exc: Exception, action: Action) -> Observation:
        if not await self._window.alive():
            raise browser_ended() from exc
        if isinstance(exc, Gone):
            return Observation(Seen.PAGE_CRASHED, expected=action.full_name, actual=str(exc), doubtful=True)
        return Observation(Seen.NOTHING, expected=action.full_name, actual=shown(None), doubtful=True)

    async def _with_evidence(self, seen: Observation, *, late: bool, films: bool) -> Observation:
        """Add the facts of the step and, where it is to be kept, the page; all after the clock stopped."""
        began_s = monotonic()
        look = await last_look(self._window)
        kept = seen.evidence
        wrong = late or seen.seen is not Seen.EXPECTED
        self._failed = self._failed or wrong
        try:
            kept += await self._pictured(look, seen, wrong=wrong, films=films and self._film.wanted)
        except RobotBroken as broken:
            raise broken.after(seen) from broken
        facts = {**self._window.notes.facts(), **seen.facts}
        if look is not None:
            facts |= {"url": look.url, "title": look.title}
            if seen.seen is Seen.EXPECTED and seen.text is not None:
                self._window.settle(look.url)
        mask = self._mask
        return dataclasses.replace(
            seen,
            expected=mask(seen.expected),
            actual=mask(seen.actual),
            facts={name: mask(fact) if isinstance(fact, str) else fact for name, fact in facts.items()},
            evidence=kept,
            evidence_s=seen.evidence_s + monotonic() - began_s,
        )

    async def _pictured(
        self, look: Look | None, seen: Observation, *, wrong: bool, films: bool
    ) -> tuple[Evidence, ...]:
        """Take the page where it is to be kept or filmed, and return what is kept of it."""
        keeps = wrong or self._settings.screenshots is Screenshots.EVERY_STEP
        if self._window.dialog is not None or not (keeps or films):  # a page behind a dialog is not drawn
            return ()
        picture = await self._studio.take()
        if picture is not None:
            self._film.add(picture, seen, step=self._run.evidence.step, wrong=wrong)
        return await self._page(look, picture) if keeps else ()

    async def _page(self, look: Look | None, picture: bytes | None) -> tuple[Evidence, ...]:
        kept: tuple[Evidence, ...] = ()
        if look is not None:
            text = await asyncio.to_thread(self._mask, f"{look.url}\n{look.title}\n\n{look.text}\n")
            kept += await self._studio.keep("page", text.encode(), ending=".txt")
        return kept + await self._studio.keep("screenshot", picture, ending=".png")

    async def close(self) -> Sequence[Evidence]:
        """Close the window, and return the run's trace and HAR where they are to be kept. Safe to call twice."""
        recording, self._recording = self._recording, None
        if recording is None:
            return self._of_run
        await self._window.dismiss()
        self._of_run = await recording.close(self._window, self._run.evidence, self._mask, failed=self._failed)
        return self._of_run
