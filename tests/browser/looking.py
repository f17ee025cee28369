"""Questions to ask of any page of labelq, in a browser."""

from __future__ import annotations

from functools import cache
from typing import Any

# What labelq's own pages are made of. Whatever else stands in a page came out of data.
OWN = frozenset(
    """html head meta title style script body header main nav section article aside footer div
    span p br hr a h1 h2 h3 h4 h5 h6 strong em b i small code pre kbd ul ol li dl dt dd table
    caption colgroup col thead tbody tfoot tr th td figure figcaption details summary blockquote
    mark bdi time button label input output img svg g path text tspan rect line circle polyline
    polygon defs clipPath use desc ins del sup sub abbr""".split()  # noqa: SIM905 -- read by people
)

_FOREIGN = """([own, links]) => {
  const wrong = [];
  for (const e of document.querySelectorAll("*")) {
    const name = e.localName;
    if (!own.includes(name)) wrong.push(`element ${e.outerHTML.slice(0, 120)}`);
    for (const {name: a, value} of e.attributes) {
      const said = `${a}=${value.slice(0, 80)} on ${name}`;
      if (/^on|^(data-)?(hx|sse|ws)-(on|vals|get|vars)|^(v-|x-|@|:)/i.test(a)) wrong.push(said);
      if (["href", "xlink:href", "src", "action", "formaction", "srcset", "ping"].includes(a)
          && !(value.startsWith("#") || value === "/" || links.some((l) => value.startsWith(l))
               || (name === "img" && /^data:image\\/(png|jpeg|webp|gif);/.test(value))))
        wrong.push(said);
      if (a === "style" && (/url|expression|@import|fixed|absolute/i.test(value)
          || !e.closest("svg"))) wrong.push(said);
      if (a === "http-equiv" && value !== "Content-Security-Policy") wrong.push(said);
      if ((a === "id" || a === "class") && !/^[\\w .-]*$/.test(value)) wrong.push(said);
    }
    e.dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
  }
  if (window.__pwned !== undefined) wrong.push("a script out of data ran");
  return wrong;
}"""


def foreign(page: Any, links: tuple[str, ...] = (), more: tuple[str, ...] = ()) -> list[str]:
    """What in the page came out of data and is more than text.

    ``links`` may be pointed to; ``more`` are elements that this page has of its own.
    """
    found: list[str] = page.evaluate(_FOREIGN, [[*sorted(OWN), *more], list(links)])
    return found


def scripts(page: Any) -> list[str]:
    """The text of every script in the page."""
    found: list[str] = page.locator("script").evaluate_all("all => all.map(s => s.textContent)")
    return found


def open_everything(page: Any) -> None:
    """Open all details, as somebody does who reads to the end."""
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")


def too_wide(page: Any) -> list[str]:
    """What makes the page scroll sideways: its width, and the elements that stick out."""
    found: list[str] = page.evaluate("""() => {
      const width = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= width) return [];
      const scrolls = (e) => e && e !== document.body
        && (getComputedStyle(e).overflowX !== "visible" || scrolls(e.parentElement));
      const out = [...document.querySelectorAll("body *")].filter((e) =>
        (e.getBoundingClientRect().right > width + 1 || e.scrollWidth > width + 1)
        && !scrolls(e) && !scrolls(e.parentElement)).reverse();
      return [`the page is ${document.documentElement.scrollWidth} wide`,
              ...out.slice(0, 5).map((e) => e.outerHTML.slice(0, 160))];
    }""")
    return found


_REACHABLE = """() => {
  const all = document.querySelectorAll(
    "a[href], summary, button:not(:disabled), input, select, textarea, [tabindex='0']");
  // Of radios the tab key reaches the chosen one; arrows do the rest.
  const seen = [...all].filter((e) => e.tabIndex >= 0 && e.checkVisibility()
    && (e.type !== "radio" || e.checked));
  seen.forEach((e, i) => { e.__place = i; });
  return seen.map((e) => e.outerHTML.slice(0, 90));
}"""
_FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) return null;
  const style = getComputedStyle(e);
  const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return [e.__place ?? -1, shown || style.boxShadow !== "none"];
}"""


def tabbing(page: Any) -> tuple[list[str], list[str]]:
    """What the tab key never reaches, and what shows no focus when it is there."""
    reachable = page.evaluate(_REACHABLE)
    visited: dict[int, bool] = {}
    for _ in range(2 * len(reachable) + 5):
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        if focused is None or focused[0] in visited:
            break
        visited[focused[0]] = focused[1]
    missed = [html for place, html in enumerate(reachable) if place not in visited]
    unseen = [reachable[place] for place, shown in visited.items() if not shown and place >= 0]
    return missed, unseen


def headings(page: Any) -> list[int]:
    """The levels of the headings that can be seen, in order."""
    found: list[int] = page.evaluate("""() => [...document.querySelectorAll("h1,h2,h3,h4,h5,h6")]
      .filter((h) => h.checkVisibility()).map((h) => +h.localName[1])""")
    return found


@cache
def _axe() -> str:
    from axe_playwright_python.base import AXE_SCRIPT

    return str(AXE_SCRIPT)


def violations(page: Any, within: str | None = None, only: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds to be serious or critical, optionally within one element.

    ``only`` names rules: contrast is all that a dark page adds to a light one.
    """
    page.evaluate(_axe())
    options = {"resultTypes": ["violations"], "preload": False}
    if only:
        options["runOnly"] = list(only)
    found = page.evaluate(
        """([within, options]) => axe.run(within || document, options)
             .then((r) => r.violations.map((v) =>
                [v.id, v.impact, v.nodes.length, v.nodes[0].html, v.nodes[0].failureSummary]))""",
        [within, options],
    )
    return [f"{rule} × {n}: {html[:200]} {why}" for rule, impact, n, html, why in found
            if impact in ("serious", "critical")]  # fmt: skip
