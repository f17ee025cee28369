"""From a matplotlib figure to an SVG element that lives in a page: tidy, safe, repeatable."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, tostring

from labelq.report.text import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Stand-ins: colours nobody would choose, exchanged for the page's CSS variables.
INK, MUTED, ACCENT = "#010203", "#020304", "#030405"
_VARIABLES = {
    INK: "var(--ink, currentColor)",
    MUTED: "var(--muted, currentColor)",
    ACCENT: "var(--accent, currentColor)",
}


@contextmanager
def canvas(
    width: float, height: float, *, left: float = 0.0, bottom: float = 0.0
) -> Iterator[tuple[Figure, Axes]]:
    """A transparent figure of ``width`` × ``height`` inches with one set of axes.

    ``left`` and ``bottom`` inches are kept for labels.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    settings = mpl.rc_context(
        {
            "svg.fonttype": "none",  # text stays text: selectable, read aloud, the page's font
            "svg.hashsalt": "labelq",  # ids from content, not from a random number
            "text.parse_math": False,  # a dollar sign in a label is a dollar sign
            "text.usetex": False,
            "path.simplify": False,
            "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same on every machine
        }
    )
    with settings, warnings.catch_warnings():
        # A script that the measuring font lacks is drawn by the reader's fonts all the same.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(width, height), frameon=False)
        rectangle = (left / width, bottom / height, 1 - left / width, 1 - bottom / height)
        axes = figure.add_axes(rectangle)
        axes.patch.set_visible(False)
        yield figure, axes


def to_svg(figure: Figure, title: str) -> str:
    """``figure`` as one ``<svg>`` element for HTML; ``title`` is its text alternative.

    Call it inside :func:`canvas`.

    It has no ids, no namespaces (HTML needs none), no metadata and no fixed size.
    """
    from defusedxml.ElementTree import fromstring

    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    root: Element = fromstring(visible(buffer.getvalue()))
    for element in root.iter():
        _tidy(element)
    # Nothing is clipped or reused in our charts, so definitions define nothing.
    for parent in list(root.iter()):
        for child in [c for c in parent if c.tag in ("metadata", "defs")]:
            parent.remove(child)
    view = root.get("viewBox", "0 0 100 100")
    width = float(view.split()[2]) * 4 / 3  # points → CSS pixels
    root.attrib.clear()
    root.attrib.update(
        {
            "viewBox": view,
            "role": "img",
            "aria-label": title,
            "class": "chart",
            "style": f"--width:{width:.0f}px",
        }
    )
    heading = Element("title")
    heading.text = title
    root.insert(0, heading)
    return tostring(root, encoding="unicode", short_empty_elements=False)


def _tidy(element: Element) -> None:
    element.tag = element.tag.rpartition("}")[2]
    element.tail = None
    if element.tag not in ("text", "tspan"):
        element.text = None
    for name, value in list(element.attrib.items()):
        del element.attrib[name]
        short = name.rpartition("}")[2]
        if short not in {"id", "clip-path"}:
            element.set(short, _style(value) if short == "style" else value)


def _style(value: str) -> str:
    for stand_in, variable in _VARIABLES.items():
        value = value.replace(stand_in, variable)
    return re.sub(r"font(-family)?: ([\d.]+px )?'[^;]*", _font, value)


def _font(found: re.Match[str]) -> str:
    size = found.group(2)
    return f"font-size: {size.strip()}" if size else "font-family: inherit"
