"""Whether people who see or hear little can use a page, by the rules of axe-core."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from prober.channels.web.engine import Gone
from prober.channels.web.moment import Moment
from prober.channels.web.page_checks import Accessible, Impact
from prober.channels.web.window import Mark, Window
from prober.model.run import Observation, Seen

_RUN = """async () => {
  const {violations} = await axe.run(document, {resultTypes: ["violations"], iframes: false});
  const at = (nodes) => nodes.map((one) => one.target.join(" "));
  return violations.map(({id, impact, help, nodes}) => ({id, impact, help, at: at(nodes)}));
}"""
_IMPACTS = list(Impact)
_SHOWN = 5
_RUN_S = 20.0


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


async def accessible(window: Window, wanted: Accessible, _: Moment) -> Observation:
    """Return whether the page breaks no rule, or no more than may be, of *impact* or worse."""
    if not await window.ask(None, "() => Boolean(window.axe)"):
        await window.ask(None, f"() => {{ {_axe()} }}", within_s=_RUN_S)
    found: list[dict[str, Any]] | None = await window.ask(None, _RUN, within_s=_RUN_S)
    if found is None:
        raise Gone("the page was left")
    counted = [one for one in found if _counts(one, wanted)]
    for one in counted[:_SHOWN]:
        window.marks.append(Mark(f"{one['id']}: {one['help']}", window.front.root.locator(one["at"][0])))
    told = [f"{one['impact']}: {one['help']} ({one['id']}, at {_places(one['at'])})" for one in counted[:_SHOWN]]
    if len(counted) > _SHOWN:
        told.append(f"and {len(counted) - _SHOWN} more rules")
    by_impact = {f"rules_{impact}": sum(one["impact"] == impact for one in found) for impact in _IMPACTS}
    return Observation(
        Seen.INACCESSIBLE if len(counted) > wanted.most else Seen.EXPECTED,
        expected=f"no rule broken of {wanted.impact} impact or worse",
        actual="; ".join(told) or "none is broken",
        facts={"rules_broken": len(counted), **by_impact},
    )


def _counts(one: dict[str, Any], wanted: Accessible) -> bool:
    impact = Impact(one["impact"] or Impact.MINOR)
    return _IMPACTS.index(impact) >= _IMPACTS.index(wanted.impact) and one["id"] not in wanted.except_


def _places(at: list[str]) -> str:
    return at[0] if len(at) == 1 else f"{at[0]} and {len(at) - 1} other places"
