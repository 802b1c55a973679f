"""The robot at work on fake probes, as a process of its own, given a folder, how many probes, and how many seconds."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from prober.app.news import About, News
from prober.app.serving import Serving
from prober.app.work import Work
from prober.channels.base import RunContext
from prober.channels.fake import VERBS, Answer, FakeDriver, FakeSession
from prober.loading.config import load_config
from prober.loading.config_service import ProbeSettings
from prober.loading.vocabulary import Vocabulary
from prober.model.prompt import PromptTable
from prober.model.scenario import Scenario
from prober.store.store import Store
from scripts.benches.scheduling.mix import period_s

LINES, LINES_EACH = 64, 8
_ANSWERS_S = 0.02


class Driver(FakeDriver):
    """Answers after a moment, and keeps nothing."""

    def __init__(self) -> None:
        super().__init__({"hear": [Answer(after_s=_ANSWERS_S)]})

    async def open(self, run: RunContext) -> FakeSession:
        """Open a session and forget it."""
        session = await super().open(run)
        self.sessions.clear()
        return session


def work(folder: Path, count: int) -> Work:
    """Return *count* probes of one scenario on many lines."""
    lines = "\n".join(f"  - {{name: l{n}, msisdn: {13800000000 + n}}}" for n in range(LINES))
    config = folder / "config.yaml"
    store = f"store: {{url: 'sqlite:///{folder}/prober.sqlite'}}\nevidence: {{path: '{folder}/evidence'}}\n"
    config.write_text(f"{store}serve: {{port: 0}}\nlines:\n{lines}\n", encoding="utf-8")
    vocabulary = Vocabulary(VERBS)
    steps = tuple(vocabulary.step(one)[0] for one in ({"fake.say": "hello"}, {"fake.hear": "hello"}))
    scenario = Scenario("trivial", "A trivial check", config, "0" * 64, ("fake",), steps=steps)
    settings = load_config(config, {})
    said = [
        ProbeSettings.model_validate(
            {"name": f"probe-{n}", "scenario": "trivial", "every": f"{period_s(n)}s", "lines": _lines(n)}
        )
        for n in range(count)
    ]
    object.__setattr__(settings, "probes", tuple(said))
    object.__setattr__(settings, "channels", {"fake": None})
    return Work.of(settings, PromptTable(folder, {}, {}, sha256=""), [scenario])


def _lines(number: int) -> list[str]:
    """Return the lines that probe *number* may use, some of all."""
    return [f"l{(number * LINES_EACH + n) % LINES}" for n in range(LINES_EACH)]


async def serve(work: Work, store: Store, seconds: float) -> None:
    """Serve for so long from when the probes are planned on, and say on stdout when that is."""

    def tell(news: News) -> None:
        if news.about in (About.LEADS, About.TROUBLE):
            print(news.about, news.text, flush=True)
        if news.about is About.LEADS:
            asyncio.get_running_loop().call_later(seconds, serving.stop)

    serving = Serving(work, store, load=lambda: work, tell=tell, drivers={"fake": Driver()})
    await serving.run()


def main() -> None:
    """Serve as the arguments say."""
    folder, count, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    planned = work(folder, count)
    store = Store.open(planned.settings.store.url)
    try:
        asyncio.run(serve(planned, store, seconds))
    finally:
        store.close()


if __name__ == "__main__":
    main()
