"""The HTML report of runs: one file that needs no other, and no network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from prober.model.run import Run, StepResult
from prober.reports import words
from prober.reports.comparison import Comparison
from prober.reports.files import File, Files, Opened, Read
from prober.reports.ladder import call_figures
from prober.reports.overview import overview
from prober.reports.patterns import friendly
from prober.reports.run_view import RunView, run_view
from prober.reports.sound import HEIGHT, KEYS_HEIGHT, WIDTH

_UNSAFE = re.compile(r"[^\w.-]")


@dataclass(frozen=True)
class Group:
    """The runs of one scenario, for the overview. *names* are the steps of the longest of them."""

    scenario: str
    title: str
    names: tuple[str, ...]
    views: tuple[RunView, ...]


def page_name(run_id: str) -> str:
    """Return what the page of a run is called in a folder of many."""
    return f"{_UNSAFE.sub('_', run_id)}.html"


def render(runs: Sequence[Run], *, title: str, read: Read, opened: Opened = bytes, index: str = "") -> str:
    """
    Return the report of *runs* as one HTML page. *index* is the way to the page that lists it, if there is one.

    *read* returns a kept file as it lies there and raises OSError where it is gone: the page then says so. *opened*
    returns it as it was before it was encrypted. The same runs and files give the same page.
    """
    files = Files(read, opened=opened)
    # The gravest runs take their evidence in first: it is they that people open the report for.
    gravest_first = sorted(runs, key=lambda run: list(words.Mark).index(words.mark(run)))
    by_id = {run.id: run_view(run, files) for run in gravest_first}
    views = [by_id[run.id] for run in runs]
    return _page("report.html.j2", runs, title=title, views=views, groups=_groups(views), index=index)


def render_index(runs: Sequence[Run], *, title: str, folder: str) -> str:
    """Return the page that lists *runs*, whose own pages are in *folder* under their `page_name`."""
    return _page("index.html.j2", runs, title=title, index=overview(runs), folder=folder)


def render_comparison(comparison: Comparison, *, read: Read, opened: Opened = bytes) -> str:
    """Return two runs beside each other as one HTML page."""
    runs = (comparison.before, comparison.after)
    files = Files(read, opened=opened)
    views = [run_view(run, files) for run in runs]
    return _page("comparison.html.j2", runs, title="两次运行对比 Two runs", comparison=comparison, both_runs=views)


def page(template: str, gravest: words.Mark, **shown: object) -> str:
    """Return the page of *template* with what it shows, in the tone of *gravest*."""
    written = _environment().get_template(template).render(verdict=gravest, **shown)
    # A page may have shown what UTF-8 cannot write.
    return written.encode("utf-8", "replace").decode()


def _page(template: str, runs: Sequence[Run], **shown: object) -> str:
    counts = words.counted(runs)
    return page(template, words.verdict(runs), counts=counts, box=(WIDTH, HEIGHT, KEYS_HEIGHT), **shown)


def _groups(views: Sequence[RunView]) -> list[Group]:
    groups = []
    for scenario in dict.fromkeys(view.run.scenario for view in views):
        of_it = tuple(view for view in views if view.run.scenario == scenario)
        longest = max(of_it, key=lambda view: len(view.steps))
        names = tuple(view.step.name for view in longest.steps)
        groups.append(Group(scenario, of_it[0].run.title or scenario, names, of_it))
    return groups


def _shots(view: RunView, step: StepResult | None) -> tuple[File, ...]:
    """Return the screenshots of a step."""
    return next((each.shots for each in view.steps if each.step is step), ())


@cache
def _environment() -> Environment:
    """Return what makes pages of templates. Compiling those takes longer than a page does."""
    environment = Environment(
        loader=PackageLoader("prober.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        marks=words.MARKS,
        layers=words.LAYERS,
        phases=words.PHASES,
        kinds=words.KINDS,
        channel=words.channel,
        page_name=page_name,
        marks_of=words.mark,
        shots_of=_shots,
    )
    environment.filters.update(seconds=words.seconds, instant=words.instant, size=words.size, fact=words.fact)
    environment.filters.update(value=words.value, friendly=friendly, call_figures=call_figures)
    return environment
