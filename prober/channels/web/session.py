"""One run's dealings with the web hall: steps go in, observations and evidence come out."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence

from prober.channels.base import RunContext
from prober.channels.timing import monotonic
from prober.channels.web import conditions, inputs, picture
from prober.channels.web.actions import VERBS, Check, Choose, Click, Fill, NotSee, Open, Press, Read, See
from prober.channels.web.circumstances import unreachable
from prober.channels.web.config import Screenshots, Settings
from prober.channels.web.darkroom import Darkroom
from prober.channels.web.engine import Gone, NotFetched, TooLong, browser_ended
from prober.channels.web.masking import WindowMask
from prober.channels.web.moment import Moment, last_look, shown
from prober.channels.web.opening import open_page
from prober.channels.web.recording import Recording
from prober.channels.web.window import Look, Window
from prober.errors import RobotBroken
from prober.model.run import Evidence, Observation, Seen
from prober.model.scenario import Action

_WAITS = frozenset(verb.name for verb in VERBS if verb.waits)


class WebSession:
    """A customer at a browser window of their own."""

    def __init__(
        self, run: RunContext, window: Window, settings: Settings, *, recording: Recording, darkroom: Darkroom
    ) -> None:
        self._run, self._window, self._settings = run, window, settings
        self._recording: Recording | None = recording
        self._darkroom = darkroom
        self._mask = WindowMask(run.mask)
        self._kept, self._failed = 0, False
        self._of_run: tuple[Evidence, ...] = ()

    async def perform(self, action: Action, deadline_s: float) -> Observation:
        """
        Do *action* and return what was seen, be it nothing.

        Raises:
            RobotBroken: The browser is gone, or the robot's own network or proxy failed.
        """
        self._window.begin_step()
        moment = self._moment(action, deadline_s)
        try:
            seen = await self._act(action, moment)
        except RobotBroken:
            self._failed = True
            raise
        except (Gone, TooLong, TimeoutError) as exc:
            seen = await self._unanswered(exc, action)
        except NotFetched as exc:
            seen = await unreachable(self._window, self._window.front.page.url, exc.code, expected=action.full_name)
        finally:  # what was typed before the step broke is in the trace as well
            for password in self._window.passwords:
                self._mask.typed(password)
            for name, text in self._window.typed:
                self._run.mask.learn(name, text)
            self._window.typed.clear()
        return await self._with_evidence(seen, late=seen.took_s is not None and seen.took_s > deadline_s)

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

    async def _act(self, action: Action, moment: Moment) -> Observation:
        window = self._window
        match action.argument:
            case Open() as wanted:
                return await open_page(window, wanted, moment, self._settings.base_url)
            case Click() | Fill() | Choose() | Check() | Press() as wanted:
                return await inputs.do(window, wanted, moment)
            case See() as wanted:
                return await conditions.see(window, wanted, moment)
            case NotSee() as wanted:
                return await conditions.not_see(window, wanted, moment)
            case Read() as wanted:
                return await conditions.read(window, wanted, moment)
        raise TypeError(f"{action.full_name} is no verb of the web channel")

    async def _unanswered(self, exc: Exception, action: Action) -> Observation:
        if not await self._window.alive():
            raise browser_ended() from exc
        if isinstance(exc, Gone):
            return Observation(Seen.PAGE_CRASHED, expected=action.full_name, actual=str(exc), doubtful=True)
        return Observation(Seen.NOTHING, expected=action.full_name, actual=shown(None), doubtful=True)

    async def _with_evidence(self, seen: Observation, *, late: bool) -> Observation:
        """Add the facts of the step and, where it is to be kept, the page; all after the clock stopped."""
        began_s = monotonic()
        look = await last_look(self._window)
        kept: tuple[Evidence, ...] = ()
        wrong = late or seen.seen is not Seen.EXPECTED
        self._failed = self._failed or wrong
        if wrong or self._settings.screenshots is Screenshots.EVERY_STEP:
            try:
                kept = await self._page(look)
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

    async def _page(self, look: Look | None) -> tuple[Evidence, ...]:
        box, self._kept = self._run.evidence, self._kept + 1
        name = f"web-{box.step if box.step is not None else 'x'}-{self._kept}"
        kept = []
        if look is not None:
            text = await asyncio.to_thread(self._mask, f"{look.url}\n{look.title}\n\n{look.text}\n")
            kept.append(await box.keep("page", f"{name}.txt", text.encode()))
        if image := await picture.take(self._window, self._mask, self._darkroom):
            kept.append(await box.keep("screenshot", f"{name}.png", image))
        return tuple(kept)

    async def close(self) -> Sequence[Evidence]:
        """Close the window, and return the run's trace and HAR where they are to be kept. Safe to call twice."""
        recording, self._recording = self._recording, None
        if recording is None:
            return self._of_run
        self._of_run = await recording.close(self._window, self._run.evidence, self._mask, failed=self._failed)
        return self._of_run
