"""Templates of the pages: autoescape is always on, and every data text passes through
:func:`labelq.report.text.visible` on its way out, so that no template can forget it.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from labelq.report.text import html, html_highlighted, html_of_markdown, line, visible

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def environment(*packages: str) -> Environment:
    """The templates of ``packages``, the first that has a name first."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    found = Environment(
        loader=ChoiceLoader([PackageLoader(package, "templates") for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: (
            visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
        ),
    )
    # The only script of the report; the hash is of the very bytes that stand between the tags.
    folder = resources.files("labelq.report") / "templates"
    script = (folder / "_tables.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    found.globals["script"] = Markup(script)  # noqa: S704  # a file of ours
    found.globals["script_hash"] = f"sha256-{digest}"
    found.filters["prose"] = html
    found.filters["named"] = line  # a name that stands alone, which could be of any length
    found.filters["rendered"] = html_of_markdown
    found.filters["highlighted"] = html_highlighted
    # Charts are built by labelq.report.svg, where every text in them is escaped.
    found.filters["picture"] = lambda chart: Markup(chart.svg)  # noqa: S704
    return found
